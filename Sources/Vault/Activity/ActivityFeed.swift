import Database

/// What a person is told of what happened: the events of their own drive, their own acts anywhere, and the acts of others
/// on what is shared with them (requirements/1, "Historique"). It is the journal, read with their eyes: what they may not
/// see now is left out (docs/decisions/0021).
public struct ActivityFeed: Sendable {
    let core: VaultCore
    var bounds = Bounds()

    public static let maximumLimit = 200
    public static let maximumOffset: Int64 = 10_000

    /// How much is read for one page.
    struct Bounds: Sendable {
        /// Rows of one own stream; a rare kind of act takes more pages, not more time.
        var rows = 20_000
        /// Drives of others, those of the latest shares.
        var foreignSpaces = 64
        /// Newest rows of a drive of somebody else, and of all of them together.
        var rowsOfForeignSpace = 2_000
        var foreignRows = 16_000
        /// Shares, the latest, of which what happened to the shared file or folder itself is read however old it is.
        var shares = 64
    }

    /// What the events are about.
    public enum Subjects: Sendable {
        case everything
        /// Files and folders that can be seen: what a dashboard shows.
        case nodes
    }

    /// - Parameters:
    ///   - limit: events on the page, 1…200.
    ///   - offset: events left out before the first, 0…10,000; counted from `cursor` when there is one.
    ///   - cursor: `next` of the page before.
    public func callAsFunction(
        _ filter: ActivityFilter = .all, about subjects: Subjects = .everything, limit: Int, offset: Int = 0,
        cursor: String? = nil, as principal: Principal
    ) async throws -> ActivityPage {
        try principal.require(.readContent)
        let before = try cursor.map { text throws(VaultError) in
            try core.activityCodes.numbers(1, of: text, for: principal.account)[0]
        }
        return try await core.database.read { snapshot in
            var opener = try ActivityOpener(core: core, for: principal, in: snapshot)
            var merge = try streams(filter, before: before ?? .max, opener.sight, in: snapshot)
            let wanted = PageRequest(
                limit: min(max(1, limit), Self.maximumLimit), offset: offset, isFollowed: cursor != nil)
            return try core.page(wanted, of: &merge, subjects, &opener, in: snapshot)
        }
    }

    private func streams(
        _ filter: ActivityFilter, before cursor: Int64, _ sight: ActivitySight, in snapshot: borrowing Snapshot
    ) throws -> ActivityMerge {
        var merge = ActivityMerge(filter.actions)
        for space in sight.ownSpaces {
            try merge.add(.space(space), before: cursor, budget: bounds.rows, in: snapshot)
        }
        try merge.add(.actor(sight.principal.account), before: cursor, budget: bounds.rows, in: snapshot)
        let foreign = try sight.sharedSpaces(limit: bounds.foreignSpaces, in: snapshot)
        let rows = min(bounds.rowsOfForeignSpace, bounds.foreignRows / max(1, foreign.count))
        for space in foreign { try merge.add(.space(space), before: cursor, onlyNewest: rows, in: snapshot) }
        for node in sight.shares.prefix(bounds.shares) {
            try merge.add(.target(node), before: cursor, budget: bounds.rows, in: snapshot)
        }
        return merge
    }
}

/// What one file or folder went through (requirements/1, `GET /api/files/:fileId/activity`), for whoever may see it.
public struct NodeActivity: Sendable {
    let core: VaultCore

    /// - Parameters: as of `ActivityFeed`.
    /// - Throws: `VaultError.notFound`, `.forbidden`.
    public func callAsFunction(
        _ node: NodeID, limit: Int, cursor: String? = nil, as principal: Principal
    ) async throws -> ActivityPage {
        try principal.require(.readContent)
        let before = try cursor.map { text throws(VaultError) in
            try core.activityCodes.numbers(1, of: text, for: principal.account)[0]
        }
        return try await core.database.read { snapshot in
            let access = try core.grants.require(Read.self, on: node, for: principal, in: snapshot)
            guard access.record.parent != nil else { throw VaultError.notFound(.file) }
            var opener = try ActivityOpener(core: core, for: principal, in: snapshot)
            var merge = ActivityMerge(ActivityAction.allCases)
            try merge.add(.target(node), before: before ?? .max, budget: ActivityFeed.Bounds().rows, in: snapshot)
            let wanted = PageRequest(
                limit: min(max(1, limit), ActivityFeed.maximumLimit), offset: 0, isFollowed: cursor != nil)
            return try core.page(wanted, of: &merge, .nodes, &opener, in: snapshot)
        }
    }
}

/// How much of a feed is wanted.
struct PageRequest {
    let limit: Int
    let offset: Int
    /// Whether the caller goes from page to page by cursor, and so gets on even where a page is short.
    let isFollowed: Bool
}

extension VaultCore {
    fileprivate func page(
        _ wanted: PageRequest, of merge: inout ActivityMerge, _ subjects: ActivityFeed.Subjects,
        _ opener: inout ActivityOpener, in snapshot: borrowing Snapshot
    ) throws -> ActivityPage {
        var toSkip = max(0, wanted.offset)
        var events: [ActivityEvent] = []
        var last: Int64?
        while let row = try merge.next(in: snapshot) {
            guard try opener.isShown(row, subjects, in: snapshot) else { continue }
            if toSkip > 0 {
                toSkip -= 1
                continue
            }
            if events.count == wanted.limit {
                let next = last.map { activityCodes.cursor([$0], for: opener.sight.principal.account) }
                return ActivityPage(events: events, hasMore: true, next: next)
            }
            last = row.sequence
            events.append(try opener.open(row, in: snapshot))
        }
        guard merge.horizon > .min else { return ActivityPage(events: events, hasMore: false, next: nil) }
        // The streams go on below the horizon. Who counts by offset would ask for the same empty page for ever.
        return ActivityPage(
            events: events, hasMore: wanted.isFollowed || !events.isEmpty,
            next: activityCodes.cursor([merge.horizon], for: opener.sight.principal.account))
    }
}

extension ActivityOpener {
    fileprivate mutating func isShown(
        _ row: ActivityRow, _ subjects: ActivityFeed.Subjects, in snapshot: borrowing Snapshot
    ) throws -> Bool {
        guard try isShown(row, in: snapshot) else { return false }
        switch subjects {
        case .everything: return true
        case .nodes: return try row.kind != nil && isVisible(row, in: snapshot)
        }
    }
}
