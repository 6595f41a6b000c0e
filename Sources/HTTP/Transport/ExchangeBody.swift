import Synchronization

/// The body of a request, piece by piece as the library has it.
extension Exchange {
    /// A piece of the body; says how much of it was taken.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int? {
        let taken = unsafe take(bytes)
        if head?.contentLength != received { link.revealEnd() }
        return taken
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Int? {
        if case .linger = mode {
            note(bytes.count)
            return received <= lingerEnd ? bytes.count : nil
        }
        link.extend(to: MonotonicTime.milliseconds + core.bodyTime)
        switch mode {
        case .gather, .discard:
            guard Int64(bytes.count) <= limit - received else { return refuseRest(taking: bytes.count) }
            if case .gather = mode { unsafe body.append(contentsOf: bytes) }
            note(bytes.count)
            return bytes.count
        case .stream(let pipeline): return unsafe stream(bytes, into: pipeline)
        case .refuse:
            note(bytes.count)
            return received <= core.lingerBytes ? bytes.count : nil
        case .linger: return nil
        }
    }

    /// The answer is on its way: what still comes is thrown away, within bounds.
    func linger() {
        mode = .linger
        lingerEnd = received + core.lingerBytes
    }

    private func note(_ count: Int) {
        received += Int64(count)
        bodyCount.add(Int64(count))
        core.statistics.bytesIn.add(Int64(count))
    }

    /// A body without declared length has passed its limit.
    private func refuseRest(taking count: Int) -> Int? {
        note(count)
        let response = core.handler.render(.tooLarge, for: head)
        closes = true
        if shared.withLock({ answerNow(response, &$0, on: .eventThread) }) {
            linger()
            return count
        }
        mode = .refuse
        shared.withLock { $0.response = response }
        return count
    }

    private func stream(_ bytes: UnsafeRawBufferPointer, into pipeline: UploadPipeline) -> Int? {
        enum Next {
            case take, drop, linger, stop
        }
        let next: Next = shared.withLock { shared in
            if shared.isAbandoned { return .stop }
            if shared.isAnswered { return .linger }
            guard let response = shared.response else { return .take }
            if smallRestFollows { return .drop }
            if answerNow(response, &shared, on: .eventThread) {
                shared.response = nil
                return .linger
            }
            return .drop
        }
        switch next {
        case .stop: return nil
        case .linger:
            linger()
            note(bytes.count)
            return bytes.count
        case .drop:
            note(bytes.count)
            dropped += Int64(bytes.count)
            return dropped <= core.lingerBytes ? bytes.count : nil
        case .take: break
        }
        if received + Int64(bytes.count) > limit {
            pipeline.fail(.tooLarge)
            note(bytes.count)
            return bytes.count
        }
        var taken = 0
        while taken < bytes.count {
            if block(pipeline) { break }
            taken += unsafe pipeline.append(UnsafeRawBufferPointer(rebasing: bytes[taken...]))
        }
        note(taken)
        return taken
    }

    private func block(_ pipeline: UploadPipeline) -> Bool {
        var isSuspended = false
        let isFull = pipeline.block {
            shared.withLock { shared in
                guard shared.response == nil, !shared.isAnswered, !shared.isAbandoned, !core.isForced else { return }
                suspend(.body, &shared)
                isSuspended = true
            }
        }
        return isFull && isSuspended
    }
}
