import Crypto
import Testing
import VaultTesting

@testable import Journal

@Suite struct CheckpointTests {
    @Test func aPublishedCheckpointIsOpened() throws {
        let key = try NoteVerifierKey(parsing: NoteVectors.sumdbKey)
        let checkpoint = try Checkpoint(
            opening: NoteVectors.sumdbCheckpoint, key: key, origin: NoteVectors.sumdbOrigin)
        #expect(checkpoint.head.size == 49_189_689)
        #expect(Base64.encode(checkpoint.head.rootHash) == "ftjbAOzaupaIvaPo/G+Dk63nxOZ2s1OPOKIaPtXs7S4=")
        #expect(throws: JournalError.malformedNote) { try Checkpoint(opening: NoteVectors.sumdbCheckpoint, key: key) }
    }

    @Test func noChangedCharacterOfAPublishedCheckpointIsAccepted() throws {
        let key = try NoteVerifierKey(parsing: NoteVectors.sumdbKey)
        let original = Array(NoteVectors.sumdbCheckpoint.unicodeScalars)
        for position in original.indices {
            var changed = String.UnicodeScalarView(original)
            let index = changed.index(changed.startIndex, offsetBy: position)
            changed.replaceSubrange(index...index, with: [original[position] == "7" ? "8" : "7"])
            #expect(throws: JournalError.self) {
                try Checkpoint(opening: String(changed), key: key, origin: NoteVectors.sumdbOrigin)
            }
        }
    }

    @Test func signedHeadsAreOpenedAgain() throws {
        let signer = try Ed25519SigningKey.forTests(seed: [UInt8](repeating: 1, count: 32))
        let key = try NoteVerifierKey(name: "cloudspace-vault/1", publicKey: signer.publicKey)
        for size in [0, 1, 256, Int64.max] {
            let head = TreeHead(size: size, rootHash: MerkleVectors.someHash)
            let made = try Checkpoint(signing: head, origin: "cloudspace-vault/1", key: signer)
            #expect(try Checkpoint(opening: made.note, key: key) == made)
        }
    }

    @Test func whatIsNotACheckpointIsRefusedAlthoughSigned() throws {
        let signer = try Ed25519SigningKey.forTests(seed: [UInt8](repeating: 1, count: 32))
        let key = try NoteVerifierKey(name: "log", publicKey: signer.publicKey)
        let root = "ftjbAOzaupaIvaPo/G+Dk63nxOZ2s1OPOKIaPtXs7S4="
        let bad = [
            "log\n", "log\n1\n", "log\n1\n\n", "log\n01\n\(root)\n", "log\n+1\n\(root)\n", "log\n-1\n\(root)\n",
            "log\n\n\(root)\n", "log\n1 \n\(root)\n", "log\n9223372036854775808\n\(root)\n", "other\n1\n\(root)\n",
            "log\n1\nftjbAOzaupaIvaPo/G+Dk63nxOZ2s1OPOKIaPtXs\n", "log\n1\n\(root.dropLast())\n",
            "log\n1\n\(root)\n\nextension\n", "\nlog\n1\n\(root)\n",
        ]
        for text in bad {
            let note = try SignedNote(signing: text, name: "log", key: signer).note
            #expect(throws: JournalError.malformedNote, "\(text)") { try Checkpoint(opening: note, key: key) }
        }
        let extended = try SignedNote(signing: "log\n1\n\(root)\nextension\n", name: "log", key: signer).note
        #expect(try Checkpoint(opening: extended, key: key).head.size == 1)
    }
}
