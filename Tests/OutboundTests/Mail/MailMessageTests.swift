import Foundation
import Testing

@testable import Outbound

@Suite struct MailMessageTests {
    private static func message(
        subject: String = "Checkpoint", text: String = "Hello\n", name: String = "CloudSpace Vault",
        to recipients: [String] = ["ama@example.com"], attachments: [MailAttachment] = [], identifier: String = "one"
    ) throws -> MailMessage {
        try MailMessage(
            from: try #require(MailAddress("vault@example.org")), named: name,
            to: try recipients.map { try #require(MailAddress($0)) }, subject: subject, text: text,
            attachments: attachments, identifier: identifier, date: 1_729_954_800_000)
    }

    @Test(arguments: [
        "ama@example.com", "a.b+c@mail.example.com", "root@localhost", "o'neil_x@example.com", "x@1.example",
    ])
    func anOrdinaryAddressIsAccepted(_ text: String) {
        #expect(MailAddress(text)?.description == text)
    }

    @Test(arguments: [
        "", "@", "ama", "ama@", "@example.com", "a@b@c", "ama@example.com\r\nBcc: eve@example.com", "ama @example.com",
        "<ama@example.com>", "ama@example..com", ".ama@example.com", "ama.@example.com", "ama@-example.com",
        "\"a b\"@example.com", "ama@[127.0.0.1]", "ama@exämple.com", "ama@example.com,eve@example.com",
        "ama@example.com\u{0}",
    ])
    func whatCouldBecomeSomethingElseIsNoAddress(_ text: String) {
        #expect(MailAddress(text) == nil)
    }

    @Test func severalAddressesAreSeparatedByCommas() {
        #expect(MailAddress.list("a@example.com, b@example.com")?.map(\.local) == ["a", "b"])
        #expect(MailAddress.list("a@example.com,") == nil)
        #expect(MailAddress.list((0...50).map { "p\($0)@example.com" }.joined(separator: ",")) == nil)
    }

    @Test(arguments: ["a\r\nBcc: eve@example.com", "a\nb", "a\rb", "a\u{0}b", "a\u{2028}b", "a\u{85}b", "a\u{7f}b"])
    func aSubjectIsOneLine(_ subject: String) {
        #expect(throws: MailError.invalid(.subject)) { try Self.message(subject: subject) }
        #expect(throws: MailError.invalid(.senderName)) { try Self.message(name: subject) }
    }

    @Test(arguments: ["", "a b", "a>b", "a@b", "é", "a\r\nb"])
    func anIdentifierIsAWord(_ identifier: String) {
        #expect(throws: MailError.invalid(.identifier)) { try Self.message(identifier: identifier) }
    }

    @Test func aMessageWithoutRecipientsOrWithTooManyIsNone() {
        #expect(throws: MailError.invalid(.recipients)) { try Self.message(to: []) }
        #expect(throws: MailError.invalid(.recipients)) {
            try Self.message(to: (0...50).map { "p\($0)@example.com" })
        }
    }

    @Test func aPlainMessageIsReadableAsItIs() throws {
        let text = String(decoding: MIMEWriter(try Self.message()).bytes, as: UTF8.self)
        #expect(
            text == """
                From: "CloudSpace Vault" <vault@example.org>\r
                To: ama@example.com\r
                Subject: Checkpoint\r
                Date: Sat, 26 Oct 2024 15:00:00 +0000\r
                Message-ID: <one@example.org>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: quoted-printable\r
                \r
                Hello\r

                """)
    }

    /// Python's `email` reads what was written, whatever it was.
    @Test(
        .enabled(if: Interpreter.canRun),
        arguments: [
            ("Checkpoint of 1,234 events", "Bonjour\n\nà demain — 10 € = \u{1F511}\n"),
            (
                "Un point de contrôle très long, dont le nom ne tient pas sur une seule ligne, même avec de la bonne volonté",
                "x"
            ),
            ("=?UTF-8?B?QmNjOg==?= looks encoded", "trailing space \nand\ttab\t\n=3D\n.\n..\nFrom here\n"),
            ("\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}" + String(repeating: "é", count: 100), ""),
            ("plain", String(repeating: "long line without an end ", count: 60)),
            ("plain", "crlf\r\nand cr\rand lf\n"),
        ])
    func anotherReaderFindsWhatWasMeant(_ subject: String, _ text: String) throws {
        let attachment = try #require(
            MailAttachment(
                name: "checkpoint-7.txt", type: "text/plain; charset=utf-8",
                content: Array("origin\n7\n—\n".utf8) + (0...255)))
        for attachments in [[], [attachment]] {
            let bytes = MIMEWriter(
                try Self.message(subject: subject, text: text, name: "Coffre “Été”", attachments: attachments)
            ).bytes
            let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false).dropLast()
            #expect(lines.allSatisfy { $0.last == 0x0d && $0.count <= 79 && $0.dropLast().allSatisfy { $0 < 0x80 } })
            let read = try Interpreter.run(
                """
                import email, email.policy, json, sys
                m = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
                parts = list(m.iter_attachments())
                body = m.get_body()
                print(json.dumps([m["Subject"], m["From"].addresses[0].display_name, body.get_content(),
                    [a.get_filename() for a in parts], [a.get_payload(decode=True).hex() for a in parts],
                    len(m.defects) + len(body.defects)]))
                """, bytes)
            let found = try #require(try JSONSerialization.jsonObject(with: Data(read)) as? [Any])
            #expect(found[0] as? String == subject)
            #expect(found[1] as? String == "Coffre “Été”")
            let meant = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            let body = (found[2] as? String)?.replacing("\r\n", with: "\n")
            #expect(body == (meant.hasSuffix("\n") ? meant : meant + "\n") || meant.isEmpty && body?.isEmpty == true)
            #expect(found[3] as? [String] == attachments.map(\.name))
            #expect(found[4] as? [String] == attachments.map { $0.content.map { String(format: "%02x", $0) }.joined() })
            #expect(found[5] as? Int == 0)
        }
    }
}
