public import Database
public import Vault

/// The versions of a file (requirements/2, `GET /fichiers/:id/versions`).
public struct History: Sendable {
    private let core: VaultCore

    public static let defaultLimit = 100
    public static let maximumLimit = 1_000

    public init(_ core: VaultCore) { self.core = core }

    public struct Page: Sendable {
        public let node: Node
        /// Newest first.
        public let versions: [Version]
        /// Those whose content a policy let go, with when.
        public let expired: [Int: Timestamp]
        /// Number of the current version.
        public let current: Int
        /// Number to ask the next page with; `nil` on the last one.
        public let next: Int?
    }

    /// - Parameter before: only versions with a smaller number.
    public func callAsFunction(
        _ id: NodeID, before: Int? = nil, limit: Int = History.defaultLimit, as principal: Principal
    ) async throws -> Page {
        let limit = min(max(1, limit), Self.maximumLimit)
        return try await core.database.read { [core] snapshot in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
            guard access.record.kind == .file, let head = access.record.head else {
                throw VaultError.invalid(field: "id", .notAFile)
            }
            let versions = try core.versions.versions(
                of: id, before: before, limit: limit, key: access.key, in: snapshot)
            let meta = try NodeMeta.opened(access.record.sealedMeta, under: access.key, node: id)
            let next = versions.last.flatMap { $0.number > 1 && versions.count == limit ? $0.number : nil }
            let expired = try core.versions.expired(
                of: id, from: versions.last?.number ?? 0, to: versions.first?.number ?? -1, in: snapshot)
            return Page(
                node: access.record.opened(meta), versions: versions, expired: expired, current: head.number, next: next
            )
        }
    }
}
