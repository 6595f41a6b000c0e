import Crypto
import Database
import Foundation
import Journal
import Testing
import VaultTesting

@testable import Vault
@testable import cloudspace

@Suite struct ExportDirectoryTests {
    private func order(_ world: JournalWorld, _ name: String) async throws -> JournalExportOrder {
        try await world.append(20)
        let checkpoint = try await world.sequencer.makeCheckpoint()
        let (journal, database) = (world.journal, world.database)
        let moment = Timestamp(milliseconds: 0)
        return JournalExportOrder(
            fileName: name, format: .ndjson, checkpoint: checkpoint, periodStart: moment, periodEnd: moment
        ) { JournalExport(journal, database: database, checkpoint: checkpoint, filter: JournalQuery()) }
    }

    private func content(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    @Test func anExportIsWholeForItsOwnerAndVerifies() async throws {
        let (world, directory) = (try await JournalWorld(), try Scratch.directory())
        let exports = ExportDirectory(path: directory, key: try world.journal.verifierKey())
        let receipt = try await exports.write(try await order(world, "a.ndjson"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["a.ndjson"])
        let mode = try FileManager.default.attributesOfItem(atPath: directory + "/a.ndjson")[.posixPermissions] as? Int
        #expect(mode == 0o600)
        var verifier = ExportVerifier(key: try world.journal.verifierKey())
        let bytes = try content(directory + "/a.ndjson")
        try verifier.take(bytes)
        #expect(try verifier.finish().eventCount == 20 && receipt.itemCount == 20)
        var hasher = ContentHasher(md5: false)
        hasher.update(bytes)
        #expect(receipt == DeliveryReceipt(fileName: "a.ndjson", itemCount: 20, sha256: hasher.finish().sha256))
    }

    @Test func whatAnAttemptThatWasCutOffLeftIsTakenAndNotWrittenTwice() async throws {
        let (world, directory) = (try await JournalWorld(), try Scratch.directory())
        let exports = ExportDirectory(path: directory, key: try world.journal.verifierKey())
        let first = try await exports.write(try await order(world, "a.ndjson"))
        let bytes = try content(directory + "/a.ndjson")
        // A later attempt would have another checkpoint: the file that has the name stays.
        let second = try await exports.write(try await order(world, "a.ndjson"))
        #expect(second == first)
        #expect(try content(directory + "/a.ndjson") == bytes)
        // Half a file of an attempt that was killed is none.
        try Data(bytes.prefix(100)).write(to: URL(fileURLWithPath: directory + "/b.ndjson.part"))
        _ = try await exports.write(try await order(world, "b.ndjson"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory).sorted() == ["a.ndjson", "b.ndjson"])
    }

    @Test func aStrangeFileIsLeftAlone() async throws {
        let (world, directory) = (try await JournalWorld(), try Scratch.directory())
        let exports = ExportDirectory(path: directory, key: try world.journal.verifierKey())
        let strange = Data("minutes of the board\n".utf8)
        try strange.write(to: URL(fileURLWithPath: directory + "/a.ndjson"))
        let order = try await order(world, "a.ndjson")
        await #expect(throws: ProgramError.self) { try await exports.write(order) }
        #expect(try Data(contentsOf: URL(fileURLWithPath: directory + "/a.ndjson")) == strange)
    }

    @Test func aDirectoryThatIsGoneIsToldOf() async throws {
        let (world, directory) = (try await JournalWorld(), try Scratch.directory())
        let exports = ExportDirectory(path: directory, key: try world.journal.verifierKey())
        let order = try await order(world, "a.ndjson")
        try FileManager.default.removeItem(atPath: directory)
        await #expect(throws: ProgramError.self) { try await exports.write(order) }
        await #expect(throws: ProgramError.self) { try await exports.probe() }
    }
}
