import CCurl
import Glibc
import Synchronization

/// One request on its way: a libcurl handle and what its callbacks read and write.
///
/// `@unchecked Sendable`: made by the task that waits for it, then handed to the engine, whose one thread alone touches
/// everything but `isCancelled`. libcurl calls back on that thread only, within `curl_multi_perform`.
@safe final class Transfer: @unchecked Sendable {
    let request: TransferRequest
    private let continuation: CheckedContinuation<TransferAnswer, any Error>
    /// When the wait for a turn began.
    let submitted = ContinuousClock.now
    let isCancelled: CancelMark

    private var handle: UnsafeMutableRawPointer?
    /// Header lines, or the recipients of a message.
    private var lines = CurlTextList()
    private let words: UnsafeMutablePointer<CChar>

    /// How far the body was sent: a piece, and a byte of it.
    private var piece = 0
    private var sent = 0
    private var headers = TransferHeaders()
    private var headBytes = 0
    /// Whether the empty line behind the last head was seen: libcurl takes a head that was cut off for a whole one.
    private var isHeadOver = false
    private var body: [UInt8] = []

    /// All heads of one answer together, interim ones included.
    private static let headLimit = 64 << 10

    init(
        _ request: TransferRequest, _ isCancelled: CancelMark,
        _ continuation: CheckedContinuation<TransferAnswer, any Error>
    ) {
        self.request = request
        self.isCancelled = isCancelled
        self.continuation = continuation
        unsafe words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit {
        if let handle = unsafe handle { unsafe curl_easy_cleanup(handle) }
        unsafe words.deallocate()
    }

    /// Makes the handle, to be added to a multi handle; nil when libcurl cannot.
    ///
    /// The handle is valid, and calls back to this object, as long as the object lives.
    func open() -> UnsafeMutableRawPointer? {
        guard let handle = unsafe curl_easy_init() else { return nil }
        unsafe self.handle = handle
        return unsafe configure(handle) ? handle : nil
    }

    /// Hands the answer to whoever waits. To be called once, when the handle is out of its multi handle.
    func end(_ code: CURLcode) {
        guard code == CURLE_OK, let handle = unsafe handle else { return end(failure(code)) }
        guard isHeadOver || request.mail != nil else { return end(TransferFailure.cutOff) }
        continuation.resume(
            returning: TransferAnswer(status: unsafe ccurl_status(handle), headers: headers, body: body))
    }

    /// Tells whoever waits that there will be no answer. Instead of ``end(_:)-1``.
    func end(_ failure: any Error) { continuation.resume(throwing: failure) }

    private func failure(_ code: CURLcode) -> any Error {
        let said = unsafe String(cString: words)
        let connected = unsafe handle.map { unsafe ccurl_connect_time($0) > 0 } ?? false
        if request.mail != nil, let handle = unsafe handle, let failure = unsafe Self.mailFailure(code, handle) {
            return failure
        }
        let words = unsafe said.isEmpty ? String(cString: curl_easy_strerror(code)) : said
        return TransferFailure(code, connected: connected, words: words)
    }
}

/// A cancelled task's word to the engine's thread.
final class CancelMark: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}

/// What libcurl is told.
extension Transfer {
    /// libcurl keeps the pointer: valid as long as the transfer lives.
    var list: UnsafeMutablePointer<curl_slist>? { unsafe lines.first }

    /// - Returns: false when there is no memory.
    func addToList(_ line: String) -> Bool { lines.add(line) }

    private func configure(_ handle: UnsafeMutableRawPointer) -> Bool {
        let this = unsafe Unmanaged.passUnretained(self).toOpaque()
        if let mail = request.mail { return unsafe configure(handle, this, mail) }
        for header in request.headers where !addToList("\(header.name): \(header.value)") { return false }
        // No pause for `100 Continue`, and no content type of libcurl's choosing.
        guard addToList("Expect:") else { return false }
        var codes: [CURLcode] = unsafe [
            ccurl_set_text(handle, CURLOPT_URL, request.url),
            ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https"),
            ccurl_set_text(handle, CURLOPT_USERAGENT, "cloudspace"),
            ccurl_set_long(handle, CURLOPT_PATH_AS_IS, 1),
            ccurl_set_long(handle, CURLOPT_FOLLOWLOCATION, 0),
            ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1)),
            ccurl_set_pointer(handle, CURLOPT_HTTPHEADER, list),
        ]
        unsafe codes += patienceAndTrust(handle)
        unsafe codes += receiving(handle, this)
        unsafe codes += method(handle, this)
        return codes.allSatisfy { $0 == CURLE_OK }
    }

    /// What holds for every protocol: how long to wait, whom to trust.
    func patienceAndTrust(_ handle: UnsafeMutableRawPointer) -> [CURLcode] {
        let patience = request.patience
        var codes: [CURLcode] = unsafe [
            ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1),
            ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1),
            ccurl_set_long(handle, CURLOPT_BUFFERSIZE, 128 << 10),
            ccurl_set_long(handle, CURLOPT_UPLOAD_BUFFERSIZE, 256 << 10),
            ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, patience.connect.wholeMilliseconds),
            ccurl_set_long(handle, CURLOPT_TIMEOUT_MS, patience.total.wholeMilliseconds),
            ccurl_set_long(handle, CURLOPT_LOW_SPEED_LIMIT, 1),
            ccurl_set_long(handle, CURLOPT_LOW_SPEED_TIME, max(1, patience.stall)),
            ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, words),
        ]
        if let authority = request.certificateAuthority {
            unsafe codes.append(ccurl_set_text(handle, CURLOPT_CAINFO, authority))
        }
        if request.isLocal { unsafe codes.append(ccurl_set_text(handle, CURLOPT_PROXY, "")) }
        return codes
    }

    func receiving(_ handle: UnsafeMutableRawPointer, _ this: UnsafeMutableRawPointer) -> [CURLcode] {
        unsafe [
            ccurl_set_pointer(handle, CURLOPT_WRITEDATA, this),
            ccurl_set_transfer(handle, CURLOPT_WRITEFUNCTION, Self.bodyArrived),
            ccurl_set_pointer(handle, CURLOPT_HEADERDATA, this),
            ccurl_set_transfer(handle, CURLOPT_HEADERFUNCTION, Self.headArrived),
        ]
    }

    private var bodySize: Int64? {
        if let source = request.source { return source.byteCount }
        return request.body.map { $0.reduce(0) { $0 + Int64($1.count) } }
    }

    func sending(_ handle: UnsafeMutableRawPointer, _ this: UnsafeMutableRawPointer) -> [CURLcode] {
        let size = bodySize ?? 0
        return unsafe [
            ccurl_set_long(handle, CURLOPT_UPLOAD, 1),
            ccurl_set_size(handle, CURLOPT_INFILESIZE_LARGE, curl_off_t(size)),
            ccurl_set_pointer(handle, CURLOPT_READDATA, this),
            ccurl_set_transfer(handle, CURLOPT_READFUNCTION, Self.bodyWanted),
            ccurl_set_pointer(handle, CURLOPT_SEEKDATA, this),
            ccurl_set_seek(handle, Self.rewindWanted),
        ]
    }

    private func method(_ handle: UnsafeMutableRawPointer, _ this: UnsafeMutableRawPointer) -> [CURLcode] {
        guard bodySize != nil else {
            if request.method == "HEAD" { return unsafe [ccurl_set_long(handle, CURLOPT_NOBODY, 1)] }
            return unsafe [
                ccurl_set_long(handle, CURLOPT_HTTPGET, 1),
                ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method),
            ]
        }
        return unsafe sending(handle, this) + [ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)]
    }
}

/// What libcurl calls. The context is the transfer itself, which the engine holds as long as its handle is in use.
extension Transfer {
    private static func of(_ context: UnsafeMutableRawPointer) -> Transfer {
        unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }

    /// Fewer bytes taken than offered make libcurl give up with `CURLE_WRITE_ERROR`.
    private static let bodyArrived: ccurl_transfer_callback = { bytes, size, count, context in
        let total = size * count
        guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
        return unsafe Transfer.of(context).take(UnsafeRawBufferPointer(start: bytes, count: total)) ? total : 0
    }

    private static let headArrived: ccurl_transfer_callback = { bytes, size, count, context in
        let total = size * count
        guard let bytes = unsafe bytes, let context = unsafe context else { return 0 }
        return unsafe Transfer.of(context).takeHead(UnsafeRawBufferPointer(start: bytes, count: total)) ? total : 0
    }

    private static let bodyWanted: ccurl_transfer_callback = { space, size, count, context in
        guard let space = unsafe space, let context = unsafe context else { return Int(CURL_READFUNC_ABORT) }
        let room = unsafe UnsafeMutableRawBufferPointer(start: space, count: size * count)
        return unsafe Transfer.of(context).give(room)
    }

    /// A connection that was kept died before the server read anything: the body is sent again from its start.
    private static let rewindWanted: ccurl_seek_callback = { context, offset, origin in
        guard let context = unsafe context, offset == 0, origin == SEEK_SET else { return CURL_SEEKFUNC_FAIL }
        return unsafe Transfer.of(context).rewind() ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL
    }

    private func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard request.answerLimit - body.count >= bytes.count else { return false }
        if body.isEmpty, let length = headers["content-length"].flatMap(Int.init) {
            body.reserveCapacity(min(max(length, 0), request.answerLimit))
        }
        unsafe body.append(contentsOf: bytes)
        return true
    }

    private func takeHead(_ line: UnsafeRawBufferPointer) -> Bool {
        headBytes += line.count
        guard headBytes <= Self.headLimit else { return false }
        isHeadOver = unsafe line.allSatisfy { $0 == 0x0d || $0 == 0x0a }
        // A further head, after an interim one, starts over.
        if unsafe line.starts(with: "HTTP/".utf8) { headers.removeAll() } else { unsafe headers.add(line) }
        return true
    }

    private func give(_ room: UnsafeMutableRawBufferPointer) -> Int {
        if let source = request.source {
            guard let bytes = source.next(atMost: room.count), bytes.count <= room.count else {
                return Int(CURL_READFUNC_ABORT)
            }
            unsafe bytes.withUnsafeBytes { unsafe room.copyMemory(from: $0) }
            return bytes.count
        }
        let pieces = request.body ?? []
        var given = 0
        while given < room.count, piece < pieces.count {
            let count = min(room.count - given, pieces[piece].count - sent)
            unsafe pieces[piece].withUnsafeBytes { source in
                unsafe UnsafeMutableRawBufferPointer(rebasing: room[given..<given + count])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[sent..<sent + count]))
            }
            given += count
            sent += count
            if sent == pieces[piece].count {
                piece += 1
                sent = 0
            }
        }
        return given
    }

    private func rewind() -> Bool {
        piece = 0
        sent = 0
        return request.source?.rewind() ?? true
    }
}

extension Duration {
    /// For libcurl, where 0 would mean no limit.
    fileprivate var wholeMilliseconds: Int {
        let parts = components
        let milliseconds = parts.seconds.multipliedReportingOverflow(by: 1_000)
        guard !milliseconds.overflow else { return Int(Int32.max) }
        return Int(clamping: max(1, milliseconds.partialValue + parts.attoseconds / 1_000_000_000_000_000))
    }
}
