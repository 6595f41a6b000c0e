import Crypto

/// Writes a message as it goes over the wire: RFC 5322 and MIME (RFC 2045 to 2047), CRLF, no line above 78 characters.
struct MIMEWriter {
    private(set) var bytes: [UInt8] = []

    init(_ message: MailMessage) {
        header("From", Self.phrase(message.senderName) + " <\(message.sender)>")
        addresses("To", message.recipients)
        header("Subject", Self.unstructured(message.subject))
        header("Date", Self.date(message.date))
        header("Message-ID", "<\(message.identifier)@\(message.sender.domain)>")
        // RFC 3834: no holiday notice shall answer a machine.
        header("Auto-Submitted", "auto-generated")
        header("MIME-Version", "1.0")
        if message.attachments.isEmpty { part(text: message.text) } else { parts(of: message) }
    }

    private mutating func parts(of message: MailMessage) {
        // `=_` occurs neither in quoted-printable nor in base64, so no content can end a part.
        let boundary = "=_" + Hex.encode(Array(SHA256Hash.of(Array(message.identifier.utf8)).prefix(16)))
        header("Content-Type", "multipart/mixed; boundary=\"\(boundary)\"")
        line("")
        line("--\(boundary)")
        part(text: message.text)
        // The line break before a boundary belongs to the boundary.
        line("")
        for attachment in message.attachments {
            line("--\(boundary)")
            part(attachment)
        }
        line("--\(boundary)--")
    }

    private mutating func part(text: String) {
        header("Content-Type", "text/plain; charset=utf-8")
        header("Content-Transfer-Encoding", "quoted-printable")
        line("")
        for one in Self.lines(of: text) { for piece in QuotedPrintable.lines(one) { line(piece) } }
    }

    private mutating func part(_ attachment: MailAttachment) {
        header("Content-Type", attachment.type.description)
        header("Content-Disposition", "attachment; filename=\"\(attachment.name)\"")
        header("Content-Transfer-Encoding", "base64")
        line("")
        // 57 bytes are 76 characters.
        for start in stride(from: 0, to: attachment.content.count, by: 57) {
            line(Base64.encode(Array(attachment.content[start..<min(start + 57, attachment.content.count)])))
        }
    }

    private mutating func header(_ name: String, _ value: String) { line("\(name): \(value)") }

    private mutating func addresses(_ name: String, _ addresses: [MailAddress]) {
        header(name, addresses.map(\.description).joined(separator: ",\r\n "))
    }

    private mutating func line(_ text: String) {
        bytes += Array(text.utf8)
        bytes += [0x0d, 0x0a]
    }

    private static func lines(of text: String) -> [[UInt8]] {
        // CRLF is one character of a Swift string.
        var lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" || $0 == "\r" }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.map { Array($0.utf8) }
    }

    /// A display name.
    private static func phrase(_ name: String) -> String {
        let isPlain = name.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }
        return isPlain && name.utf8.count <= 60 ? "\"\(name)\"" : encodedWords(name, indentation: 6)
    }

    private static func unstructured(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        return isPlain && text.utf8.count <= 66 && !text.contains("=?") ? text : encodedWords(text, indentation: 9)
    }

    /// RFC 2047, `B` encoding; characters are not divided, each word has at most 75 characters.
    private static func encodedWords(_ text: String, indentation: Int) -> String {
        var words: [String] = []
        var word: [UInt8] = []
        for scalar in text.unicodeScalars {
            let next = Array(String(scalar).utf8)
            // 42 bytes are 56 characters, with "=?UTF-8?B?" and "?=" 68: they fit behind the name of the header, too.
            if word.count + next.count > 39 {
                words.append("=?UTF-8?B?\(Base64.encode(word))?=")
                word = []
            }
            word += next
        }
        words.append("=?UTF-8?B?\(Base64.encode(word))?=")
        return words.joined(separator: "\r\n ")
    }

    /// RFC 5322, `date-time`, in UTC.
    private static func date(_ milliseconds: Int64) -> String {
        let seconds = milliseconds / 1_000
        let time = CivilTime(secondsSince1970: seconds)
        let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let day = days[Int(((seconds / 86_400) % 7 + 7) % 7)]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(day), \(time.day) \(months[time.month - 1]) \(time.year) "
            + "\(two(time.hour)):\(two(time.minute)):\(two(time.second)) +0000"
    }
}

/// RFC 2045, section 6.7.
enum QuotedPrintable {
    private static let digits = Array("0123456789ABCDEF".utf8)

    /// One line of text in lines of at most 76 characters, without their ends.
    static func lines(_ bytes: [UInt8]) -> [String] {
        var lines: [String] = []
        var line: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isLast = index == bytes.count - 1
            let isBlank = byte == 0x20 || byte == 0x09
            let isPlain = (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "=") || isBlank && !isLast
            let spelled =
                isPlain ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            // 75, and the `=` that goes on.
            if line.count + spelled.count > 75 {
                lines.append(String(decoding: line + [UInt8(ascii: "=")], as: UTF8.self))
                line = []
            }
            line += spelled
        }
        lines.append(String(decoding: line, as: UTF8.self))
        return lines
    }
}
