/// The rows of the statement at the end of a pipeline, as they come in.
///
/// Some are read ahead, so that the connection is free again before a small result is looked at. Of a large one only as
/// much is in memory at a time, unless another statement wants the connection meanwhile.
final class ResultStream {
    private let handle: PostgreSQLHandle
    private var buffered: [PostgreSQLResult] = []
    private var taken = 0
    private var bufferedBytes = 0

    /// Whether everything was read, so that the connection is free.
    private(set) var isComplete = false
    /// The server's last word on the statement, which has its tag; nil until then and when it failed.
    private(set) var summary: PostgreSQLResult?
    private(set) var failure: Failure?

    enum Failure {
        case server(ServerFailure)
        case connectionLost
    }

    /// - Parameter leading: how many commands of the pipeline come before the statement.
    init(_ handle: PostgreSQLHandle, leading: Int) {
        self.handle = handle
        for _ in 0..<leading where !isComplete { skipCommand() }
        if !isComplete { handle.wantRowByRow() }
    }

    /// The next row (or rows), nil at the end or on failure.
    func next() -> PostgreSQLResult? {
        if taken < buffered.count {
            let result = buffered[taken]
            taken += 1
            if taken == buffered.count {
                buffered.removeAll(keepingCapacity: true)
                taken = 0
                bufferedBytes = 0
            }
            return result
        }
        return isComplete ? nil : receive()
    }

    /// Reads up to that many rows or bytes into memory.
    /// - Returns: whether nothing is left to read.
    @discardableResult
    func readAhead(rows: Int, bytes: Int) -> Bool {
        while !isComplete, buffered.count - taken < rows, bufferedBytes < bytes {
            guard let result = receive() else { break }
            bufferedBytes += result.byteCount
            buffered.append(result)
        }
        return isComplete
    }

    /// Drops whatever is left.
    /// - Returns: how many rows were still to come.
    @discardableResult
    func discard() -> Int {
        buffered = []
        taken = 0
        var count = 0
        while receive() != nil { count += 1 }
        return count
    }

    /// Takes a row off the wire; nil once everything was read.
    private func receive() -> PostgreSQLResult? {
        while !isComplete {
            guard let result = handle.nextResult() else {
                if handle.isBroken { lose() } else { finish() }
                return nil
            }
            switch result.status {
            case .oneRow: return result
            case .rows, .noRows: summary = result
            case .failed, .skipped: note(result)
            case .pipelineEnd: isComplete = true
            }
        }
        return nil
    }

    /// Reads the answer to one command that has no rows for us.
    private func skipCommand() {
        while let result = handle.nextResult() {
            switch result.status {
            case .failed, .skipped: note(result)
            case .pipelineEnd: return isComplete = true
            case .rows, .oneRow, .noRows: break
            }
        }
        if handle.isBroken { lose() }
    }

    /// The statement's results are over: what is left is the end of the pipeline.
    private func finish() {
        var silences = 0
        while !isComplete {
            if let result = handle.nextResult() {
                if result.status == .pipelineEnd { isComplete = true }
            } else {
                silences += 1
                // Between two commands there is one; more mean that the end will not come.
                if handle.isBroken || silences > 8 { return lose() }
            }
        }
    }

    private func note(_ result: PostgreSQLResult) {
        guard failure == nil, result.status == .failed else { return }
        let reported = ServerFailure(result)
        failure = reported.code.isEmpty ? .connectionLost : .server(reported)
    }

    private func lose() {
        isComplete = true
        if case .server(let reported)? = failure, reported.cure(sql: "") == .connection { return }
        failure = .connectionLost
    }
}
