import Database

public enum ListSort: String, Sendable, CaseIterable { case name, size, modified }
public enum ListOrder: String, Sendable, CaseIterable { case ascending = "asc", descending = "desc" }
public enum ListedKinds: String, Sendable, CaseIterable { case all, folder, file }

/// A child of a listed folder, with what its row on a screen needs.
public struct ListedNode: Sendable {
    public let node: Node
    /// Live children; 0 for files.
    public let childCount: Int
    public let isLocked: Bool
    public let isStarred: Bool
    /// The owner first, then those it is shared with directly.
    public let owners: [Person]
    /// What names are sorted by.
    let sortKey: [UInt8]
}

/// One page of a folder.
public struct FolderPage: Sendable {
    /// `nil` for the root of the caller's space.
    public let folder: Node?
    /// From the top of the space down to the folder itself, the root left out.
    public let trail: [Node]
    /// Folders first, then files, each in the order asked for.
    public let entries: ArraySlice<ListedNode>
    /// Children in all, of the kinds asked for.
    public let total: Int
    /// Position to ask the next page with; `nil` on the last one.
    public let next: String?
}

/// Lists a folder. Names are opened after the query and sorted as people read them (design, section 7).
public struct ListFolder: Sendable {
    let core: VaultCore

    public static let defaultLimit = 1_000
    public static let maximumLimit = 10_000
    /// More children than this are not listed at once.
    static let maximumChildren = 500_000

    /// - Parameters:
    ///   - folder: `nil` is the root of the caller's space.
    ///   - limit: entries on the page, 1…10,000.
    ///   - cursor: `next` of the page before.
    public func callAsFunction(
        _ folder: NodeID?, kinds: ListedKinds = .all, sort: ListSort = .name, order: ListOrder = .ascending,
        limit: Int = ListFolder.defaultLimit, cursor: String? = nil, as principal: Principal
    ) async throws -> FolderPage {
        try principal.require(.readContent)
        let id = folder ?? principal.root
        let key = ListingKey(folder: id, account: principal.account, sort: sort, order: order, kinds: kinds)
        let listing = try await core.listings.value(key, weight: { $0.entries.count + 1 }) {
            try await core.database.read { snapshot in try read(key, as: principal, in: snapshot) }
        }
        let start = try ListCursor.start(after: cursor, in: listing.entries) { $0.node.id }
        let end = min(listing.entries.count, start + min(max(1, limit), Self.maximumLimit))
        let next = end < listing.entries.count ? "\(end).\(listing.entries[end - 1].node.id)" : nil
        return FolderPage(
            folder: listing.folder, trail: listing.trail, entries: listing.entries[start..<end],
            total: listing.entries.count, next: next)
    }

    private func read(
        _ key: ListingKey, as principal: Principal, in snapshot: borrowing Snapshot
    ) throws -> FolderListing {
        let access = try core.grants.require(Read.self, on: key.folder, for: principal, as: .folder, in: snapshot)
        guard access.record.kind.isFolder else { throw VaultError.invalid(field: "parent_id", .notAFolder) }
        let records = try NodeQueries.children(of: key.folder, limit: Self.maximumChildren, in: snapshot)
        let counts = try NodeQueries.childCounts(below: key.folder, in: snapshot)
        let locked = Set(
            try snapshot.all(FolderMarks.locked(in: key.folder, at: snapshot.now)) { $0.uuid(0) })
        let starred = Set(
            try snapshot.all(FolderMarks.starred(in: key.folder, by: principal.account)) { $0.uuid(0) })
        var sharedWith: [UInt128: [AccountID]] = [:]
        try snapshot.forEach(FolderMarks.shared(in: key.folder)) { row in
            sharedWith[row.uuid(0), default: []].append(AccountID(row.uuid(1)))
            return .more
        }
        var people: [AccountID: Person] = [:]
        if let owner = try core.grants.ownerOfSpace(access.record.space, in: snapshot) {
            people = try core.people.cards([owner], in: snapshot)
            for others in sharedWith.values {
                for other in others where people[other] == nil {
                    people[other] = try core.people.card(other, in: snapshot)
                }
            }
            let ownerCard = people[owner].map { [$0] } ?? []
            var entries: [ListedNode] = []
            entries.reserveCapacity(records.count)
            for record in records where key.includes(record.kind) {
                let meta = try core.names.meta(of: record)
                let others = sharedWith[record.id.value]?.compactMap { people[$0] }
                entries.append(
                    ListedNode(
                        node: record.opened(meta), childCount: counts[record.id] ?? 0,
                        isLocked: locked.contains(record.id.value), isStarred: starred.contains(record.id.value),
                        owners: others.map { ownerCard + $0 } ?? ownerCard, sortKey: CollationKey.of(meta.name.text)))
            }
            entries.sort(by: key.precedes)
            let chain = try NodeQueries.ancestors(of: key.folder, in: snapshot)
            let visible = try core.visibleChain(chain, for: principal, in: snapshot)
            let trail = try visible.reversed().map { $0.opened(try core.names.meta(of: $0)) }
            return FolderListing(
                folder: access.record.parent == nil && access.record.space == principal.space
                    ? nil : access.record.opened(try core.names.meta(of: access.record)),
                trail: trail, entries: entries)
        }
        throw VaultError.notFound(.folder)
    }
}

extension VaultCore {
    /// The part of a node's path that the principal may see: all of it in an own space, from the shared folder down in a
    /// foreign one. The root of a space is left out.
    func visibleChain(
        _ chain: [NodeRecord], for principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [NodeRecord] {
        var visible: [NodeRecord] = []
        for record in chain where record.parent != nil {
            if record.space != principal.space,
                try grants.standing(of: principal, on: record, in: reading).permission == nil
            {
                break
            }
            visible.append(record)
        }
        return visible
    }
}

struct ListingKey: Hashable, Sendable {
    let folder: NodeID
    let account: AccountID
    let sort: ListSort
    let order: ListOrder
    let kinds: ListedKinds

    func includes(_ kind: NodeKind) -> Bool {
        switch kinds {
        case .all: true
        case .folder: kind.isFolder
        case .file: !kind.isFolder
        }
    }

    /// Folders before files; then by the field asked for; equal fields by name, then id, so that pages are stable.
    func precedes(_ left: ListedNode, _ right: ListedNode) -> Bool {
        if left.node.kind.isFolder != right.node.kind.isFolder { return left.node.kind.isFolder }
        let (first, second) = order == .ascending ? (left, right) : (right, left)
        switch sort {
        case .size where first.node.size != second.node.size: return first.node.size < second.node.size
        case .modified where first.node.updatedAt != second.node.updatedAt:
            return first.node.updatedAt < second.node.updatedAt
        default: break
        }
        if first.sortKey != second.sortKey { return first.sortKey.lexicographicallyPrecedes(second.sortKey) }
        return first.node.id.value < second.node.id.value
    }
}

struct FolderListing: Sendable {
    let folder: Node?
    let trail: [Node]
    let entries: [ListedNode]
}

/// A key that sorts names as people read them: accents and case decide only between names that are otherwise equal.
package enum CollationKey {
    package static func of(_ name: String) -> [UInt8] {
        if name.utf8.allSatisfy({ $0 < 0x80 }) { return CanonicalText.folded(name) }
        return CanonicalText.withoutMarks(name) + [0] + Array(name.utf8)
    }
}
