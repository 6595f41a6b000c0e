public import Database
public import Vault

/// One thing found in the past.
public struct PastHit: Sendable {
    public let node: PastNode
    public let isForeign: Bool
    /// Names of the folders above it as they were, from the top of what the caller may see.
    public let path: [String]
}

public struct PastSearchPage: Sendable {
    public let hits: [PastHit]
    /// What fits among the names looked at.
    public let total: Int
    /// Whether all names were looked at.
    public let isWhole: Bool
}

/// Finds files and folders by the names they had at a moment: in the caller's own drive and in what is shared with them.
///
/// No index remembers old names, so the tree is walked as it was, and at most ``mostNames`` of them are opened.
public struct SearchPast: Sendable {
    private let core: VaultCore
    private let tree: TreeAsOf

    /// Names opened for one search; what lies behind them is not found, and the answer says so.
    public static let mostNames = 50_000
    private static let mostShares = 1_000
    private static let pageSize = 1_000

    public init(_ core: VaultCore) {
        self.core = core
        tree = TreeAsOf(core)
    }

    /// - Parameters:
    ///   - text: what names must hold, 1 to 200 characters; case and accents do not matter.
    ///   - limit: hits on the page, 1…100.
    public func callAsFunction(
        _ text: String, at moment: Timestamp, kinds: ListedKinds = .all, scope: SearchScope = .all, limit: Int,
        as principal: Principal
    ) async throws -> PastSearchPage {
        try principal.require(.readContent)
        let needle = try SearchNeedle(text)
        try await core.database.read { snapshot in
            try PastQueries.require(moment, in: principal.space, snapshot)
        }
        var roots: [NodeID] = scope == .shared ? [] : [principal.root]
        if scope == .all || scope == .shared {
            roots += try await core.database.read { [core] snapshot in
                try core.sharedFolders(with: principal, limit: Self.mostShares, in: snapshot)
            }
        }
        var walk = Walk(needle: needle, kinds: kinds, limit: min(max(1, limit), SearchNames.maximumLimit))
        for root in roots { try await search(root, at: moment, &walk) }
        let (found, total, isWhole) = (walk.best, walk.total, !walk.isCut)
        let hits = try await core.database.read { [tree] snapshot in
            try found.map { hit in
                let chain = try PastQueries.chain(of: hit.node.id, at: moment, in: snapshot) ?? []
                let above = try tree.visible(Array(chain.dropFirst()), principal, snapshot)
                return PastHit(
                    node: hit.node, isForeign: hit.isForeign(principal), path: above.map { $0.name?.text ?? "?" })
            }
        }
        try await tree.note(principal.root, moment, "search", by: principal)
        return PastSearchPage(hits: hits, total: total, isWhole: isWhole)
    }

    private struct Hit: Sendable {
        let node: PastNode
        let space: SpaceID
        let rank: Int
        let name: [UInt8]

        func isForeign(_ principal: Principal) -> Bool { space != principal.space }

        func precedes(_ other: Hit) -> Bool {
            if rank != other.rank { return rank < other.rank }
            if name != other.name { return name.lexicographicallyPrecedes(other.name) }
            return node.id.value < other.node.id.value
        }
    }

    private struct Walk {
        let needle: SearchNeedle
        let kinds: ListedKinds
        let limit: Int
        var best: [Hit] = []
        var total = 0
        var opened = 0
        var isCut = false
        var seen: Set<NodeID> = []

        mutating func add(_ hit: Hit) {
            total += 1
            let place = best.firstIndex { hit.precedes($0) } ?? best.endIndex
            guard place < limit else { return }
            best.insert(hit, at: place)
            if best.count > limit { best.removeLast() }
        }
    }

    private func search(_ root: NodeID, at moment: Timestamp, _ walk: inout Walk) async throws {
        // A shared folder that was not there then holds nothing of then.
        let wasThere = try await core.database.read { snapshot in
            try PastQueries.chain(of: root, at: moment, in: snapshot) != nil
        }
        guard wasThere, walk.seen.insert(root).inserted else { return }
        var folders = [root]
        while let folder = folders.popLast() {
            var after: NodeID? = NodeID(0)
            while let behind = after {
                guard walk.opened < Self.mostNames else {
                    walk.isCut = true
                    return
                }
                try Task.checkCancellation()
                let page = try await core.database.read { [core] snapshot in
                    let page = try PastQueries.children(
                        of: folder, at: moment, after: behind, limit: Self.pageSize, in: snapshot)
                    return (
                        nodes: try page.rows.map { (node: try PastNode($0, core), space: $0.today.space) },
                        next: page.next
                    )
                }
                walk.opened += page.nodes.count
                for (node, space) in page.nodes where walk.seen.insert(node.id).inserted {
                    if node.kind.isFolder { folders.append(node.id) }
                    guard walk.kinds.include(node.kind), let name = node.name,
                        let match = walk.needle.rank(of: name.text)
                    else { continue }
                    walk.add(Hit(node: node, space: space, rank: match.rank, name: match.folded))
                }
                after = page.next
            }
        }
    }
}
