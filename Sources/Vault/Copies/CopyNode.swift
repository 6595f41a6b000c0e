import Crypto
import Database

/// Where a copy goes.
public enum CopyTarget: Sendable, Equatable {
    /// The folder the original lies in.
    case beside
    /// A folder; `nil` is the root of the caller's space.
    case folder(NodeID?)
}

/// Copies a file, or a folder with all that is in it: new nodes with keys of their own, each with the original's current
/// version as its first.
///
/// Contents are sealed again for the copies before anything of them can be seen, then one transaction makes all rows: a
/// copy is there as a whole or not at all. A crash in between leaves blobs for the collector.
public struct CopyNode: Sendable {
    let core: VaultCore

    /// Most files and folders in one copy: what one transaction writes without holding others up for long.
    public static let mostNodes = 10_000
    /// Sealed bytes of small contents that wait for the transaction in memory; further ones go to the store.
    private static let mostInline: Int64 = 16 << 20

    /// - Throws: `VaultError.notFound`, `.forbidden`, `.destinationNotFound`, `.quotaExceeded` for all of it together,
    ///   `.tooManyItems`, `.locked` for a destination that somebody else holds.
    public func callAsFunction(_ id: NodeID, to target: CopyTarget, as principal: Principal) async throws -> Node {
        try principal.require(.writeContent)
        let plan = try await core.database.read { snapshot in
            try CopyPlan(id, to: target, core, as: principal, in: snapshot)
        }
        var sealed: [NodeID: SealedContent] = [:]
        do {
            try await seal(plan, into: &sealed, as: principal)
            let commit = CommitCopy(core: core, plan: plan, contents: sealed, target: target, principal: principal)
            return try await core.database.write { transaction in
                try core.confirm(principal, for: .writeContent, in: transaction)
                return try commit.run(in: transaction)
            }
        } catch {
            for content in sealed.values { await core.sealer.discard(content) }
            throw error
        }
    }

    /// Seals every content of the plan for its copy. What was sealed when an error comes is in `sealed`.
    private func seal(
        _ plan: CopyPlan, into sealed: inout [NodeID: SealedContent], as principal: Principal
    ) async throws {
        var inline: Int64 = 0
        for item in plan.items where item.kind == .file {
            try Task.checkCancellation()
            let content = try await open(item, as: principal)
            let limit = min(BlobRecord.inlineLimit, max(0, Self.mostInline - inline))
            let stream = ContentReaderStream(content.reader)
            let copy = try await core.sealer.seal(.stream(stream), for: item.copy, inlineLimit: limit)
            sealed[item.copy] = copy
            inline += Int64(copy.inline?.count ?? 0)
            guard copy.digest.sha256 == content.version.meta.sha256 else { throw VaultError.tampered(item.source) }
        }
    }

    /// The version that the plan counted, also when there is a newer one by now.
    private func open(_ item: CopyPlan.Item, as principal: Principal) async throws -> OpenedContent {
        let found = try await core.database.read { snapshot in
            let access = try core.grants.require(Read.self, on: item.source, for: principal, in: snapshot)
            return try core.locate(access.record, key: access.key, version: item.version, in: snapshot)
        }
        return try await OpenContent(core: core).open(found, as: principal)
    }
}
