import Database

/// What is searched for (requirements/1, `GET /api/search`).
public enum SearchedKinds: String, Sendable, CaseIterable { case all, file, folder, user }

/// Where it is searched.
public enum SearchScope: String, Sendable, CaseIterable {
    /// The caller's own drive and what is shared with them.
    case all
    case drive, shared, trash
}

/// One thing found.
public enum SearchHit: Sendable {
    /// With the names of the folders above it, from the top of what the caller may see.
    case node(Node, path: [String], isOwn: Bool, childCount: Int)
    case person(Person)
}

public struct SearchPage: Sendable {
    /// Best first.
    public let hits: [SearchHit]
    /// Everything that fits, also beyond the page.
    public let total: Int
}

/// Finds files, folders and people by a part of their name. Case and accents do not matter; a name that is the text comes
/// before one that begins with it, and that before one that holds it.
public struct SearchNames: Sendable {
    let core: VaultCore

    public static let maximumLimit = 100
    public static let maximumLength = 200
    /// People looked through; more accounts than this are not searched by name.
    private static let mostAccounts = 10_000
    /// Folders and files shared directly with one person that are searched.
    private static let mostShares = 1_000

    /// - Parameters:
    ///   - text: what names must hold, 1 to 200 characters; blanks around it do not count.
    ///   - limit: hits on the page, 1…100.
    /// - Throws: `VaultError.invalid` for a text that is empty or too long.
    public func callAsFunction(
        _ text: String, kinds: SearchedKinds = .all, scope: SearchScope = .all, limit: Int, as principal: Principal
    ) async throws -> SearchPage {
        try principal.require(.readContent)
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard !words.isEmpty else { throw VaultError.invalid(field: "q", .missing) }
        guard words.count <= Self.maximumLength else {
            throw VaultError.invalid(field: "q", .tooLong(maximum: Self.maximumLength))
        }
        let needle = NameIndex.folded(CanonicalText.composed(words))
        guard !needle.contains(0), !needle.isEmpty else { return SearchPage(hits: [], total: 0) }

        var best = BestMatches(limit: min(max(1, limit), Self.maximumLimit))
        if kinds != .user { try await searchNodes(needle, kinds, scope, &best, as: principal) }
        if kinds == .user || (kinds == .all && scope == .all) { try await searchPeople(needle, &best) }
        return SearchPage(hits: try await open(best.kept, as: principal), total: best.count)
    }

    private func searchNodes(
        _ needle: [UInt8], _ kinds: SearchedKinds, _ scope: SearchScope, _ best: inout BestMatches,
        as principal: Principal
    ) async throws {
        func add(_ match: NameIndex.Match) {
            guard kinds == .all || (kinds == .folder) == match.isFolder else { return }
            best.add(BestMatches.Found(match: match, account: nil))
        }
        if scope == .all || scope == .drive {
            try await IndexNames(core: core)(below: principal.root, in: principal.space).forEachMatch(needle, add)
        }
        if scope == .all || scope == .shared {
            var seen: Set<NodeID> = []
            for share in try await shares(with: principal) {
                if let match = try match(needle, share), seen.insert(match.id).inserted { add(match) }
                guard share.kind.isFolder else { continue }
                // A share may lie within another.
                try await IndexNames(core: core)(below: share.id, in: share.space).forEachMatch(needle) { match in
                    if seen.insert(match.id).inserted { add(match) }
                }
            }
        }
        if scope == .trash {
            let records = try await core.database.read { snapshot in
                try NodeQueries.trashed(in: principal.space, limit: 100_000, snapshot)
            }
            for record in records { if let match = try match(needle, record) { add(match) } }
        }
    }

    private func match(_ needle: [UInt8], _ record: NodeRecord) throws -> NameIndex.Match? {
        let name = NameIndex.folded(try core.names.meta(of: record).name.text)
        return NameIndex.fitAnywhere(needle, name).map {
            NameIndex.Match(id: record.id, isFolder: record.kind.isFolder, fit: $0, name: name)
        }
    }

    /// What is shared with the caller directly and can be seen.
    private func shares(with principal: Principal) async throws -> [NodeRecord] {
        try await core.database.read { snapshot in
            let ids = try snapshot.all(
                """
                SELECT node_id FROM grants WHERE grantee_id = \(principal.account)
                ORDER BY created_at, node_id LIMIT \(Self.mostShares)
                """, { $0.id(0) as NodeID })
            return try ids.compactMap { try NodeQueries.record($0, in: snapshot) }
                .filter { $0.state == .live && $0.wrappedKey != nil && $0.space != principal.space }
        }
    }

    private func searchPeople(_ needle: [UInt8], _ best: inout BestMatches) async throws {
        let people = try await core.database.read { snapshot in
            try core.people.active(limit: Self.mostAccounts, in: snapshot)
        }
        for person in people {
            let texts = [person.fullName, person.firstName, person.lastName, person.email].map(NameIndex.folded)
            guard let fit = texts.compactMap({ NameIndex.fitAnywhere(needle, $0) }).min() else { continue }
            let match = NameIndex.Match(id: NodeID(person.id.value), isFolder: false, fit: fit, name: texts[0])
            best.add(BestMatches.Found(match: match, account: person.id))
        }
    }

    /// Reads what is shown of the hits; what went away since it was found is left out.
    private func open(_ found: [BestMatches.Found], as principal: Principal) async throws -> [SearchHit] {
        try await core.database.read { snapshot in
            try found.compactMap { found in
                if let account = found.account { return .person(try core.people.card(account, in: snapshot)) }
                guard let record = try NodeQueries.record(found.match.id, in: snapshot), record.wrappedKey != nil,
                    try core.grants.standing(of: principal, on: record, in: snapshot).permission != nil
                else { return nil }
                let chain = try NodeQueries.ancestors(of: record.id, in: snapshot)
                let visible = try core.visibleChain(Array(chain.dropFirst()), for: principal, in: snapshot)
                let count =
                    record.kind.isFolder
                    ? try snapshot.first("SELECT COUNT(*) FROM nodes WHERE parent_id = \(record.id) AND state = 0") {
                        $0.int(0)
                    } : 0
                return .node(
                    record.opened(try core.names.meta(of: record)),
                    path: try visible.reversed().map { try core.names.meta(of: $0).name.text },
                    isOwn: record.space == principal.space, childCount: count ?? 0)
            }
        }
    }
}

/// The few best of many matches, and how many there were.
struct BestMatches {
    struct Found: Sendable {
        let match: NameIndex.Match
        /// Set for a person, whose id then stands in the match, too.
        let account: AccountID?
    }

    let limit: Int
    private(set) var kept: [Found] = []
    private(set) var count = 0

    init(limit: Int) { self.limit = limit }

    mutating func add(_ found: Found) {
        count += 1
        if kept.count == limit, let last = kept.last, !found.match.precedes(last.match) { return }
        let place = kept.firstIndex { found.match.precedes($0.match) } ?? kept.endIndex
        kept.insert(found, at: place)
        if kept.count > limit { kept.removeLast() }
    }
}
