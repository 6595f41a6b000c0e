import BlobStore
import Crypto
public import Database
import Media
import PreviewWire

/// Whether a file has a preview, and of which kind.
public struct PreviewAnswer: Sendable, Equatable {
    /// The version whose picture can be asked for; nil when there is none.
    public let version: VersionID?
    public let type: PreviewType?
    /// It is being made: asking again later may give it.
    public let isPending: Bool

    static let none = PreviewAnswer(version: nil, type: nil, isPending: false)
}

/// A picture to be shown in place of a file.
public struct OpenedPreview: Sendable {
    public let version: VersionID
    public let madeFrom: Timestamp
    public let jpeg: [UInt8]
}

/// Small pictures of images and of the first pages of PDFs.
public struct Previews: Sendable {
    let core: VaultCore

    /// How the making fared on this node; nil where there is no program for it.
    public var statistics: PreviewStatistics? { core.previewProgram == nil ? nil : core.previewQueue.statistics }

    /// What there is of the current version. Made now when it was not yet, and waited for.
    /// - Throws: `VaultError.notFound`, `.forbidden`.
    public func describe(_ id: NodeID, as principal: Principal) async throws -> PreviewAnswer {
        guard let found = try await look(id, as: principal) else { return .none }
        switch found.state {
        case .made: return PreviewAnswer(version: found.order.version, type: found.type, isPending: false)
        case .some(.none): return .none
        case nil: break
        }
        guard let program = core.previewProgram, isSmallEnough(found.size) else { return .none }
        let maker = MakePreview(core: core, program: program)
        await core.previewQueue.settle(found.order, within: core.settings.previewPatience) { await maker($0) }
        let state = try await core.database.read { snapshot in
            try PreviewRows.state(of: found.order.version, in: snapshot)
        }
        guard state == .made else {
            return PreviewAnswer(version: nil, type: nil, isPending: state == nil)
        }
        return PreviewAnswer(version: found.order.version, type: found.type, isPending: false)
    }

    /// The picture of a version, for whoever may read its file. The look at it is in the journal before it is served.
    public func open(_ version: VersionID, as principal: Principal) async throws -> OpenedPreview {
        try principal.require(.readContent)
        let found = try await core.database.read { snapshot in try find(version, as: principal, in: snapshot) }
        try await core.reads.record([found], purpose: .view, by: principal)
        let opened = try await OpenContent(core: core).open(found, as: principal)
        do {
            let jpeg = try await opened.reader.readAll(limit: PreviewLimits.answer)
            return OpenedPreview(version: version, madeFrom: found.version.createdAt, jpeg: jpeg)
        } catch BlobStoreError.tampered, CryptoError.openFailed {
            await OpenContent(core: core).reportTampering(of: found.node, by: principal)
            throw VaultError.tampered(found.node.id)
        }
    }

    /// Forgets what waits to be made: it is made when somebody asks for it. Call when the program stops.
    public func stop() { core.previewQueue.stop() }

    /// Called when content was saved: its preview is made when its turn comes.
    func expect(_ saved: SavedContent) {
        guard !saved.replayed, let program = core.previewProgram,
            PreviewType(mediaType: saved.version.meta.mediaType) != nil, isSmallEnough(saved.version.size)
        else { return }
        let maker = MakePreview(core: core, program: program)
        let order = PreviewOrder(node: saved.node.id, version: saved.version.id, number: saved.version.number)
        core.previewQueue.add(order) { await maker($0) }
    }

    private func isSmallEnough(_ size: Int64) -> Bool { size > 0 && size <= core.settings.previewedSize }

    private struct Wanted: Sendable {
        let order: PreviewOrder
        let type: PreviewType
        let size: Int64
        let state: PreviewRows.State?
    }

    /// - Returns: nil for a folder, and for a file of which no previews are made.
    private func look(_ id: NodeID, as principal: Principal) async throws -> Wanted? {
        try await core.database.read { snapshot in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
            let record = access.record
            let meta = try core.names.meta(of: record)
            guard record.kind == .file, let head = record.head, let type = PreviewType(mediaType: meta.mediaType)
            else { return nil }
            return Wanted(
                order: PreviewOrder(node: id, version: head.id, number: head.number), type: type, size: record.size,
                state: try PreviewRows.state(of: head.id, in: snapshot))
        }
    }

    /// The picture's blob in place of the content's.
    private func find(
        _ id: VersionID, as principal: Principal, in snapshot: borrowing Snapshot
    ) throws -> LocatedContent {
        guard let place = try PreviewRows.place(of: id, in: snapshot) else { throw VaultError.notFound(.picture) }
        let access = try core.grants.require(Read.self, on: place.node, for: principal, in: snapshot)
        let key = access.key
        let number = try snapshot.first(
            "SELECT number FROM versions WHERE node_id = \(place.node) AND id = \(id)", { $0.int(0) })
        guard let number, let version = try core.versions.version(number, of: place.node, key: key, in: snapshot),
            let blob = try BlobRecord.read(place.blob, in: snapshot), blob.node == place.node
        else { throw VaultError.notFound(.picture) }
        let dataKey: SealingKey
        do {
            dataKey = try key.unwrap(
                blob.wrappedKey, context: BlobRecord.keyContext(node: place.node, blob: blob.id))
        } catch { throw VaultError.tampered(place.node) }
        let meta = try NodeMeta.opened(access.record.sealedMeta, under: key, node: place.node)
        return LocatedContent(
            node: access.record.opened(meta), version: version, blob: blob, key: key, dataKey: dataKey)
    }
}
