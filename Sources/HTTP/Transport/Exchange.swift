import CMicroHTTPD
import Synchronization

/// One request and its answer: what happens between the library's callbacks and the handler's task.
///
/// `@unchecked Sendable`: the fields under "event thread" are touched only from the library's callbacks for this
/// connection, which never overlap; `connection` is used elsewhere only to resume while it is suspended, which keeps
/// it alive; everything else is behind `shared`.
@safe final class Exchange: @unchecked Sendable {
    /// What is done with the body as it arrives.
    enum Mode {
        /// Collected for a handler that starts when it is whole.
        case gather
        /// Thrown away up to a limit; the handler sees no body.
        case discard
        /// Handed to the running handler.
        case stream(UploadPipeline)
        /// Thrown away; the refusal is the answer.
        case refuse
        /// Thrown away; the answer is on its way already.
        case linger
    }

    enum Suspension {
        case none, handler, body
    }

    struct Shared {
        var response: Response?
        var suspension = Suspension.none
        var isAbandoned = false
        var isCancelled = false
        var task: Task<Void, Never>?
        /// The handler has asked for a body whose client waits for `100 Continue`.
        var wantsContinue = false
        /// The answer was written directly while the body arrived.
        var isAnswered = false
        /// The handler runs while the body arrives, and the body is not whole yet.
        var isStreaming = false
        var reader: AnswerReader?
        var pipeline: UploadPipeline?
    }

    let core: ServerCore
    let link: Link
    let connection: OpaquePointer
    let head: RequestHead?
    let id: String
    let startedAt = MonotonicTime.nanoseconds
    let shared = Mutex(Shared())

    // Event thread.
    var mode = Mode.gather
    var limit: Int64 = 0
    var body: [UInt8] = []
    var received: Int64 = 0
    var lingerEnd: Int64 = 0
    var dropped: Int64 = 0
    var route: Route?
    var parameters: [String: String] = [:]
    var handlerStarted = false
    var awaitsContinue = false
    var closes = false
    var status = 0
    var reader: AnswerReader?
    let bodyCount = Counter()

    init(core: ServerCore, link: Link, connection: OpaquePointer, head: RequestHead?, id: String) {
        self.core = core
        self.link = link
        unsafe self.connection = connection
        self.head = head
        self.id = id
    }

    // MARK: The handler

    /// Starts the handler on this thread; it leaves it at its first real suspension.
    func startHandler(_ body: RequestBody) {
        guard let head else { return }
        handlerStarted = true
        let request = Request(head: head, body: body, route: route, parameters: parameters)
        let task = Task.immediate { [self] in
            complete(await core.handler.respond(to: request))
        }
        shared.withLock { shared in
            if shared.isCancelled { task.cancel() }
            if shared.response == nil, !shared.isAnswered, !shared.isAbandoned { shared.task = task }
        }
    }

    /// The handler's answer is there.
    private func complete(_ response: Response) {
        let dropped: Response? = shared.withLock { shared in
            shared.task = nil
            guard !shared.isAbandoned else { return response }
            if shared.suspension != .none {
                shared.response = response
                resume(&shared)
            } else if shared.isStreaming, !smallRestFollows, answerNow(response, &shared, on: .anyThread) {
                return nil
            } else {
                shared.response = response
            }
            return nil
        }
        if case .stream(_, let source)? = dropped?.body { source.finished(completed: false) }
    }

    /// True when so little of the body is missing that reading it all keeps the connection usable.
    var smallRestFollows: Bool {
        guard let length = head?.contentLength else { return false }
        return length - bodyCount.value <= 256 << 10
    }

    /// The thread something is done on.
    enum CallingThread {
        case eventThread, anyThread
    }

    /// Writes the answer while the body is still arriving; false when it must wait for the body's end.
    func answerNow(_ response: Response, _ shared: inout Shared, on thread: CallingThread) -> Bool {
        guard let head, let channel = channel(thread),
            EarlyAnswer.write(response, id: id, isHead: head.method == .head, to: channel)
        else { return false }
        shared.isAnswered = true
        status = response.status
        link.enter(.linger, deadline: MonotonicTime.milliseconds + core.lingerTime)
        return true
    }

    private func channel(_ thread: CallingThread) -> EarlyAnswer.Channel? {
        guard core.isTLS else { return .socket(link.shared.withLock { $0.descriptor }) }
        guard thread == .eventThread, let info = unsafe cmhd_info(connection, .CONNECTION_INFO_GNUTLS_SESSION),
            let session = unsafe info.pointee.tls_session
        else { return nil }
        return unsafe .tls(session)
    }

    func resume(_ shared: inout Shared) {
        if shared.suspension == .body {
            link.enter(.body, deadline: MonotonicTime.milliseconds + core.bodyTime)
        }
        shared.suspension = .none
        unsafe MHD_resume_connection(connection)
    }

    /// The handler asks for the body the first time.
    func demandBody() {
        shared.withLock { shared in
            shared.wantsContinue = true
            if shared.suspension == .handler { resume(&shared) }
        }
    }

    /// The handler has made room in the pipeline.
    func resumeBody() {
        shared.withLock { shared in
            if shared.suspension == .body { resume(&shared) }
        }
    }

    // MARK: The supervisor

    /// Cancels the handler; the body, if still awaited, fails with `error`.
    func cancel(_ error: HTTPError) {
        let (task, pipeline) = shared.withLock { shared in
            shared.isCancelled = true
            return (shared.task, shared.pipeline)
        }
        pipeline?.fail(error)
        task?.cancel()
    }

    /// Gives up on the request: the connection is woken and broken, whatever the handler does.
    func abandon() {
        let reader = shared.withLock { shared in
            shared.isAbandoned = true
            if shared.suspension != .none { resume(&shared) }
            return shared.reader
        }
        reader?.abandon()
    }

    /// The client has sent nothing for too long.
    func bodyTimedOut() {
        let pipeline = shared.withLock { $0.pipeline }
        if let pipeline {
            // The handler gets the error and may still answer; then the client has until the linger deadline.
            link.enter(.linger, deadline: MonotonicTime.milliseconds + core.lingerTime)
            pipeline.fail(.timeout)
            shared.withLock { shared in
                // An answer that waited for a small rest of the body waits no longer.
                if let response = shared.response, answerNow(response, &shared, on: .anyThread) {
                    shared.response = nil
                }
            }
        } else {
            shared.withLock { shared in
                guard !shared.isAnswered else { return }
                _ = answerNow(core.handler.render(HTTPError.timeout.problem, for: head), &shared, on: .anyThread)
            }
            link.breakOff()
        }
    }

    /// True while the connection is suspended for the handler or its source: when a disconnect goes unseen.
    var waitsForHandler: Bool {
        shared.withLock { $0.suspension == .handler }
    }

    // MARK: The end

    /// The library is done with the request.
    func ended(completed: Bool) {
        let (task, pipeline, dropped, answered) = shared.withLock { shared in
            defer {
                shared.isAbandoned = true
                shared.isCancelled = true
                shared.task = nil
                shared.response = nil
                shared.reader = nil
                shared.pipeline = nil
            }
            return (shared.task, shared.pipeline, shared.response, shared.isAnswered)
        }
        pipeline?.fail(core.isForced ? .stopping : .bodyCutOff)
        task?.cancel()
        if case .stream(_, let source)? = dropped?.body { source.finished(completed: false) }
        reader?.end(completed: completed)
        reader = nil
        if status != 0, completed || answered {
            let microseconds = (MonotonicTime.nanoseconds - startedAt) / 1_000
            core.statistics.record(status: status, microseconds: microseconds)
            if let head {
                core.handler.ended(RequestOutcome(head: head, status: status, microseconds: microseconds))
            }
        } else {
            core.statistics.abandoned.add(1)
            if let head {
                let microseconds = (MonotonicTime.nanoseconds - startedAt) / 1_000
                core.handler.ended(RequestOutcome(head: head, status: nil, microseconds: microseconds))
            }
        }
        core.statistics.inFlight.add(-1)
    }
}
