import Crypto

/// A message to send: text, and files that go with it.
///
/// What people wrote may stand in the subject and the text: neither can become a header or another recipient.
package struct MailMessage: Sendable {
    package let sender: MailAddress
    /// Shown beside the sender's address.
    package let senderName: String
    package let recipients: [MailAddress]
    package let subject: String
    /// Lines end with LF, CRLF or CR.
    package let text: String
    package let attachments: [MailAttachment]
    /// The same for every attempt to send the same message, so that a mailbox can tell a repetition.
    package let identifier: String
    /// When it was written, in milliseconds since 1970.
    package let date: Int64

    package static let mostRecipients = 50
    package static let longestSubject = 500
    /// Of text and attachments together, in bytes.
    package static let largest = 16 << 20

    /// - Parameters:
    ///   - identifier: letters, digits, `.` and `-`, at most 100; becomes the left part of the Message-ID.
    /// - Throws: `MailError.invalid` saying which part cannot be sent.
    package init(
        from sender: MailAddress, named senderName: String = "CloudSpace Vault", to recipients: [MailAddress],
        subject: String, text: String, attachments: [MailAttachment] = [], identifier: String, date: Int64
    ) throws(MailError) {
        guard (1...Self.mostRecipients).contains(recipients.count) else { throw .invalid(.recipients) }
        guard subject.count <= Self.longestSubject, Self.isOneLine(subject) else { throw .invalid(.subject) }
        guard senderName.count <= 100, Self.isOneLine(senderName) else { throw .invalid(.senderName) }
        guard (1...100).contains(identifier.utf8.count), identifier.utf8.allSatisfy(Self.isIdentifierByte) else {
            throw .invalid(.identifier)
        }
        let size = attachments.reduce(text.utf8.count) { $0 + $1.content.count }
        guard size <= Self.largest, !text.utf8.contains(0) else { throw .invalid(.text) }
        self.sender = sender
        self.senderName = senderName
        self.recipients = recipients
        self.subject = subject
        self.text = text
        self.attachments = attachments
        self.identifier = identifier
        self.date = date
    }

    private static func isOneLine(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// A file that goes with a message.
package struct MailAttachment: Sendable {
    package let name: String
    /// `text/plain; charset=utf-8`; one of the program's own.
    package let type: StaticString
    package let content: [UInt8]

    /// - Parameter name: letters, digits, `.`, `-` and `_`, at most 100.
    /// - Returns: nil for any other name.
    package init?(name: String, type: StaticString, content: [UInt8]) {
        let isName = name.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"): true
            default: false
            }
        }
        guard isName, (1...100).contains(name.utf8.count) else { return nil }
        self.name = name
        self.type = type
        self.content = content
    }
}

/// Why a message was not sent.
package enum MailError: Error, Equatable {
    package enum Part: String, Sendable { case recipients, subject, senderName, identifier, text }

    /// This part cannot stand in a message.
    case invalid(Part)
    /// The mail server said no, with this status (RFC 5321, section 4.2): from 500 on for good, below for now.
    case rejected(status: Int)
    case notSent(TransferFailure)
}
