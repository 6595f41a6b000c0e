import BlobStore
import Testing
import VaultTesting

@Suite(.enabled("no S3 service: run through scripts/with-seaweedfs") { TestS3.location != nil })
struct S3ContractTests {
    @Test(arguments: BlobStoreContract.rules)
    func s3KeepsTheContract(_ rule: BlobStoreRule) async throws {
        try await rule.check(TestS3.store())
    }

    @Test(arguments: BlobStoreContract.rules)
    func s3KeepsTheContractWithTheBucketInTheHostsName(_ rule: BlobStoreRule) async throws {
        let location = try TestS3.freshLocation()
        let text =
            "s3://\(location.bucket)/\(location.prefix)?endpoint=http://localhost:\(location.port ?? 80)&style=virtual"
        let store = try S3BlobStore(S3Location.parse(text), credentials: TestS3.credentials())
        try await rule.check(store)
    }
}
