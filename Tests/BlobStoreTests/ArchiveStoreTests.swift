import BlobStore
import Testing
import VaultTesting

@Suite struct ArchiveStoreTests {
    @Test(arguments: ArchiveStoreContract.rules)
    func aDirectoryKeepsTheContract(_ rule: ArchiveStoreRule) async throws {
        let place = try Place()
        try await rule.check(DirectoryArchiveStore(directory: "\(place.path)/archives"))
    }

    @Test(.enabled(if: TestS3.location != nil), arguments: ArchiveStoreContract.rules)
    func aBucketKeepsTheContract(_ rule: ArchiveStoreRule) async throws {
        let place = try Place()
        try await rule.check(
            S3ArchiveStore(TestS3.freshLocation(), credentials: TestS3.credentials(), scratch: "\(place.path)/scratch"))
    }

    @Test(.enabled(if: TestS3.location != nil))
    func archivesAndBlobsOfOneBucketDoNotSeeEachOther() async throws {
        let place = try Place()
        let location = try TestS3.freshLocation()
        let blobs = try S3BlobStore(location, credentials: TestS3.credentials())
        let archives = try S3ArchiveStore(
            location.appending("backups"), credentials: TestS3.credentials(), scratch: "\(place.path)/scratch")
        let name = try #require(ArchiveName("0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70/0001.zip"))
        try await archives.keep([1, 2, 3], as: name)
        #expect(try await blobs.list(after: nil, limit: 10) == [])
        #expect(try await blobs.abandoned(olderThanMs: -60_000) == 0)
        #expect(try await archives.abandoned(olderThanMs: -60_000) == 0)
        #expect(try await archives.list(prefix: "", after: nil, limit: 10).map(\.name) == [name])
        try await archives.check()
        try await archives.delete(name)
        #expect(try await archives.list(prefix: "", after: nil, limit: 10) == [])
    }
}
