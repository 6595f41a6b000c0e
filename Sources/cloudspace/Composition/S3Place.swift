import BlobStore
import Crypto
import Database
import Outbound

/// A bucket, and the key that opens it.
struct S3Place: Sendable, CustomStringConvertible {
    let location: S3Location
    let credentials: AWSCredentials

    init(_ location: S3Location, _ configuration: Configuration) throws(ProgramError) {
        self.location = location
        guard let id = try configuration[Settings.s3KeyID], let secret = try configuration[Settings.s3Secret] else {
            throw .setting(
                "\(Settings.blobStore.environment) names a bucket, but its key is missing; set "
                    + "\(Settings.s3KeyID.environment) and \(Settings.s3Secret.environment)")
        }
        let token = try configuration[Settings.s3Token]
        do {
            if let token {
                credentials = try AWSCredentials(
                    accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)),
                    sessionToken: SecretBytes(copying: Array(token.utf8)))
            } else {
                credentials = try AWSCredentials(
                    accessKeyID: id, secretAccessKey: SecretBytes(copying: Array(secret.utf8)))
            }
        } catch {
            throw .setting(error.description)
        }
    }

    var description: String { location.description }

    /// Opens the store once it is proven that bucket, key and clock are right.
    func open() async throws -> any BlobStore {
        let store = try S3BlobStore(location, credentials: credentials)
        do {
            try await store.check()
        } catch BlobStoreError.unavailable(let words) {
            throw ProgramError.refused(words)
        }
        return store
    }

    /// For the setting.
    static func location(_ text: String) throws(BadValue) -> S3Location {
        do { return try S3Location.parse(text) } catch {
            throw BadValue("s3://BUCKET/PREFIX?endpoint=https://HOST&region=REGION (\(error.description))")
        }
    }
}

extension VaultPlace {
    /// For the setting.
    static func address(_ text: String) throws(BadValue) -> PostgreSQLAddress {
        do { return try PostgreSQLAddress(text) } catch {
            throw BadValue("postgresql://USER@HOST:PORT/NAME (\(error.description))")
        }
    }
}
