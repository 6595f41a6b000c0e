public import Database

/// A file and what its reader did to it last.
public struct RecentFile: Sendable {
    public let node: Node
    /// The caller's own latest act on it, of those looked for, and when.
    public let action: ActivityAction
    public let time: Timestamp
    public let owner: Person
    public let isOwn: Bool
}

public struct RecentPage: Sendable {
    public let files: [RecentFile]
    public let hasMore: Bool
    /// Where the next page begins; `nil` on the last one. What happens meanwhile does not move it.
    public let next: String?
}

/// The files a person opened or changed lately, each once, the latest first (requirements/1, `GET /api/files/recent`).
/// What is in the trash, shredded or no longer shared is left out.
public struct RecentFiles: Sendable {
    let core: VaultCore

    /// What counts as having had a file in hand.
    public static let actions: [ActivityAction] = [.fileEdited, .fileViewed, .fileUploaded, .fileCreated]
    public static let maximumLimit = 200
    public static let maximumOffset: Int64 = 10_000
    /// So many of a person's own acts are looked through, more of them only while the page is not full.
    var windows = [500, 5_000, 50_000]

    /// - Parameters:
    ///   - limit: files on the page, 1…200.
    ///   - offset: files left out before the first, 0…10,000; not looked at with a cursor.
    ///   - cursor: `next` of the page before.
    public func callAsFunction(
        _ actions: [ActivityAction] = RecentFiles.actions, limit: Int, offset: Int = 0, cursor: String? = nil,
        as principal: Principal
    ) async throws -> RecentPage {
        try principal.require(.readContent)
        let place = try cursor.map { text throws(VaultError) in
            try core.activityCodes.numbers(2, of: text, for: principal.account)
        }
        let limit = min(max(1, limit), Self.maximumLimit)
        return try await core.database.read { snapshot in
            let stream = ActivityStream.actor(principal.account)
            // Every page is of the list as it was when the first one was asked for.
            let top = try place?[0] ?? Self.newest(in: stream, snapshot)
            let skipped = place.map { Int(clamping: $0[1]) } ?? max(0, offset)
            var opener = try ActivityOpener(core: core, for: principal, in: snapshot)
            var page = RecentPage(files: [], hasMore: false, next: nil)
            for window in windows {
                let floor = try ActivityRows.floor(of: stream, newest: window, before: top, in: snapshot)
                let acts = try ActivityRows.newestOfEachFile(
                    in: stream, ActivityRows.among(actions), from: floor ?? .min, before: top, snapshot)
                page = try self.page(of: acts, skipping: skipped, limit, top: top, &opener, in: snapshot)
                if page.hasMore || floor == nil { break }
            }
            return page
        }
    }

    private func page(
        of acts: [(node: NodeID, sequence: Int64)], skipping skipped: Int, _ limit: Int, top: Int64,
        _ opener: inout ActivityOpener, in snapshot: borrowing Snapshot
    ) throws -> RecentPage {
        var files: [RecentFile] = []
        var position = 0
        for act in acts {
            guard let record = try opener.visibleFile(act.node, in: snapshot) else { continue }
            position += 1
            if position <= skipped { continue }
            if files.count == limit {
                let next = core.activityCodes.cursor(
                    [top, Int64(skipped + limit)], for: opener.sight.principal.account)
                return RecentPage(files: files, hasMore: true, next: next)
            }
            if let file = try open(record, act.sequence, &opener, in: snapshot) { files.append(file) }
        }
        return RecentPage(files: files, hasMore: false, next: nil)
    }

    private static func newest(
        in stream: ActivityStream, _ snapshot: borrowing Snapshot
    ) throws -> Int64 {
        let last = try snapshot.first(
            "SELECT e.sequence FROM journal_events e WHERE \(stream.condition) ORDER BY e.sequence DESC LIMIT 1"
        ) { $0.integer(0) }
        return (last ?? 0) + 1
    }

    private func open(
        _ record: NodeRecord, _ sequence: Int64, _ opener: inout ActivityOpener, in snapshot: borrowing Snapshot
    ) throws -> RecentFile? {
        let act = try snapshot.first("SELECT time, action FROM journal_events WHERE sequence = \(sequence)") { row in
            (time: row.timestamp(0), action: ActivityAction(journalled: row.text(1)))
        }
        guard let act, let action = act.action,
            let owner = try core.grants.ownerOfSpace(record.space, in: snapshot)
        else { return nil }
        return RecentFile(
            node: record.opened(try core.names.meta(of: record)), action: action, time: act.time,
            owner: try opener.person(owner, in: snapshot), isOwn: opener.sight.ownSpaces.contains(record.space))
    }
}

extension ActivityOpener {
    /// The row of a live file that the caller may see.
    fileprivate mutating func visibleFile(
        _ node: NodeID, in snapshot: borrowing Snapshot
    ) throws -> NodeRecord? {
        guard let record = try NodeQueries.record(node, in: snapshot), record.state == .live, record.kind == .file,
            record.wrappedKey != nil, try sight.view(of: node, in: record.space, snapshot) != .hidden
        else { return nil }
        return record
    }
}
