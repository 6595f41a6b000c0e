import CMicroHTTPD
import Synchronization

/// What the library asks of an exchange, in the order it asks: the head, pieces of the body, the end of the request.
extension Exchange {
    // MARK: Head

    /// The head has arrived: routes it and decides how the body is taken.
    func begin(_ framing: HeadReader.Framing) -> MHD_Result {
        guard let head else { return .NO }
        let policy: BodyPolicy
        switch core.handler.route(head) {
        case .refuse(let problem): return refuse(problem, expects: framing.expectsContinue)
        case .accept(let accepted, let route, let parameters):
            policy = accepted
            self.route = route
            self.parameters = parameters
        }
        limit = policy.limit ?? .max
        guard head.hasBody else { return .YES }
        link.enter(.body, deadline: MonotonicTime.milliseconds + core.bodyTime)
        if let length = head.contentLength, length > limit {
            return refuse(.tooLarge, expects: framing.expectsContinue)
        }
        switch policy {
        case .none: mode = .discard
        case .buffered: gather(head.contentLength)
        case .stream, .streamUpTo:
            if let length = head.contentLength, length <= Int64(core.configuration.smallBody),
                !framing.expectsContinue
            {
                gather(length)
            } else {
                return beginStreaming(head, expects: framing.expectsContinue)
            }
        }
        return .YES
    }

    private func gather(_ length: Int64?) {
        mode = .gather
        body.reserveCapacity(Int(min(length ?? 0, 1 << 20)))
    }

    private func beginStreaming(_ head: RequestHead, expects: Bool) -> MHD_Result {
        let control = UploadPipeline.Control(
            demand: { [weak self] in self?.demandBody() }, resume: { [weak self] in self?.resumeBody() })
        let pipeline = UploadPipeline(
            contentLength: head.contentLength, slabSize: core.configuration.slabSize,
            slabCount: core.configuration.slabCount, control: control)
        mode = .stream(pipeline)
        shared.withLock { shared in
            shared.pipeline = pipeline
            shared.isStreaming = !expects
        }
        startHandler(.stream(pipeline))
        guard expects else { return .YES }
        awaitsContinue = true
        return decideContinue()
    }

    /// The client waits for `100 Continue`: answers when there is an answer, goes on when the handler wants the body,
    /// waits otherwise.
    private func decideContinue() -> MHD_Result {
        enum Next {
            case answer(Response)
            case go, wait, stop
        }
        let next: Next = shared.withLock { shared in
            if shared.isAbandoned || core.isForced { return .stop }
            if let response = shared.response {
                shared.response = nil
                return .answer(response)
            }
            if shared.wantsContinue {
                shared.isStreaming = true
                return .go
            }
            suspend(.handler, &shared)
            return .wait
        }
        switch next {
        case .stop: return .NO
        case .wait: return .YES
        case .answer(let response):
            awaitsContinue = false
            closes = true
            return queue(response)
        case .go:
            awaitsContinue = false
            link.enter(.body, deadline: MonotonicTime.milliseconds + core.bodyTime)
            return .YES
        }
    }

    /// Refuses before the body is read.
    func refuse(_ problem: HTTPProblem, expects: Bool, closes mustClose: Bool = false) -> MHD_Result {
        let response = core.handler.render(problem, for: head)
        closes = closes || mustClose
        guard let head, head.hasBody else {
            mode = .refuse
            shared.withLock { $0.response = response }
            return .YES
        }
        if expects {
            closes = true
            return queue(response)
        }
        link.enter(.body, deadline: MonotonicTime.milliseconds + core.bodyTime)
        if !mustClose, let length = head.contentLength, length <= 64 << 10 {
            mode = .refuse
            shared.withLock { $0.response = response }
            return .YES
        }
        if shared.withLock({ answerNow(response, &$0, on: .eventThread) }) {
            linger()
            return .YES
        }
        closes = true
        return queue(response)
    }

    // MARK: Body

    /// A piece of the body; says how much of it was taken.
    func receive(_ bytes: UnsafeRawBufferPointer) -> Int? {
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

    private func linger() {
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

    private func suspend(_ suspension: Suspension, _ shared: inout Shared) {
        shared.suspension = suspension
        switch suspension {
        case .body: link.enter(.handler, deadline: .max)
        case .handler, .none:
            link.enter(.handler, deadline: core.handlerTime.map { MonotonicTime.milliseconds + $0 } ?? .max)
        }
        unsafe MHD_suspend_connection(connection)
    }

    // MARK: Answer

    /// The request has arrived whole, or the connection was resumed.
    func proceed() -> MHD_Result {
        if awaitsContinue { return decideContinue() }
        if !handlerStarted {
            switch mode {
            case .refuse, .linger, .stream: break
            case .discard: startHandler(.empty)
            case .gather:
                let whole = body
                body = []
                startHandler(whole.isEmpty ? .empty : .buffered(whole))
            }
        } else if case .stream(let pipeline) = mode {
            let wasStreaming = shared.withLock { shared in
                defer { shared.isStreaming = false }
                return shared.isStreaming
            }
            if wasStreaming { pipeline.finish() }
        }
        enum Next {
            case answer(Response)
            case wait, stop
        }
        let next: Next = shared.withLock { shared in
            if shared.isAbandoned || shared.isAnswered { return .stop }
            if let response = shared.response {
                shared.response = nil
                return .answer(response)
            }
            if core.isForced { return .stop }
            suspend(.handler, &shared)
            return .wait
        }
        switch next {
        case .answer(let response): return queue(response)
        case .wait: return .YES
        case .stop: return .NO
        }
    }

    /// Hands the answer to the library.
    private func queue(_ answer: Response) -> MHD_Result {
        var response = answer
        if !(200...599).contains(response.status) {
            if case .stream(_, let source) = response.body { source.finished(completed: false) }
            response = core.handler.render(.internal, for: head)
        }
        status = response.status
        var blockSize = core.configuration.responseBlockSize
        switch response.body {
        case .empty: break
        case .bytes(let bytes): if head?.method != .head { core.statistics.bytesOut.add(Int64(bytes.count)) }
        case .stream(let length, let source):
            let reader = unsafe AnswerReader(
                source: source, length: length, connection: connection, link: link, core: core)
            self.reader = reader
            shared.withLock { $0.reader = reader }
            if head?.method == .head { blockSize = 1 }
        }
        guard
            let made = unsafe ResponseBuilder.make(
                response, reader: reader, id: id, closes: closes || core.isStopping, blockSize: blockSize)
        else { return .NO }
        link.enter(.sending, deadline: core.sendingDeadline)
        let result = unsafe MHD_queue_response(connection, UInt32(clamping: response.status), made)
        unsafe MHD_destroy_response(made)
        return result
    }
}
