import BlobStore
import Testing
import VaultTesting

@Suite struct BlobStoreContractTests {
    @Test(arguments: BlobStoreContract.rules)
    func memoryKeepsTheContract(_ rule: BlobStoreRule) async throws {
        try await rule.check(MemoryBlobStore())
    }

    @Test(arguments: BlobStoreContract.rules)
    func localFilesKeepTheContract(_ rule: BlobStoreRule) async throws {
        let place = try Place()
        try await rule.check(LocalBlobStore(directory: place.blobs))
    }

    /// The rules hold also where the system cannot say what is in memory.
    @Test(arguments: BlobStoreContract.rules)
    func aStoreWithNothingInMemoryKeepsTheContract(_ rule: BlobStoreRule) async throws {
        let store = FaultyBlobStore(MemoryBlobStore())
        store.keepNothingInMemory()
        try await rule.check(store)
    }
}
