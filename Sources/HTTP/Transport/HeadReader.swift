import CMicroHTTPD

/// A request head as read from the library's memory: strictly, byte by byte.
///
/// The library's parser is lax (bare LF, folded lines, NUL, blanks in names). What it parsed still lies in its
/// buffer, with separators turned into NUL: `name NUL value NUL NUL` for each line that ended in CRLF. Reading that
/// again finds everything the parser let through, and gives the fields in one copy.
struct HeadReader {
    /// Why a head is refused.
    struct Refusal: Error {
        let problem: HTTPProblem
        init(_ status: Int, _ code: String, _ message: String) {
            problem = HTTPProblem(status: status, code: code, message: message)
        }
    }

    /// The fields that decide how a request is framed.
    struct Framing {
        var contentLength: Int64?
        var isChunked = false
        var hosts = 0
        var expectsContinue = false
        var contentLengths = 0
        var transferEncodings = 0
    }

    private(set) var headers = Headers()
    private(set) var framing = Framing()
    let isVersion11: Bool

    /// - Parameters:
    ///   - block: the bytes from after the version's CRLF to the end of the head, the empty line included.
    ///   - fieldCount: how many fields the library found; more or fewer here means bytes it did not show.
    init(block: UnsafeRawBufferPointer, fieldCount: Int, isVersion11: Bool, maximumCount: Int) throws(Refusal) {
        self.isVersion11 = isVersion11
        guard fieldCount <= maximumCount else {
            throw Refusal(431, "header_fields_too_large", "Too many header fields")
        }
        let bytes = unsafe [UInt8](block)
        var slots: [Headers.Slot] = []
        slots.reserveCapacity(fieldCount)
        var position = 0
        while true {
            guard position + 1 < bytes.count else { throw Self.malformed }
            if bytes[position] == 0 { break }
            let name = position
            while position < bytes.count, isTokenByte(bytes[position]) { position += 1 }
            let nameEnd = position
            guard nameEnd > name, position < bytes.count, bytes[position] == 0 else { throw Self.malformed }
            position += 1
            while position < bytes.count, bytes[position] == 0x20 || bytes[position] == 0x09 { position += 1 }
            let value = position
            while position < bytes.count, isFieldByte(bytes[position]) { position += 1 }
            let lineEnd = position
            // CRLF became two NULs; one NUL alone was a bare LF, or a NUL the client sent.
            guard position + 1 < bytes.count, bytes[position] == 0, bytes[position + 1] == 0 else {
                throw Self.malformed
            }
            position += 2
            var valueEnd = lineEnd
            while valueEnd > value, bytes[valueEnd - 1] == 0x20 || bytes[valueEnd - 1] == 0x09 { valueEnd -= 1 }
            slots.append(
                Headers.Slot(
                    name: name, nameLength: nameEnd - name, value: value, valueLength: valueEnd - value))
            try note(bytes, name..<nameEnd, value..<valueEnd, untrimmedEnd: lineEnd)
        }
        guard position + 2 == bytes.count, bytes[position + 1] == 0, slots.count == fieldCount else {
            throw Self.malformed
        }
        headers = Headers(bytes: bytes, slots: slots)
        try checkFraming()
    }

    private static let malformed = Refusal(400, "malformed_header", "Malformed header field")

    /// Looks at the few fields that framing depends on.
    private mutating func note(
        _ bytes: [UInt8], _ name: Range<Int>, _ value: Range<Int>, untrimmedEnd: Int
    ) throws(Refusal) {
        func isNamed(_ text: StaticString) -> Bool { equal(bytes, name, text) }
        switch name.count {
        case 4 where isNamed("host"):
            framing.hosts += 1
            guard !value.isEmpty, bytes[value].allSatisfy(Self.isHostByte) else {
                throw Refusal(400, "bad_host", "Malformed Host header")
            }
        case 6 where isNamed("expect"):
            guard isVersion11 else { return }
            guard equal(bytes, value, "100-continue"), untrimmedEnd == value.upperBound, !framing.expectsContinue
            else { throw Refusal(417, "expectation_failed", "Unknown expectation") }
            framing.expectsContinue = true
        case 14 where isNamed("content-length"):
            framing.contentLengths += 1
            var length: Int64 = 0
            guard !value.isEmpty, value.count <= 18 else {
                throw Refusal(413, "content_too_large", "The request body is too large")
            }
            for byte in bytes[value] {
                guard byte >= 0x30, byte <= 0x39 else {
                    throw Refusal(400, "bad_content_length", "Malformed Content-Length")
                }
                length = length * 10 + Int64(byte - 0x30)
            }
            framing.contentLength = length
        case 16 where isNamed("content-encoding"):
            guard equal(bytes, value, "identity") else {
                throw Refusal(415, "unsupported_content_encoding", "Content-Encoding is not supported")
            }
        case 17 where isNamed("transfer-encoding"):
            framing.transferEncodings += 1
            // The library compares the untrimmed value: what it does not take as chunked, we must not either.
            guard equal(bytes, value, "chunked"), untrimmedEnd == value.upperBound else {
                throw Refusal(501, "unknown_transfer_coding", "Unknown transfer coding")
            }
            framing.isChunked = true
        default: break
        }
    }

    /// RFC 9112, sections 3.2 and 6.3: everything that two parsers could frame differently is refused.
    private func checkFraming() throws(Refusal) {
        guard framing.transferEncodings <= 1, framing.contentLengths <= 1,
            framing.transferEncodings == 0 || (framing.contentLengths == 0 && isVersion11)
        else { throw Refusal(400, "ambiguous_framing", "Ambiguous message framing") }
        guard framing.hosts == 1 || (framing.hosts == 0 && !isVersion11) else {
            throw Refusal(400, "bad_host", "Exactly one Host header is required")
        }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0...0x20, 0x7F..., UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "?"), UInt8(ascii: "#"),
            UInt8(ascii: "@"), UInt8(ascii: ","), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""):
            false
        default: true
        }
    }

    private func equal(_ bytes: [UInt8], _ range: Range<Int>, _ text: StaticString) -> Bool {
        guard range.count == text.utf8CodeUnitCount else { return false }
        return text.withUTF8Buffer { expected in
            for offset in 0..<range.count
            where unsafe lowercasedASCII(bytes[range.lowerBound + offset]) != expected[offset] { return false }
            return true
        }
    }
}
