import CMicroHTTPD
import Glibc
import Synchronization

/// The functions libmicrohttpd calls. They live here, far from any main actor: a closure written in `main.swift`
/// would inherit its isolation and trap on the library's threads.
enum Callbacks {
    /// Called with the raw target when the request line has been read, before the library decodes it in place.
    static let targetReceived:
        @convention(c) (
            UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?
        ) -> UnsafeMutableRawPointer? = { context, target, connection in
            guard let core = unsafe core(context), let connection = unsafe connection,
                let link = unsafe link(connection)
            else { return nil }
            if let target = unsafe target {
                link.targetAddress = UInt(bitPattern: target)
                unsafe link.target = [UInt8](UnsafeRawBufferPointer(start: target, count: strlen(target)))
                // The query is ours to parse. Cut it off, so that the library does not: it gives each parameter a record
                // in the connection's memory, and hangs when a flood of them fills it.
                if let mark = link.target.firstIndex(of: UInt8(ascii: "?")), mark + 1 < link.target.count {
                    unsafe UnsafeMutablePointer(mutating: target)[mark + 1] = 0
                }
            } else {
                link.targetAddress = 0
                link.target = []
            }
            link.enter(.head, deadline: MonotonicTime.milliseconds + core.headTime)
            return nil
        }

    /// Called when a head is there, for each piece of its body, and when the request is whole.
    static let request: MHD_AccessHandlerCallback = {
        context, connection, _, method, version, data, size, state in
        guard let connection = unsafe connection, let size = unsafe size, let state = unsafe state else { return .NO }
        guard let pointer = unsafe state.pointee else {
            guard let core = unsafe core(context), let link = unsafe link(connection), let method = unsafe method,
                let version = unsafe version
            else { return .NO }
            return unsafe begin(core, link, connection, method, version, state)
        }
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
        guard unsafe size.pointee > 0 else { return exchange.proceed() }
        guard let data = unsafe data,
            let taken = unsafe exchange.receive(UnsafeRawBufferPointer(start: data, count: size.pointee))
        else { return .NO }
        unsafe size.pointee -= taken
        return .YES
    }

    /// Called when a request is over, whatever way.
    static let completed: MHD_RequestCompletedCallback = { context, connection, state, code in
        guard let core = unsafe core(context), let connection = unsafe connection, let state = unsafe state,
            let pointer = unsafe state.pointee
        else { return }
        unsafe state.pointee = nil
        let exchange = unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        if let link = unsafe link(connection) {
            link.shared.withLock { $0.exchange = nil }
            link.enter(.idle, deadline: MonotonicTime.milliseconds + core.idleTime)
        }
        exchange.ended(completed: code == .REQUEST_TERMINATED_COMPLETED_OK)
        core.requestEnded()
    }

    /// Called when a connection starts and when it has ended.
    static let connection: MHD_NotifyConnectionCallback = { context, connection, state, code in
        guard let core = unsafe core(context), let connection = unsafe connection, let state = unsafe state else {
            return
        }
        if code == .CONNECTION_NOTIFY_STARTED {
            let link = unsafe makeLink(core, connection)
            core.links.withLock { $0[ObjectIdentifier(link)] = link }
            core.statistics.openConnections.add(1)
            unsafe state.pointee = unsafe Unmanaged.passRetained(link).toOpaque()
        } else if let pointer = unsafe state.pointee {
            unsafe state.pointee = nil
            let link = unsafe Unmanaged<Link>.fromOpaque(pointer).takeRetainedValue()
            link.shared.withLock { $0.descriptor = -1 }
            _ = core.links.withLock { $0.removeValue(forKey: ObjectIdentifier(link)) }
            core.statistics.openConnections.add(-1)
            core.connectionEnded(link.address)
        }
    }

    // MARK: Helpers of the callbacks

    private static func core(_ context: UnsafeMutableRawPointer?) -> ServerCore? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    }

    private static func link(_ connection: OpaquePointer) -> Link? {
        guard let info = unsafe cmhd_info(connection, .CONNECTION_INFO_SOCKET_CONTEXT),
            let pointer = unsafe info.pointee.socket_context
        else { return nil }
        return unsafe Unmanaged<Link>.fromOpaque(pointer).takeUnretainedValue()
    }

    private static func makeLink(_ core: ServerCore, _ connection: OpaquePointer) -> Link {
        var address = ""
        var descriptor: Int32 = -1
        if let info = unsafe cmhd_info(connection, .CONNECTION_INFO_CLIENT_ADDRESS),
            let pointer = unsafe info.pointee.client_addr
        {
            address = unsafe SocketAddress.text(pointer)
        }
        if let info = unsafe cmhd_info(connection, .CONNECTION_INFO_CONNECTION_FD) {
            descriptor = unsafe info.pointee.connect_fd
        }
        // The first head has to arrive at once; later ones may keep the connection idle first.
        return Link(
            address: address, isTLS: core.isTLS, descriptor: descriptor,
            deadline: MonotonicTime.milliseconds + core.headTime)
    }

    private static func begin(
        _ core: ServerCore, _ link: Link, _ connection: OpaquePointer, _ method: UnsafePointer<CChar>,
        _ version: UnsafePointer<CChar>, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> MHD_Result {
        let read = unsafe HeadAssembly.assemble(core, link, connection, method, version)
        let exchange = unsafe Exchange(
            core: core, link: link, connection: connection, head: read.head, id: read.head.id)
        unsafe state.pointee = unsafe Unmanaged.passRetained(exchange).toOpaque()
        core.statistics.inFlight.add(1)
        link.shared.withLock { $0.exchange = exchange }
        link.enter(.handler, deadline: .max)
        defer { if read.head.hasBody { link.revealEnd() } }
        if let problem = read.problem {
            return exchange.refuse(problem, expects: false, closes: true)
        }
        return exchange.begin(read.framing)
    }
}
