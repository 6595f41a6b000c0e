import CMicroHTTPD
import Glibc

/// Turns a `Response` into the library's form.
enum ResponseBuilder {
    /// Bodies up to this size are copied; larger ones are lent.
    private static let copyLimit = 4 << 10

    /// Keeps a lent array alive until the library is done with it.
    private final class Loan {
        let bytes: [UInt8]
        init(_ bytes: [UInt8]) { self.bytes = bytes }
    }

    /// The library's response, owned by the caller; nil when memory is out.
    static func make(_ response: Response, reader: AnswerReader?, id: String, closes: Bool, blockSize: Int)
        -> OpaquePointer?
    {
        guard let made = unsafe makeBody(response.body, reader: reader, blockSize: blockSize) else { return nil }
        unsafe addFields(of: response.headers, to: made)
        if !id.isEmpty { _ = unsafe MHD_add_response_header(made, "X-Request-ID", id) }
        if closes { _ = unsafe MHD_add_response_header(made, "Connection", "close") }
        return unsafe made
    }

    private static func makeBody(_ body: ResponseBody, reader: AnswerReader?, blockSize: Int) -> OpaquePointer? {
        switch body {
        case .empty: return unsafe MHD_create_response_from_buffer(0, nil, .RESPMEM_PERSISTENT)
        case .bytes(let bytes) where bytes.count <= copyLimit:
            return unsafe bytes.withUnsafeBytes { buffer in
                unsafe MHD_create_response_from_buffer(
                    buffer.count, UnsafeMutableRawPointer(mutating: buffer.baseAddress), .RESPMEM_MUST_COPY)
            }
        case .bytes(let bytes):
            // The loan holds the array, whose storage never moves while nobody mutates it, until the library calls
            // back; the address is therefore good that long.
            let loan = Loan(bytes)
            let address = unsafe loan.bytes.withUnsafeBytes { $0.baseAddress }
            let context = unsafe Unmanaged.passRetained(loan).toOpaque()
            let made = unsafe MHD_create_response_from_buffer_with_free_callback_cls(
                bytes.count, UnsafeMutableRawPointer(mutating: address), releaseLoan, context)
            if unsafe made == nil { unsafe Unmanaged<Loan>.fromOpaque(context).release() }
            return unsafe made
        case .stream(let length, _):
            guard let reader else { return nil }
            let size = length.map(UInt64.init(clamping:)) ?? UInt64.max
            let block = size < UInt64(blockSize) ? max(1, Int(size)) : blockSize
            let context = unsafe Unmanaged.passRetained(reader).toOpaque()
            let made = unsafe MHD_create_response_from_callback(size, block, readAnswer, context, releaseReader)
            if unsafe made == nil { unsafe Unmanaged<AnswerReader>.fromOpaque(context).release() }
            return unsafe made
        }
    }

    private static func addFields(of headers: Headers, to made: OpaquePointer) {
        unsafe headers.bytes.withUnsafeBytes { bytes in
            guard let base = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self) else { return }
            for slot in headers.slots {
                let name = unsafe base + slot.name
                // The transport frames the answer; a handler's own framing would contradict it.
                if slot.nameLength == 14, unsafe strcasecmp(name, "Content-Length") == 0 { continue }
                if slot.nameLength == 17, unsafe strcasecmp(name, "Transfer-Encoding") == 0 { continue }
                _ = unsafe MHD_add_response_header(made, name, base + slot.value)
            }
        }
    }

    private static let releaseLoan: MHD_ContentReaderFreeCallback = { context in
        if let context = unsafe context { unsafe Unmanaged<Loan>.fromOpaque(context).release() }
    }

    private static let releaseReader: MHD_ContentReaderFreeCallback = { context in
        if let context = unsafe context { unsafe Unmanaged<AnswerReader>.fromOpaque(context).release() }
    }

    private static let readAnswer: MHD_ContentReaderCallback = { context, position, buffer, size in
        guard let context = unsafe context, let buffer = unsafe buffer, let offset = Int64(exactly: position) else {
            return Int(MHD_CONTENT_READER_END_WITH_ERROR)
        }
        let reader = unsafe Unmanaged<AnswerReader>.fromOpaque(context).takeUnretainedValue()
        return unsafe reader.read(at: offset, into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
    }
}
