import Database
public import Vault

/// The versions of a folder: one for each time that it was brought back (requirements/2, `versionMetadata`).
public struct FolderHistory: Sendable {
    private let core: VaultCore

    public init(_ core: VaultCore) { self.core = core }

    public struct Page: Sendable {
        public let kind: NodeKind
        /// Newest first.
        public let versions: [FolderVersion]
        /// Number to ask the next page with; `nil` on the last one.
        public let next: Int?
    }

    /// - Parameter before: only versions with a smaller number.
    public func callAsFunction(
        _ id: NodeID, before: Int? = nil, limit: Int = History.defaultLimit, as principal: Principal
    ) async throws -> Page {
        let limit = min(max(1, limit), History.maximumLimit)
        return try await core.database.read { [core] snapshot in
            let access = try core.grants.require(Read.self, on: id, for: principal, as: .folder, in: snapshot)
            guard access.record.kind.isFolder else { throw VaultError.invalid(field: "id", .notAFolder) }
            let versions = try FolderVersionStore().versions(
                of: id, before: before, limit: limit, key: access.key, in: snapshot)
            let next = versions.last.flatMap { $0.number > 1 && versions.count == limit ? $0.number : nil }
            return Page(kind: access.record.kind, versions: versions, next: next)
        }
    }
}
