import HTTP
import Vault

/// Answers with folders and selections as one ZIP, made while it is sent.
struct ArchiveDownload: Sendable {
    let vault: Vault
    let principal: Principal

    /// - Parameter name: of the file, without ".zip".
    func response(to request: Request, _ tree: TreeReading, name: String) async throws -> Response {
        let headers: Headers = [
            "Content-Type": "application/zip",
            "Content-Disposition": ContentDisposition.field(.attachment, fileName: name + ".zip"),
            "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            // Made anew each time: there is nothing that a second request could go on with.
            "Accept-Ranges": "none",
        ]
        if request.method == .head {
            // Nothing is read, and nobody knows yet how long it will be.
            return Response(status: 200, headers: headers, body: .stream(length: nil, ProducedBody { nil }))
        }
        let pieces = try ArchivePieces(vault: vault, tree: tree, principal: principal)
        let ahead = PieceAhead { try await pieces.next() }
        // What goes wrong at the very beginning is an honest refusal and not a broken 200.
        try await ahead.ready()
        let body = ProducedBody(
            { try await ahead.next() },
            onFinish: { _ in Task { await ahead.cancel() } })
        return Response(status: 200, headers: headers, body: .stream(length: nil, body))
    }
}

/// Keeps one piece ahead of whoever takes them: while one is sent the next is made.
actor PieceAhead {
    private let make: @Sendable () async throws -> [UInt8]?
    private var coming: Task<[UInt8]?, any Error>?
    private var isOver = false

    init(_ make: @escaping @Sendable () async throws -> [UInt8]?) { self.make = make }

    /// Waits until the first piece is there.
    func ready() async throws {
        let task = begun()
        _ = try await task.value
    }

    /// - Returns: `nil` at the end.
    func next() async throws -> [UInt8]? {
        if isOver { return nil }
        let task = begun()
        let piece = try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
        coming = nil
        if piece == nil { isOver = true } else if !isOver { _ = begun() }
        return piece
    }

    /// Nobody takes any more.
    func cancel() {
        isOver = true
        coming?.cancel()
        coming = nil
    }

    private func begun() -> Task<[UInt8]?, any Error> {
        if let coming { return coming }
        let task = Task { [make] in try await make() }
        coming = task
        return task
    }
}
