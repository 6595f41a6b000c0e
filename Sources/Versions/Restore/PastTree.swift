public import Database
public import Vault

/// A part of the tree as it was at a moment: the vault's own history, or what an archive remembers.
public protocol PastTree: Sendable {
    /// The moment that it shows.
    var moment: Timestamp { get }

    /// What lay in a folder, in the order of ids.
    /// - Parameter after: `next` of the page before.
    func children(of folder: NodeID, after: NodeID?, limit: Int) async throws -> PastPage

    /// A node and the folders above it, nearest first.
    /// - Returns: `nil` unless all of them were there.
    func chain(of node: NodeID) async throws -> [PastState]?
}

public struct PastPage: Sendable {
    public let states: [PastState]
    /// `nil` on the last one.
    public let next: NodeID?

    public init(states: [PastState], next: NodeID?) {
        self.states = states
        self.next = next
    }
}

/// The tree as the vault's own history has it.
struct TreeHistory: PastTree {
    let core: VaultCore
    let moment: Timestamp

    func children(of folder: NodeID, after: NodeID?, limit: Int) async throws -> PastPage {
        try await core.database.read { [moment] snapshot in
            let page = try PastQueries.children(
                of: folder, at: moment, after: after ?? NodeID(0), limit: limit, in: snapshot)
            return PastPage(states: page.rows.map(\.past), next: page.next)
        }
    }

    func chain(of node: NodeID) async throws -> [PastState]? {
        try await core.database.read { [moment] snapshot in
            try PastQueries.chain(of: node, at: moment, in: snapshot)?.map(\.past)
        }
    }
}
