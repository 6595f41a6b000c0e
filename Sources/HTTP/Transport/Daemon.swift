import CMicroHTTPD
import Glibc

/// Owns one libmicrohttpd daemon: event threads without a listening socket, fed with accepted connections.
///
/// `@unchecked Sendable`: the library allows adding connections from any thread; stopping happens once, on the
/// supervisor's thread, after the last addition.
@safe final class Daemon: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// Starts the event threads. `core` must outlive the daemon.
    init(_ core: ServerCore) throws(ServerError) {
        let configuration = core.configuration
        guard let text = unsafe MHD_get_version() else { throw .cannotStart("libmicrohttpd has no version") }
        let version = unsafe String(cString: text)
        // `HeadReader` reads what this line of releases leaves in its buffer; others may leave something else.
        guard version.hasPrefix("0.9.7") else {
            throw .cannotStart("libmicrohttpd \(version) is not supported; 0.9.75 is")
        }
        let context = unsafe Unmanaged.passUnretained(core).toOpaque()
        var options = unsafe [MHD_OptionItem]()
        func add(_ option: MHD_OPTION, _ value: Int, _ pointer: UnsafeMutableRawPointer? = nil) {
            unsafe options.append(MHD_OptionItem(option: option, value: value, ptr_value: pointer))
        }
        unsafe add(.URI_LOG_CALLBACK, unsafeBitCast(Callbacks.targetReceived, to: Int.self), context)
        unsafe add(.NOTIFY_COMPLETED, unsafeBitCast(Callbacks.completed, to: Int.self), context)
        unsafe add(.NOTIFY_CONNECTION, unsafeBitCast(Callbacks.connection, to: Int.self), context)
        add(.CONNECTION_MEMORY_LIMIT, configuration.connectionMemory)
        // The supervisor keeps the real limit; each thread must be able to take an uneven share.
        let share = configuration.maximumConnections + 64
        add(.CONNECTION_LIMIT, share * max(1, configuration.threads))
        add(.CONNECTION_TIMEOUT, 0)
        if configuration.threads > 1 { add(.THREAD_POOL_SIZE, configuration.threads) }
        var flags =
            MHD_USE_EPOLL_INTERNAL_THREAD.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
            | MHD_USE_NO_LISTEN_SOCKET.rawValue | MHD_USE_ITC.rawValue
        var certificate: [CChar] = []
        var key: [CChar] = []
        if let tls = configuration.tls {
            flags |= MHD_USE_TLS.rawValue
            certificate = try PEMFile.read(tls.certificatePath)
            key = try PEMFile.read(tls.keyPath)
        }
        defer { PEMFile.wipe(&key) }
        let started: OpaquePointer? = unsafe certificate.withUnsafeMutableBufferPointer { certificate in
            unsafe key.withUnsafeMutableBufferPointer { key in
                if configuration.tls != nil {
                    unsafe add(.HTTPS_MEM_CERT, 0, UnsafeMutableRawPointer(certificate.baseAddress))
                    unsafe add(.HTTPS_MEM_KEY, 0, UnsafeMutableRawPointer(key.baseAddress))
                }
                add(.END, 0)
                return unsafe cmhd_start(flags, Callbacks.request, context, &options)
            }
        }
        guard let started = unsafe started else {
            throw configuration.tls == nil
                ? .cannotStart("libmicrohttpd could not start its threads")
                : .certificate("the certificate and key do not work together, or are not PEM")
        }
        unsafe pointer = started
    }

    /// Gives an accepted socket to one of the event threads, which owns it from now on; false when that failed (the
    /// socket is closed then).
    func add(_ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Bool {
        unsafe MHD_add_connection(pointer, descriptor, address, size) == .YES
    }

    /// Closes all connections and ends the threads. No connection may be suspended, and none may be added any more.
    func stop() {
        unsafe MHD_stop_daemon(pointer)
    }
}
