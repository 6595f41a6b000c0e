import Database

public enum StarredSort: String, Sendable, CaseIterable { case name, modified, size }

/// A favourite, with what its card needs.
public struct StarredNode: Sendable {
    public let node: Node
    public let isLocked: Bool
    /// Live children; 0 for files.
    public let childCount: Int
    /// Bytes of the current versions of everything live below a folder; of a file its own.
    public let bytes: Int64
    /// Whether there is so much below that counting ended early.
    public let isMore: Bool
    /// The version whose picture has been made, when that is the current one.
    public let preview: VersionID?
}

public struct StarredPage: Sendable {
    /// Folders first, then files, each in the order asked for.
    public let entries: [StarredNode]
    public let total: Int
    /// Where the next page begins; `nil` on the last one.
    public let next: String?
}

/// The caller's favourites that they may see now, the trash left out (requirements/1, "Favoris").
public struct ListStarred: Sendable {
    let core: VaultCore

    public static let defaultLimit = 1_000
    public static let maximumLimit = 1_000
    /// Stars of one person that are listed.
    static let mostStars = 10_000
    /// Nodes below one folder that its size is summed of, and below all folders of a page.
    static let mostBelowFolder = 100_000
    static let mostBelowPage = 200_000

    private struct Entry {
        let record: NodeRecord
        let meta: NodeMeta
        let sortKey: [UInt8]
        var bytes: Int64
    }

    /// - Parameters:
    ///   - limit: entries on the page, 1…1,000.
    ///   - cursor: `next` of the page before.
    public func callAsFunction(
        sort: StarredSort = .name, order: ListOrder = .ascending, limit: Int = ListStarred.defaultLimit,
        cursor: String? = nil, as principal: Principal
    ) async throws -> StarredPage {
        try principal.require(.readContent)
        return try await core.database.read { snapshot in
            var entries = try readable(by: principal, in: snapshot)
            var sizes = FolderSizes(budget: Self.mostBelowPage)
            if sort == .size {
                for index in entries.indices where entries[index].record.kind.isFolder {
                    entries[index].bytes = try sizes.size(of: entries[index].record.id, in: snapshot).bytes
                }
            }
            entries.sort { Self.precedes($0, $1, sort, order) }
            let start = try ListCursor.start(after: cursor, in: entries) { $0.record.id }
            let end = min(entries.count, start + min(max(1, limit), Self.maximumLimit))
            let page = try entries[start..<end].map { entry in
                try describe(entry, &sizes, in: snapshot)
            }
            let next = end < entries.count ? "\(end).\(entries[end - 1].record.id)" : nil
            return StarredPage(entries: page, total: entries.count, next: next)
        }
    }

    private func readable(by principal: Principal, in snapshot: borrowing Snapshot) throws -> [Entry] {
        var sight = try ActivitySight(of: principal, in: snapshot)
        let records = try snapshot.all(
            """
            SELECT \(NodeQueries.columns)
            FROM stars s JOIN nodes n ON n.id = s.node_id LEFT JOIN file_keys k ON k.owner_id = n.id
            WHERE s.account_id = \(principal.account) AND n.state = 0 AND n.parent_id IS NOT NULL
            ORDER BY s.node_id DESC LIMIT \(Self.mostStars)
            """, { NodeRecord($0) })
        return try records.compactMap { record in
            guard record.wrappedKey != nil, try sight.view(of: record.id, in: record.space, snapshot) != .hidden else {
                return nil
            }
            let meta = try core.names.meta(of: record)
            return Entry(record: record, meta: meta, sortKey: CollationKey.of(meta.name.text), bytes: record.size)
        }
    }

    private func describe(
        _ entry: Entry, _ sizes: inout FolderSizes, in snapshot: borrowing Snapshot
    ) throws -> StarredNode {
        let id = entry.record.id
        let isLocked = try snapshot.exists(
            "SELECT 1 FROM locks WHERE node_id = \(id) AND (expires_at IS NULL OR expires_at > \(snapshot.now))")
        guard entry.record.kind.isFolder else {
            return StarredNode(
                node: entry.record.opened(entry.meta), isLocked: isLocked, childCount: 0, bytes: entry.record.size,
                isMore: false, preview: try PreviewRows.made(of: entry.record, entry.meta, in: snapshot))
        }
        let children = try snapshot.first(
            "SELECT COUNT(*) FROM nodes WHERE parent_id = \(id) AND state = 0", { $0.int(0) })
        let size = try sizes.size(of: id, in: snapshot)
        return StarredNode(
            node: entry.record.opened(entry.meta), isLocked: isLocked, childCount: children ?? 0, bytes: size.bytes,
            isMore: size.isMore, preview: nil)
    }

    /// Folders before files; then by the field asked for; equal fields by name, then id, so that pages are stable.
    private static func precedes(_ left: Entry, _ right: Entry, _ sort: StarredSort, _ order: ListOrder) -> Bool {
        if left.record.kind.isFolder != right.record.kind.isFolder { return left.record.kind.isFolder }
        let (first, second) = order == .ascending ? (left, right) : (right, left)
        switch sort {
        case .size where first.bytes != second.bytes: return first.bytes < second.bytes
        case .modified where first.record.updatedAt != second.record.updatedAt:
            return first.record.updatedAt < second.record.updatedAt
        default: break
        }
        if first.sortKey != second.sortKey { return first.sortKey.lexicographicallyPrecedes(second.sortKey) }
        return first.record.id.value < second.record.id.value
    }
}

/// Sums what lies below folders, each once, and never more than so many nodes in all.
struct FolderSizes {
    private var left: Int
    private var known: [NodeID: (bytes: Int64, isMore: Bool)] = [:]

    init(budget: Int) { left = budget }

    mutating func size(
        of folder: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (bytes: Int64, isMore: Bool) {
        if let size = known[folder] { return size }
        let limit = min(left, ListStarred.mostBelowFolder)
        guard limit > 0 else { return (0, true) }
        let found = try reading.first(
            """
            WITH RECURSIVE sub (id, size) AS (
                SELECT id, size FROM nodes WHERE parent_id = \(folder) AND state = 0
                UNION ALL
                SELECT n.id, n.size FROM nodes n JOIN sub ON n.parent_id = sub.id WHERE n.state = 0
            )
            SELECT COUNT(*), CAST(COALESCE(SUM(size), 0) AS BIGINT) FROM (SELECT size FROM sub LIMIT \(limit)) AS below
            """
        ) { row in (count: row.int(0), bytes: row.integer(1)) }
        let count = found?.count ?? 0
        left -= count
        let size = (bytes: found?.bytes ?? 0, isMore: count == limit)
        known[folder] = size
        return size
    }
}
