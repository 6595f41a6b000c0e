import CMicroHTTPD
import Synchronization

/// The beginning and the end of a request: routing its head, and handing its answer to the library.
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

    func suspend(_ suspension: Suspension, _ shared: inout Shared) {
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
            if let smaller = source.blockSize { blockSize = max(1, min(blockSize, smaller)) }
            if head?.method == .head { blockSize = 1 }
        }
        guard
            let made = unsafe ResponseBuilder.make(
                response, reader: reader, id: id, closes: closes || core.isStopping, blockSize: blockSize)
        else { return .NO }
        // Up to 0.9.75 the library ends the chunked body that HEAD does not have, in the middle of the next answer.
        if head?.method == .head, case .stream(nil, _) = response.body { _ = unsafe cmhd_never_chunk(made) }
        link.enter(.sending, deadline: core.sendingDeadline)
        let result = unsafe MHD_queue_response(connection, UInt32(clamping: response.status), made)
        unsafe MHD_destroy_response(made)
        return result
    }
}
