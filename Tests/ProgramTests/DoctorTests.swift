import Foundation
import Testing

/// The doctor finds what is wrong and says what to do.
@Suite struct DoctorTests {
    private func makeVault() async throws -> (Place, [String]) {
        let place = try Place()
        let server = try await RunningServer(place)
        let ids = try await blocking {
            let ama = try Session(registeringAt: server, email: "ama@example.com")
            return try [400_000, 90_000, 50].map { try ama.upload("file-\($0)", content($0, seed: UInt64($0))) }
        }
        #expect(await server.stop() == 0)
        return (place, ids)
    }

    private func doctor(_ place: Place, _ more: [String] = []) async throws -> Program.Result {
        try await Program.run(["doctor"] + place.flags + more)
    }

    @Test func aHealthyVaultIsFine() async throws {
        let (place, _) = try await makeVault()
        let report = try await doctor(place, ["--deep"])
        #expect(report.status == 0, "\(report.output)")
        #expect(report.output.hasSuffix("all is well"))
        #expect(report.output.contains("3 opened and verified"))
        #expect(!report.output.contains("problem "))
    }

    @Test func aMissingAndACutOffBlobAreNamedWithTheirFiles() async throws {
        let (place, ids) = try await makeVault()
        let blobs = try place.blobs()
        try #require(blobs.count == 2)
        try FileManager.default.removeItem(atPath: blobs[0])
        try FileHandle(forUpdating: URL(fileURLWithPath: blobs[1])).truncate(atOffset: 1_000)
        let report = try await doctor(place)
        #expect(report.status == 1)
        #expect(report.output.contains("of file \(ids[0]) is missing from the blob store"), "\(report.output)")
        #expect(report.output.contains("of file \(ids[1]) has 1000 bytes instead of"))
        #expect(report.output.contains("→ restore this file from a backup"))
        #expect(report.output.hasSuffix("2 problems"))
    }

    @Test func openPermissionsAreAProblemWithTheCommandThatMendsThem() async throws {
        let (place, _) = try await makeVault()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: place.data)
        let report = try await doctor(place)
        #expect(report.status == 1)
        #expect(report.output.contains("→ chmod 700 \(place.data)"))
    }

    @Test func keysInsideTheDataAreAProblem() async throws {
        let (place, _) = try await makeVault()
        try FileManager.default.moveItem(atPath: place.keys, toPath: place.data + "/keys")
        let report = try await Program.run(["doctor", "--data", place.data, "--keys", place.data + "/keys"])
        #expect(report.status == 1)
        #expect(report.output.contains("one backup holds both"))
    }

    @Test func anOldBlobWithoutARowIsNoted() async throws {
        let (place, _) = try await makeVault()
        let blob = try #require(try place.blobs().last)
        let folder = URL(fileURLWithPath: blob).deletingLastPathComponent()
        // Same folder, same last letters, another id: the name a blob of its own would have.
        let name = URL(fileURLWithPath: blob).lastPathComponent
        let other = (name.hasPrefix("0") ? "1" : "0") + name.dropFirst()
        let orphan = folder.appendingPathComponent(other).path
        try FileManager.default.copyItem(atPath: blob, toPath: orphan)
        try FileManager.default.setAttributes(
            [.modificationDate: Date(timeIntervalSinceNow: -90_000)], ofItemAtPath: orphan)
        let report = try await doctor(place)
        #expect(report.status == 0, "an orphan is no danger: \(report.output)")
        #expect(report.output.contains("1 orphaned blobs"), "\(report.output)")
    }

    @Test func aPlaceWithoutAVaultIsNotFine() async throws {
        let report = try await doctor(try Place())
        #expect(report.status == 1)
        #expect(report.output.contains("is not there"))
    }

    @Test func aDatabaseThatIsNoneIsSaid() async throws {
        let (place, _) = try await makeVault()
        for path in try place.files() where path.hasPrefix(place.database) {
            try FileManager.default.removeItem(atPath: path)
        }
        try Data(repeating: 0x41, count: 8_192).write(to: URL(fileURLWithPath: place.database))
        let report = try await doctor(place)
        #expect(report.status == 1)
        #expect(report.output.contains("damaged"), "\(report.output)")
    }
}
