import Crypto
public import Database
import Media

/// Where new content goes.
public enum SaveTarget: Sendable, Equatable {
    /// A name in a folder; `nil` is the root of the caller's space.
    case place(parent: NodeID?, name: NodeName, conflict: NameConflict)
    /// A new version of a file that exists.
    case file(NodeID)
}

/// What to do when the place already holds a file of that name.
public enum NameConflict: String, Sendable, CaseIterable {
    case version, rename, refuse
}

/// How content came here.
public enum SaveOrigin: Sendable, Equatable {
    case upload
    /// Out of an archive, which says when it was last changed.
    case imported(modified: Timestamp?)
}

public struct SaveRequest: Sendable {
    public var target: SaveTarget
    /// MIME type the client declared; the name's extension wins over it.
    public var declaredType: String?
    /// A note on the version, at most 1,000 characters.
    public var message: String?
    /// Makes a retried request one act (`Idempotency-Key`), at most 255 bytes.
    public var idempotencyKey: String?
    /// The version that must still be the current one (`If-Match`).
    public var expectedHead: VersionID?
    /// Whether an MD5 is wanted beside the SHA-256.
    public var md5: Bool
    /// Whether the client will remove its own copy, and so wants a signed receipt.
    public var deletesAfterUpload: Bool
    public var origin = SaveOrigin.upload

    public init(
        target: SaveTarget, declaredType: String? = nil, message: String? = nil, idempotencyKey: String? = nil,
        expectedHead: VersionID? = nil, md5: Bool = false, deletesAfterUpload: Bool = false
    ) {
        self.deletesAfterUpload = deletesAfterUpload
        self.target = target
        self.declaredType = declaredType
        self.message = message
        self.idempotencyKey = idempotencyKey
        self.expectedHead = expectedHead
        self.md5 = md5
    }
}

/// The checked words of a request.
struct SaveNote: Sendable {
    let message: String?
    let idempotency: IdempotencyKey?

    init(_ request: SaveRequest) throws(VaultError) {
        message = try VersionMessage.checked(request.message)
        idempotency = try request.idempotencyKey.map { raw throws(VaultError) in try IdempotencyKey(raw) }
    }
}

public struct SavedContent: Sendable, Equatable {
    public let node: Node
    public let version: Version
    /// Whether the file is new, rather than a new version of one.
    public let created: Bool
    /// Whether an earlier request with the same idempotency key did the work.
    public let replayed: Bool
    /// The signed ``UploadReceipt``, where one was asked for.
    public internal(set) var receipt: String?

    package init(node: Node, version: Version, created: Bool, replayed: Bool) {
        self.node = node
        self.version = version
        self.created = created
        self.replayed = replayed
    }
}

/// Stores content as a new file or a new version.
///
/// Blob first, row second: a crash in between leaves an orphan for the collector, never a row that points at nothing.
public struct SaveContent: Sendable {
    let core: VaultCore

    /// Refuses early what the transaction would refuse anyway, before a body is read.
    /// A courtesy: the same checks run again inside the transaction, and those count.
    public func precheck(_ request: SaveRequest, announcedSize: Int64?, as principal: Principal) async throws {
        if let size = announcedSize, size > core.settings.maximumUpload {
            throw VaultError.uploadTooLarge(limit: core.settings.maximumUpload)
        }
        let note = try SaveNote(request)
        _ = try await core.database.read { snapshot in
            try resolve(request, note, announcedSize: announcedSize ?? 0, as: principal, in: snapshot)
        }
    }

    public func callAsFunction(
        _ request: SaveRequest, _ content: PlainContent, as principal: Principal
    ) async throws -> SavedContent {
        try principal.require(.writeContent)
        if let size = content.announcedSize, size > core.settings.maximumUpload {
            throw VaultError.uploadTooLarge(limit: core.settings.maximumUpload)
        }
        let note = try SaveNote(request)

        // A small new file needs no look before: the transaction says so when the name exists after all.
        var existing: NodeID?
        if case .bytes = content, case .place = request.target {
            existing = nil
        } else {
            existing = try await core.database.read { snapshot in
                try resolve(request, note, announcedSize: content.announcedSize ?? 0, as: principal, in: snapshot)
            }
        }

        let node = existing ?? core.ids.next()
        let sealed = try await core.sealer.seal(content, for: node, md5: request.md5)
        return try await commit(sealed, of: content, existing: existing, request, note, as: principal)
    }

    /// Stores content whose place is known only once all of it has arrived, as in a form that names the folder after
    /// the file.
    /// - Parameter request: asked for after the last byte.
    public func late(
        _ content: PlainContent, as principal: Principal, _ request: @Sendable () async throws -> SaveRequest
    ) async throws -> SavedContent {
        try principal.require(.writeContent)
        let sealed = try await core.sealer.seal(content, for: core.ids.next(), md5: false)
        let wanted: SaveRequest
        let note: SaveNote
        do {
            wanted = try await request()
            note = try SaveNote(wanted)
        } catch {
            await core.sealer.discard(sealed)
            throw error
        }
        return try await commit(sealed, of: content, existing: nil, wanted, note, as: principal)
    }

    /// Offers sealed content to the transaction until it is taken; what no row will point at is taken away again.
    private func commit(
        _ first: SealedContent, of content: PlainContent, existing known: NodeID?, _ request: SaveRequest,
        _ note: SaveNote, as principal: Principal
    ) async throws -> SavedContent {
        var sealed = first
        var existing = known
        var attempts = 0
        // A body at hand was there when its sender was recognised; a stream may have come since for hours.
        let tookLong: Bool
        switch content {
        case .bytes: tookLong = false
        case .stream: tookLong = true
        }
        let evidence = await evidence(of: first.head, for: request)
        while true {
            let commit = CommitContent(
                core: core, request: request, message: note.message, idempotency: note.idempotency, content: sealed,
                evidence: evidence, sealedForNewNode: existing == nil, principal: principal)
            do {
                var saved = try await core.database.write { transaction in
                    if tookLong { try core.confirm(principal, for: .writeContent, in: transaction) }
                    return try commit.run(in: transaction)
                }
                if saved.replayed { await core.sealer.discard(sealed) }
                Previews(core: core).expect(saved)
                // Only now is it durable.
                if request.deletesAfterUpload {
                    saved.receipt = try core.receipts.sign(UploadReceipt(of: saved.version))
                }
                return saved
            } catch let retarget as CommitContent.Retarget where attempts < 4 {
                // Another file took the name, or left it, while this one was on its way.
                attempts += 1
                existing = retarget.node
                let stale = sealed
                let node = existing ?? core.ids.next()
                switch content {
                case .bytes: sealed = try await core.sealer.seal(content, for: node, md5: request.md5)
                case .stream: sealed = try await reseal(stale, for: node, md5: request.md5)
                }
                await core.sealer.discard(stale)
            } catch {
                await core.sealer.discard(sealed)
                throw error is CommitContent.Retarget ? VaultError.unavailable : error
            }
        }
    }

    /// What the first bytes show. libmagic is asked only where the own look leaves doubt.
    private func evidence(of head: [UInt8], for request: SaveRequest) async -> ContentEvidence {
        let look = ContentLook(head)
        let isDoubtful: Bool
        switch request.target {
        case .place(_, let name, _):
            let judgement = MediaType.judgement(of: name, declared: request.declaredType)
            isDoubtful = judgement.verdict(look) == .doubtful
        case .file:
            // The name is known only in the transaction.
            isDoubtful = look == .unknown
        }
        guard isDoubtful else { return ContentEvidence(look: look, magic: nil) }
        let answer = await core.magic.mediaType(of: head)
        return ContentEvidence(look: look, magic: answer)
    }

    /// - Returns: the file that the content would become a version of; `nil` for a new file.
    private func resolve(
        _ request: SaveRequest, _ note: SaveNote, announcedSize: Int64, as principal: Principal,
        in snapshot: borrowing Snapshot
    ) throws -> NodeID? {
        // What was done already is not refused for being there: the transaction answers as it did the first time.
        if let key = note.idempotency,
            let earlier = try key.earlier(for: principal.account, keyring: core.keyring, in: snapshot)
        {
            // A longer body is another request: it is refused before it is read, or a used key would open the quota.
            let size = try snapshot.first(
                "SELECT size FROM versions WHERE node_id = \(earlier.node) AND number = \(earlier.version)",
                { $0.integer(0) })
            guard announcedSize <= size ?? 0 else { throw VaultError.idempotencyMismatch }
            return nil
        }
        switch request.target {
        case .file(let id):
            let access = try core.grants.require(Edit.self, on: id, for: principal, in: snapshot)
            guard access.record.kind == .file else { throw VaultError.invalid(field: "id", .notAFile) }
            try core.usage.check(announcedSize - access.record.size, in: access.record.space, snapshot)
            return id
        case .place(let parent, let name, let conflict):
            let folder = try core.grants.require(
                Edit.self, on: parent ?? principal.root, for: principal, as: .folder, in: snapshot)
            guard folder.record.kind.isFolder else { throw VaultError.invalid(field: "parent_id", .notAFolder) }
            let tag = try core.keyring.nameTag(name, in: folder.record.space, snapshot)
            let found = try NodeQueries.live(named: tag, in: folder.record.id, snapshot)
            var replaced: Int64 = 0
            if let found, conflict != .rename {
                guard found.kind == .file else { throw VaultError.nameTaken(isFolder: true) }
                guard conflict == .version else { throw VaultError.nameTaken(isFolder: false) }
                replaced = found.size
            }
            try core.usage.check(announcedSize - replaced, in: folder.record.space, snapshot)
            return conflict == .version ? found?.id : nil
        }
    }

    /// The same content, bound to another node.
    private func reseal(_ sealed: SealedContent, for node: NodeID, md5: Bool) async throws -> SealedContent {
        let reader = try await core.opener.open(sealed)
        return try await core.sealer.seal(.stream(ContentReaderStream(reader)), for: node, md5: md5)
    }
}
