import Database
public import Vault

/// Brings an earlier version back as a new one; nothing is overwritten (requirements/2, step 6).
///
/// The new row points at the old version's blob: blobs are immutable and belong to the node, so nothing is copied.
public struct RestoreVersion: Sendable {
    private let core: VaultCore

    public init(_ core: VaultCore) { self.core = core }

    /// - Parameter message: a note on the new version, at most 1,000 characters.
    /// - Throws: `VaultError.notFound(.version)`, `.versionExpired`, `.quotaExceeded`, `.locked`.
    public func callAsFunction(
        _ id: NodeID, to number: Int, message: String? = nil, as principal: Principal
    ) async throws -> SavedContent {
        let message = try VersionMessage.checked(message)
        return try await core.database.write { [core] transaction in
            let access = try core.grants.require(Edit.self, on: id, for: principal, in: transaction)
            guard access.record.kind == .file, let head = access.record.head else {
                throw VaultError.invalid(field: "id", .notAFile)
            }
            guard let old = try core.versions.version(number, of: id, key: access.key, in: transaction) else {
                throw VaultError.notFound(.version)
            }
            try core.versions.requireUnexpired(number, of: id, in: transaction)
            try core.usage.check(old.size - access.record.size, in: access.record.space, transaction)
            var meta = try NodeMeta.opened(access.record.sealedMeta, under: access.key, node: id)
            meta.mediaType = old.meta.mediaType
            var versionMeta = old.meta
            versionMeta.name = meta.name
            versionMeta.message = message
            let version = Version(
                id: core.ids.next(), node: id, number: head.number + 1, blob: old.blob, size: old.size, cause: .restore,
                restoredFrom: number, meta: versionMeta, createdBy: principal.account, createdAt: transaction.now)
            let node = try core.versions.append(version, to: access, meta: meta, usage: core.usage, in: transaction)
            try core.audit.record(
                .versionRestored, on: .node(id, kind: .file, space: node.space), by: principal,
                details: AuditDetails(
                    name: meta.name.text, json: "{\"version\":\(version.number),\"restored_from\":\(number)}"),
                key: access.key, in: transaction)
            return SavedContent(node: node, version: version, created: false, replayed: false)
        }
    }
}
