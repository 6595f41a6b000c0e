public import BlobStore
import Crypto
public import Outbound

/// The S3 service that `scripts/with-seaweedfs` started for this run of the tests.
public enum TestS3 {
    /// The bucket; nil when there is no service, and tests that need one are left out aloud.
    public static let location: S3Location? = Environment["CLOUDSPACE_TEST_S3"].flatMap { try? S3Location.parse($0) }

    /// A prefix that nothing else uses.
    public static func freshLocation() throws -> S3Location {
        guard let location else { throw Missing() }
        return try location.appending("test-" + Hex.encode(Random.bytes(8)))
    }

    /// The key that may do everything.
    public static func credentials() throws -> AWSCredentials {
        guard let id = Environment["AWS_ACCESS_KEY_ID"], let secret = Environment["AWS_SECRET_ACCESS_KEY"] else {
            throw Missing()
        }
        return try AWSCredentials(accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)))
    }

    /// A key that may only read and list.
    public static func readerCredentials() throws -> AWSCredentials {
        let parts = (Environment["CLOUDSPACE_TEST_S3_READER"] ?? "").split(separator: ":", maxSplits: 1)
        guard parts.count == 2 else { throw Missing() }
        return try AWSCredentials(
            accessKeyID: String(parts[0]), secretAccessKey: SecretBytes(copying: Array(parts[1].utf8)))
    }

    /// A store of one test's own.
    package static func store(_ settings: S3BlobStore.Settings = S3BlobStore.Settings()) throws -> S3BlobStore {
        try S3BlobStore(freshLocation(), credentials: credentials(), settings: settings)
    }

    public struct Missing: Error {}
}
