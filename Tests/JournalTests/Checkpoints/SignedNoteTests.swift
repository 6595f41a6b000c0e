import Crypto
import Journal
import Testing
import VaultTesting

@Suite struct SignedNoteTests {
    let peter: NoteVerifierKey
    let enoch: NoteVerifierKey

    init() throws {
        peter = try NoteVerifierKey(parsing: NoteVectors.peterKey)
        enoch = try NoteVerifierKey(parsing: NoteVectors.enochKey)
    }

    @Test func publishedKeysAreReadAndWritten() throws {
        #expect(peter.name == "PeterNeumann")
        #expect(peter.id == 0xc74f_20a3)
        #expect(peter.text == NoteVectors.peterKey)
        #expect(enoch.id == 0xaf0c_fe78)
        #expect(try NoteVerifierKey(parsing: NoteVectors.sumdbKey).id == 0x033d_e0ae)
    }

    /// After `TestNewVerifier` of golang.org/x/mod/sumdb/note: every part of the key, every changed character.
    @Test func mangledKeysAreRefused() {
        let key = Array(NoteVectors.peterKey.utf8)
        func refused(_ bytes: some Sequence<UInt8>) {
            let text = String(decoding: Array(bytes), as: UTF8.self)
            #expect(throws: JournalError.malformedNote) { try NoteVerifierKey(parsing: text) }
        }
        for start in 0...key.count {
            for end in start...key.count where end - start < key.count { refused(key[start..<end]) }
        }
        for position in key.indices {
            var changed = key
            changed[position] += 1
            refused(changed)
        }
        refused("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==".utf8)
        refused("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".utf8)
    }

    @Test func signingMakesThePublishedNote() throws {
        let seed = try #require(Base64.decode(NoteVectors.peterSeed)).dropFirst()
        let key = try Ed25519SigningKey.forTests(seed: Array(seed))
        let signed = try SignedNote(signing: NoteVectors.text, name: "PeterNeumann", key: key)
        #expect(signed.note == NoteVectors.text + "\n" + NoteVectors.peterSignature)
        try signed.verify(by: peter)
    }

    @Test func signaturesOfOthersArePassedOver() throws {
        let note = try SignedNote(
            parsing: NoteVectors.text + "\n" + NoteVectors.peterSignature + NoteVectors.enochSignature)
        #expect(note.text == NoteVectors.text)
        #expect(note.signatures.map(\.name) == ["PeterNeumann", "EnochRoot"])
        try note.verify(by: peter)
        try note.verify(by: enoch)

        let byEnoch = try SignedNote(parsing: NoteVectors.text + "\n" + NoteVectors.enochSignature)
        #expect(throws: JournalError.badSignature) { try byEnoch.verify(by: peter) }
    }

    @Test func aWrongSignatureOfAKnownKeySpoilsTheNote() throws {
        var wrong = Array(NoteVectors.peterSignature)
        wrong[40] = wrong[40] == "A" ? "B" : "A"
        let note = try SignedNote(
            parsing: NoteVectors.text + "\n" + NoteVectors.peterSignature + String(wrong) + NoteVectors.enochSignature)
        #expect(throws: JournalError.badSignature) { try note.verify(by: peter) }
        try note.verify(by: enoch)

        let other = try SignedNote(parsing: "P.S. \(NoteVectors.text)\n\(NoteVectors.peterSignature)")
        #expect(throws: JournalError.badSignature) { try other.verify(by: peter) }
    }

    /// The `badMsgs` of `TestOpen` in golang.org/x/mod/sumdb/note, and more of the kind.
    @Test func malformedNotesAreRefused() {
        let text: String = NoteVectors.text
        let signature: String = NoteVectors.peterSignature
        let blob = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
        #expect(signature == "\u{2014} PeterNeumann \(blob)\n")
        let bad: [String] = [
            "", "\n", "\n\n", text, "\(text)\n", "\(text)\(signature)",
            "\(text)\n\(signature.dropLast())",
            "\u{1}\(text)\n\(signature)",
            "\(text)\r\n\(signature)",
            "\(text)\n\u{2014} Bad Name \(blob)\n",
            "\(text)\n\u{2014} Bad\u{a0}Name \(blob)\n",
            "\(text)\n\u{2014} Bad+Name \(blob)\n",
            "\(text)\n\u{2014}  \(blob)\n",
            "\(text)\n- PeterNeumann \(blob)\n",
            "\(text)\n\u{2014} PeterNeumann \(blob.dropLast())\n",
            "\(text)\n\u{2014} PeterNeumann x08gow==\n",
            "\(text)\n\(signature)Unexpected line.\n",
            "\(text)\n\(signature)\n",
            "\(text)\n" + String(repeating: signature, count: 101),
        ]
        for note in bad {
            #expect(throws: JournalError.malformedNote, "\(note.debugDescription)") { try SignedNote(parsing: note) }
        }
    }

    @Test func whatCannotBeANoteIsNotSigned() throws {
        let key = try Ed25519SigningKey.forTests(seed: [UInt8](repeating: 7, count: 32))
        for (text, name) in [
            ("abc", "a"), ("", "a"), ("a\tb\n", "a"), ("abc\n", "a b"), ("abc\n", "a+b"), ("abc\n", ""),
        ] {
            #expect(throws: JournalError.malformedNote) { try SignedNote(signing: text, name: name, key: key) }
        }
    }
}
