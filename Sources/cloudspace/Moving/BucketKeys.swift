import BlobStore
import Crypto
import Outbound

/// The key pairs for the buckets at the two ends of a move, from the environment.
struct BucketKeys: Sendable {
    enum End: Sendable { case source, target }

    /// Every variable that a key pair may come from.
    static let variables = ["AWS_", "CLOUDSPACE_FROM_AWS_"].flatMap { prefix in
        ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN"].map { prefix + $0 }
    }

    private let environment: [String: String]

    init(_ environment: [String: String] = ProcessEnvironment.current()) {
        self.environment = environment
    }

    /// The key pair for one end. The source has variables of its own, `CLOUDSPACE_FROM_AWS_…`, for when both ends are
    /// buckets with different keys; without them both use `AWS_…`.
    /// - Throws: `ProgramError.setting` naming the variable that is missing.
    func credentials(for end: End) throws -> AWSCredentials {
        let own = "CLOUDSPACE_FROM_AWS_"
        let hasOwn = end == .source && value("\(own)ACCESS_KEY_ID") != nil
        let prefix = hasOwn ? own : "AWS_"
        return try AWSCredentials(
            accessKeyID: try required("\(prefix)ACCESS_KEY_ID"),
            secretAccessKey: SecretBytes(copying: Array(try required("\(prefix)SECRET_ACCESS_KEY").utf8)),
            sessionToken: value("\(prefix)SESSION_TOKEN").map { SecretBytes(copying: Array($0.utf8)) })
    }

    private func required(_ name: String) throws(ProgramError) -> String {
        guard let value = value(name) else { throw .setting("\(name) is missing; set it to the key of the bucket") }
        return value
    }

    private func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
