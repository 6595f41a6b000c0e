public import Database
public import Vault

/// One page of a folder as it was.
public struct PastFolderPage: Sendable {
    public let moment: Timestamp
    /// `nil` for the root of the caller's space.
    public let folder: PastNode?
    /// Whether it is a drive of somebody else.
    public let isForeign: Bool
    /// From the top of what the caller may see down to the folder itself, the root left out; names as they were.
    public let trail: [PastNode]
    /// Folders first, then files, each in the order asked for.
    public let entries: ArraySlice<PastNode>
    /// Children in all, of the kinds asked for.
    public let total: Int
    public let next: String?
    /// Whose drive it is.
    public let owner: Person?
}

/// A file or folder as it was, with where it lay.
public struct PastDetails: Sendable {
    public let node: PastNode
    public let isForeign: Bool
    /// Names of the folders above it as they were, from the top of what the caller may see.
    public let path: [String]
    public let owner: Person
}

/// The tree as it was at any moment (design, section 7). The rights are those of today: who may read a folder now, live or
/// in the trash, may see its past.
public struct TreeAsOf: Sendable {
    let core: VaultCore

    /// More nodes than this, that ever lay in one folder, are not looked at.
    public static let mostChildren = 500_000
    private static let pageSize = 5_000

    public init(_ core: VaultCore) { self.core = core }

    // MARK: A folder

    /// - Parameters:
    ///   - folder: `nil` is the root of the caller's space.
    ///   - limit: entries on the page, 1…10,000.
    ///   - cursor: `next` of the page before.
    /// - Throws: `VaultError.past`; `.notFound(.folder)` when the folder, or one above it, was not there at that moment.
    public func callAsFunction(
        _ folder: NodeID?, at moment: Timestamp, kinds: ListedKinds = .all, sort: ListSort = .name,
        order: ListOrder = .ascending, limit: Int = ListFolder.defaultLimit, cursor: String? = nil,
        as principal: Principal
    ) async throws -> PastFolderPage {
        let start = try Self.start(cursor)
        let id = folder ?? principal.root
        let page = try await core.database.read { [core] snapshot in
            let record = try requireRead(id, .folder, principal, snapshot)
            guard record.kind.isFolder else { throw VaultError.invalid(field: "parent_id", .notAFolder) }
            try PastQueries.require(moment, in: record.space, snapshot)
            guard let chain = try PastQueries.chain(of: id, at: moment, in: snapshot) else {
                throw VaultError.notFound(.folder)
            }
            var entries: [(node: PastNode, key: [UInt8])] = []
            var after = NodeID(0)
            var seen = 0
            while seen < Self.mostChildren {
                let part = try PastQueries.children(
                    of: id, at: moment, after: after, limit: Self.pageSize, in: snapshot)
                for row in part.rows where kinds.include(row.past.kind) {
                    let node = try PastNode(row, core)
                    entries.append((node, CollationKey.of(node.name?.text ?? "")))
                }
                guard let next = part.next else { break }
                after = next
                seen += Self.pageSize
            }
            entries.sort { PastNode.precedes($0, $1, sort, order) }
            let sorted = entries.map(\.node)
            let begin = min(start, sorted.count)
            let end = min(sorted.count, begin + min(max(1, limit), ListFolder.maximumLimit))
            let isOwnRoot = record.parent == nil && record.space == principal.space
            return PastFolderPage(
                moment: moment, folder: isOwnRoot ? nil : try chain.first.map { try PastNode($0, core) },
                isForeign: record.space != principal.space,
                trail: try visible(chain, principal, snapshot), entries: sorted[begin..<end], total: sorted.count,
                next: end < sorted.count ? String(end) : nil,
                owner: try core.ownerCard(of: record.space, in: snapshot))
        }
        if cursor == nil { try await note(id, moment, "folder", by: principal) }
        return page
    }

    /// Where a page begins: the past does not change, so a number is enough.
    private static func start(_ cursor: String?) throws(VaultError) -> Int {
        guard let cursor else { return 0 }
        guard let start = Int(cursor), start > 0 else { throw .invalid(field: "cursor", .malformed) }
        return start
    }

    // MARK: One node

    /// - Throws: as for folders, with `.notFound(.file)`.
    public func details(_ id: NodeID, at moment: Timestamp, as principal: Principal) async throws -> PastDetails {
        let details = try await core.database.read { [core] snapshot in
            let record = try requireRead(id, .file, principal, snapshot)
            try PastQueries.require(moment, in: record.space, snapshot)
            guard record.parent != nil, let chain = try PastQueries.chain(of: id, at: moment, in: snapshot),
                let row = chain.first, let owner = try core.ownerCard(of: record.space, in: snapshot)
            else { throw VaultError.notFound(.file) }
            let above = try visible(Array(chain.dropFirst()), principal, snapshot)
            return PastDetails(
                node: try PastNode(row, core), isForeign: record.space != principal.space,
                path: above.map { $0.name?.text ?? "?" }, owner: owner)
        }
        try await note(id, moment, "details", by: principal)
        return details
    }

    // MARK: Rights

    func requireRead(
        _ id: NodeID, _ subject: VaultError.Subject, _ principal: Principal, _ snapshot: borrowing Snapshot
    ) throws -> NodeRecord {
        let state = try NodeQueries.record(id, in: snapshot)?.state ?? .live
        return try core.grants.require(
            Read.self, on: id, for: principal, state: state, as: subject, in: snapshot
        ).record
    }

    /// The part of a past path that the caller may see today, from the top; the root is left out.
    func visible(
        _ chain: [PastRow], _ principal: Principal, _ snapshot: borrowing Snapshot
    ) throws -> [PastNode] {
        var seen: [PastNode] = []
        for row in chain where row.past.parent != nil {
            if row.today.space != principal.space, try !core.mayRead(row.today, principal, in: snapshot) { break }
            seen.append(try PastNode(row, core))
        }
        return seen.reversed()
    }

    /// Journals that somebody looked at the past.
    func note(_ id: NodeID, _ moment: Timestamp, _ what: String, by principal: Principal) async throws {
        try await core.database.write { [core] transaction in
            guard let record = try NodeQueries.record(id, in: transaction), record.wrappedKey != nil else { return }
            try core.audit.record(
                .pastViewed, on: .node(id, kind: record.kind, space: record.space), by: principal,
                details: AuditDetails(
                    name: try core.names.meta(of: record).name.text,
                    json: "{\"as_of\":\(moment.milliseconds),\"what\":\"\(what)\"}"),
                key: try record.key(core.keyring), in: transaction)
        }
    }
}

extension ListedKinds {
    func include(_ kind: NodeKind) -> Bool {
        switch self {
        case .all: true
        case .folder: kind.isFolder
        case .file: !kind.isFolder
        }
    }
}
