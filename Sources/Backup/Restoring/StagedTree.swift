import Database
import Vault
import Versions

/// The tree of an archive at a moment of its history, staged in the database: its history may be larger than the memory.
struct StagedTree: PastTree {
    let core: VaultCore
    let rows: ArchiveRestoreRows
    let restore: ArchiveRestoreID
    let moment: Timestamp

    func children(of folder: NodeID, after: NodeID?, limit: Int) async throws -> PastPage {
        try await core.database.read { [rows, restore] snapshot in
            let states = try rows.children(
                of: folder, after: after ?? NodeID(0), limit: limit, of: restore, in: snapshot)
            return PastPage(states: states, next: states.count == limit ? states.last?.node : nil)
        }
    }

    /// Above what a smaller archive is of, the vault's own history knows the folders.
    func chain(of node: NodeID) async throws -> [PastState]? {
        try await core.database.read { [rows, restore, moment] snapshot in
            var chain: [PastState] = []
            var next: NodeID? = node
            while let id = next, chain.count < 200 {
                if let found = try rows.staged(id, of: restore, in: snapshot) {
                    guard found.isLive else { return nil }
                    chain.append(found.past)
                    next = found.past.parent
                } else {
                    guard !chain.isEmpty else { return nil }
                    return chain + (try PastQueries.chain(of: id, at: moment, in: snapshot) ?? []).map(\.past)
                }
            }
            return chain
        }
    }

    /// What a selection means: ids, or paths from the top of the archive.
    func resolve(_ selection: [String], below tops: [NodeID]) async throws -> [NodeID] {
        var found: [NodeID] = []
        for text in selection {
            if let id = NodeID(text) {
                if try await chain(of: id) != nil { found.append(id) }
                continue
            }
            for top in tops { if let id = try await walk(text, from: top) { found.append(id) } }
        }
        return found
    }

    private func walk(_ path: String, from top: NodeID) async throws -> NodeID? {
        var place = top
        for part in path.split(separator: "/") {
            guard let name = try? NodeName(String(part)), let child = try await child(name, of: place) else {
                return nil
            }
            place = child
        }
        return place
    }

    private func child(_ name: NodeName, of folder: NodeID) async throws -> NodeID? {
        var after: NodeID?
        repeat {
            let page = try await children(of: folder, after: after, limit: 1_000)
            let match = try await core.database.read { [core] snapshot in
                try page.states.first { state in
                    guard let sealed = state.sealedMeta, let today = try NodeQueries.record(state.node, in: snapshot),
                        today.wrappedKey != nil
                    else { return false }
                    return try NodeMeta.opened(sealed, under: try today.key(core.keyring), node: state.node).name
                        == name
                }?.node
            }
            if let match { return match }
            after = page.next
        } while after != nil
        return nil
    }
}
