import Crypto
public import Database

public enum RetentionPolicyEntity {}
public typealias RetentionPolicyID = ID<RetentionPolicyEntity>

/// How firmly a policy binds. The model is the object lock of S3.
public enum RetentionMode: Int64, Sendable, CaseIterable {
    /// Who manages retention may shorten, lift or bypass it, with a reason that is journalled.
    case governance = 0
    /// Nobody may shorten or lift it, whoever they are.
    case compliance = 1

    public var name: String {
        switch self {
        case .governance: "governance"
        case .compliance: "compliance"
        }
    }

    public init?(name: String) {
        guard let mode = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = mode
    }
}

/// Which old versions may go: those that are neither among the newest `keepVersions` nor younger than `keepFor`. The
/// current version never goes.
public struct VersionExpiry: Sendable, Equatable {
    /// 1 or more; `nil` keeps none for their number.
    public let keepVersions: Int?
    /// Milliseconds from a version's making; `nil` keeps none for their age.
    public let keepFor: Int64?

    public static let mostVersions = 100_000

    /// - Returns: `nil` when both are: a rule that keeps nothing is none.
    public init?(keepVersions: Int?, keepFor: Int64?) {
        guard keepVersions != nil || keepFor != nil else { return nil }
        self.keepVersions = keepVersions
        self.keepFor = keepFor
    }
}

/// A rule on a space, a cabinet or a folder: how long what lies in it cannot be destroyed, and when its old versions go.
public struct RetentionPolicy: Sendable, Equatable {
    public let id: RetentionPolicyID
    /// The folder that bears it; the root of a space bears it for the whole space.
    public let node: NodeID
    public let space: SpaceID
    public let name: String
    /// Why it is there.
    public let reason: String?
    public let mode: RetentionMode
    /// Milliseconds from the making of each version; 0 binds nothing.
    public let duration: Int64
    public let expiry: VersionExpiry?
    public let createdBy: AccountID
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
    /// When it ceased to bind; `nil` while it is in force.
    public let liftedAt: Timestamp?
}

/// What people wrote about a rule, sealed under the rule's own key.
struct RuleText: Equatable, Sendable {
    var name: String
    var reason: String?

    func sealed(under key: SealingKey, _ context: SealContext) -> [UInt8] {
        var fields = SealedFields()
        fields.set(1, name)
        fields.set(2, reason)
        return key.seal(fields.encoded, context: context)
    }

    static func opened(_ sealed: [UInt8], under key: SealingKey, _ context: SealContext) throws -> RuleText {
        var text = RuleText(name: "", reason: nil)
        SealedFields.read(try key.open(sealed, context: context)) { number, bytes in
            switch number {
            case 1: text.name = String(field: bytes)
            case 2: text.reason = String(field: bytes)
            default: break
            }
        }
        return text
    }

    /// The name of a rule: at most 100 characters, one line.
    static func name(_ raw: String) throws(VaultError) -> String {
        let text = try PersonText.paragraph(raw, field: "name", maximum: 100)
        guard text.contains(where: { !$0.isWhitespace }) else { throw .invalid(field: "name", .empty) }
        guard !text.contains(where: \.isNewline) else { throw .invalid(field: "name", .forbiddenCharacter) }
        return text
    }

    /// Why something is done: at most 1,000 characters, not blank.
    static func reason(_ raw: String?) throws(VaultError) -> String {
        guard let raw, raw.contains(where: { !$0.isWhitespace }) else { throw .invalid(field: "reason", .missing) }
        return try PersonText.paragraph(raw, field: "reason", maximum: 1_000)
    }
}
