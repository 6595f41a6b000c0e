import Synchronization

/// The state of one form: a window over the body, and where in its grammar the window stands.
///
/// `@unchecked Sendable`: a form is read by one task at a time, as `Multipart` demands.
final class MultipartReader: @unchecked Sendable {
    private enum Position {
        case preamble, content, done
    }

    let limits: MultipartLimits
    private let body: any BodyStream
    /// CRLF, two hyphens, boundary: what ends every part's content.
    private let delimiter: BoundarySearch
    private var window: [UInt8] = []
    private var start = 0
    private var bodyEnded = false
    private var position = Position.preamble
    private var part = 0

    init(_ body: any BodyStream, boundary: String, limits: MultipartLimits) {
        self.body = body
        self.limits = limits
        delimiter = BoundarySearch(Array("\r\n--\(boundary)".utf8))
        // The first boundary may stand at the very beginning: let it have its line break.
        window = [0x0D, 0x0A]
    }

    func nextPart() async throws -> MultipartPart? {
        switch position {
        case .done: return nil
        case .preamble, .content:
            while try await nextPiece() != nil {}
        }
        guard try await !isLast() else {
            position = .done
            // What follows the last boundary has no meaning; take it, so that the connection stays usable.
            while try await body.next() != nil {}
            return nil
        }
        part += 1
        guard part <= limits.parts else { throw HTTPError.malformed("The form has too many parts") }
        let header = try await readHeader()
        position = .content
        return try makePart(header)
    }

    func nextPiece(ofPart number: Int) async throws -> [UInt8]? {
        guard number == part, position == .content else { return nil }
        return try await nextPiece()
    }

    // MARK: Content

    private var isAtDelimiter = false

    /// The next bytes before the delimiter; nil once it is reached (it is taken then).
    private func nextPiece() async throws -> [UInt8]? {
        if isAtDelimiter { return nil }
        while true {
            if let found = delimiter.first(in: window, from: start) {
                if found > start {
                    let piece = Array(window[start..<found])
                    start = found
                    return piece
                }
                start += delimiter.needle.count
                isAtDelimiter = true
                return nil
            }
            // All but a possible beginning of the delimiter belongs to the content.
            let safeEnd = window.count - possibleBeginning()
            if safeEnd > start {
                if start == 0, safeEnd == window.count {
                    let piece = window
                    window = []
                    return piece
                }
                let piece = Array(window[start..<safeEnd])
                window = Array(window[safeEnd...])
                start = 0
                return piece
            }
            try await fill()
        }
    }

    /// How many bytes at the window's end could be the beginning of the delimiter.
    private func possibleBeginning() -> Int {
        let needle = delimiter.needle
        var count = min(needle.count - 1, window.count - start)
        while count > 0 {
            if window[(window.count - count)...].elementsEqual(needle[..<count]) { return count }
            count -= 1
        }
        return 0
    }

    /// Brings more of the body into the window.
    private func fill() async throws {
        guard let slab = try await body.next() else { throw HTTPError.bodyCutOff }
        if start == window.count {
            window = slab
        } else {
            window.removeFirst(start)
            window += slab
        }
        start = 0
    }

    // MARK: Between parts

    /// After a delimiter: `--` ends the form, blanks and CRLF begin a part.
    private func isLast() async throws -> Bool {
        isAtDelimiter = false
        while window.count - start < 2 { try await fillKeeping() }
        if window[start] == 0x2D, window[start + 1] == 0x2D {
            start += 2
            return true
        }
        var blanks = 0
        while true {
            while window.count - start < 2 { try await fillKeeping() }
            let byte = window[start]
            if byte == 0x20 || byte == 0x09, blanks < 64 {
                blanks += 1
                start += 1
            } else if byte == 0x0D, window[start + 1] == 0x0A {
                start += 2
                return false
            } else {
                throw HTTPError.malformed("A multipart boundary is followed by something else")
            }
        }
    }

    private func fillKeeping() async throws {
        guard let slab = try await body.next() else { throw HTTPError.bodyCutOff }
        window.removeFirst(start)
        window += slab
        start = 0
    }

    /// The part's header up to its empty line, which is taken.
    private func readHeader() async throws -> [UInt8] {
        let end = BoundarySearch([0x0D, 0x0A, 0x0D, 0x0A])
        while true {
            if window.count - start >= 2, window[start] == 0x0D, window[start + 1] == 0x0A {
                start += 2
                return []
            }
            if let found = end.first(in: window, from: start), found - start <= limits.partHeader {
                let header = Array(window[start..<found])
                start = found + 4
                return header
            }
            guard window.count - start <= limits.partHeader else {
                throw HTTPError.malformed("A part's header is too long")
            }
            try await fillKeeping()
        }
    }

    private func makePart(_ header: [UInt8]) throws -> MultipartPart {
        var disposition: String?
        var contentType: String?
        for line in header.split(separator: 0x0A) {
            let line = line.last == 0x0D ? line.dropLast() : line
            guard line.allSatisfy(isFieldByte), let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let text = String(validating: line[line.index(after: colon)...], as: UTF8.self)
            else { throw HTTPError.malformed("A part's header is malformed") }
            switch String(decoding: line[..<colon], as: UTF8.self).lowercasedASCIIText {
            case "content-disposition": disposition = text.trimmedBlanks
            case "content-type": contentType = text.trimmedBlanks
            default: break
            }
        }
        guard let disposition else { throw HTTPError.malformed("A part has no Content-Disposition") }
        let parameters = HeaderParameters(disposition)
        guard parameters.value.lowercasedASCIIText == "form-data", let name = parameters["name"] else {
            throw HTTPError.malformed("A part has no name")
        }
        let fileName = (parameters.extended("filename") ?? parameters["filename"]).map(Self.lastComponent)
        return MultipartPart(
            name: name, fileName: fileName, contentType: contentType, reader: self, number: part)
    }

    /// Some clients send a whole path; only its last component is a name.
    private static func lastComponent(_ path: String) -> String {
        let tail = path.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last
        return tail.map(String.init) ?? path
    }
}
