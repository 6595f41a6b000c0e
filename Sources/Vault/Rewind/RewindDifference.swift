import Crypto
package import Database

/// What a node is and what it was. The preview and the restore itself ask here: a dry run cannot be mistaken.
package struct RewindDifference: Sendable {
    package let acts: RewindActs
    /// Bytes that the quota will count more, or (negative) less.
    package let growth: Int64
    let key: SealingKey
    let meta: NodeMeta
    let pastMeta: NodeMeta
    /// The version to bring back, when `acts` has one.
    let version: Version?
}

extension VaultCore {
    /// - Throws: `RewindRefused` for what cannot be brought back at all.
    package func difference(
        of record: NodeRecord, from past: PastState, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> RewindDifference {
        guard record.state != .purged, record.wrappedKey != nil, let sealed = past.sealedMeta else {
            throw RewindRefused(.shredded)
        }
        let key = try record.key(keyring)
        let isSealedAlike = sealed == record.sealedMeta
        let meta = isSealedAlike ? try names.meta(of: record) : try opened(record.sealedMeta, key, of: record.id)
        let pastMeta = isSealedAlike ? meta : try opened(sealed, key, of: record.id)
        var acts: RewindActs = []
        if record.state == .trashed { acts.insert(.undelete) }
        if record.parent != past.parent { acts.insert(.move) }
        if meta.name != pastMeta.name { acts.insert(.rename) }
        var version: Version?
        if past.kind == .file, record.kind == .file, let head = record.head, head.number != past.version {
            version = try changed(record.id, head: head.number, past: past.version, key: key, in: reading)
            if version != nil { acts.insert(.version) }
        }
        return RewindDifference(
            acts: acts, growth: version.map { $0.size - record.size } ?? 0, key: key, meta: meta, pastMeta: pastMeta,
            version: version)
    }

    private func opened(_ sealed: [UInt8], _ key: SealingKey, of node: NodeID) throws -> NodeMeta {
        do { return try NodeMeta.opened(sealed, under: key, node: node) } catch VaultError.tampered {
            throw RewindRefused(.damaged)
        }
    }

    /// - Returns: `nil` when the present content is that of the old version: brought back before, or written anew.
    private func changed(
        _ node: NodeID, head: Int, past: Int, key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Version? {
        let old: Version?
        let present: Version?
        do {
            old = try versions.version(past, of: node, key: key, in: reading)
            present = try versions.version(head, of: node, key: key, in: reading)
        } catch VaultError.tampered { throw RewindRefused(.damaged) }
        guard let old, let present else { throw RewindRefused(.damaged) }
        if old.blob == present.blob || old.meta.sha256 == present.meta.sha256 { return nil }
        do { try versions.requireUnexpired(past, of: node, in: reading) } catch VaultError.versionExpired {
            throw RewindRefused(.versionExpired)
        }
        return old
    }
}

/// Ends the bringing back of one node; the others go on.
package struct RewindRefused: Error, Equatable {
    package let reason: RewindReason

    package init(_ reason: RewindReason) { self.reason = reason }
}
