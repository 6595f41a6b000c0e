import Crypto
import Database
public import Journal

/// Proves a document to somebody who has only a file: which events made its versions, and that they are in the signed
/// journal. For whoever may read it.
public struct ProveDocument: Sendable {
    let core: VaultCore

    /// The proof is journalled before it is given out.
    /// - Throws: `VaultError.notFound`, `.forbidden`; `.invalid` for a folder, which has no versions.
    public func callAsFunction(_ id: NodeID, as principal: Principal) async throws -> DocumentProof {
        let key = try await core.database.read { snapshot -> SealingKey in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
            guard access.record.kind == .file else { throw VaultError.invalid(field: "id", .notAFile) }
            return access.key
        }
        let checkpoint = try await checkpoint(covering: id)
        try await core.database.write { transaction in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: transaction)
            let meta = try core.names.meta(of: access.record)
            try core.audit.record(
                .receiptIssued, on: .node(id, kind: .file, space: access.record.space), by: principal,
                details: AuditDetails(name: meta.name.text, json: "{\"tree_size\":\(checkpoint.head.size)}"),
                key: access.key, in: transaction)
        }
        return DocumentProof(
            core.audit.journal, database: core.database, checkpoint: checkpoint, document: id.value
        ) { [core] row, snapshot in try core.version(madeBy: row, of: id, key: key, in: snapshot) }
    }

    /// The latest checkpoint when it covers the document's newest version, otherwise one made now: asking for a proof again
    /// and again signs nothing new.
    private func checkpoint(covering id: NodeID) async throws -> Checkpoint {
        let latest = try await core.database.read { snapshot -> Checkpoint? in
            let journal = core.audit.journal
            guard let latest = try journal.latestCheckpoint(in: snapshot) else { return nil }
            var query = DocumentProof.query(of: id.value)
            query.order = .newestFirst
            query.limit = 1
            guard let leaf = try journal.events(query, in: snapshot).first?.leafIndex, leaf < latest.head.size else {
                return nil
            }
            return latest
        }
        if let latest { return latest }
        return try await core.sequencer.makeCheckpoint()
    }
}

extension VaultCore {
    /// The version that an event of a file made; nil when its row cannot be found or opened any more.
    fileprivate func version(
        madeBy row: JournalRow, of file: NodeID, key: SealingKey, in snapshot: borrowing Snapshot
    ) throws -> ProvenVersion? {
        guard let sealed = row.event.sealedDetails,
            let details = try? AuditDetails.opened(sealed, under: key, target: file.value)
        else { return nil }
        // The first version's event tells no number.
        let number = details.versionNumber ?? 1
        guard let version = try versions.version(number, of: file, key: key, in: snapshot),
            version.meta.sha256.count == 32
        else { return nil }
        return ProvenVersion(number: Int64(number), sha256: version.meta.sha256, size: version.size)
    }
}

extension AuditDetails {
    /// The number behind `"version":` of the small object that we wrote ourselves.
    fileprivate var versionNumber: Int? {
        guard let json, let place = json.utf8.firstRange(of: "\"version\":".utf8) else { return nil }
        let digits = json.utf8[place.upperBound...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return Int(String(decoding: digits, as: UTF8.self))
    }
}
