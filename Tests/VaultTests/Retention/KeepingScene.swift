import Database
import Testing
import VaultTesting
import Versions

@testable import Vault

/// Alex's drive with `Top / Inner / contract.txt`, and who may put rules on it.
struct KeepingScene: Sendable {
    let world: World
    let admin: Principal
    let second: Principal
    let alex: Principal
    let top: NodeID
    let inner: NodeID
    let file: NodeID

    static let day: Int64 = 86_400_000

    init(_ world: World) async throws {
        self.world = world
        admin = try await world.person("Ada", "Min", role: .admin)
        second = try await world.person("Audi", "Tor", role: .auditeur)
        alex = try await world.person()
        top = try await world.folder("Top", as: alex)
        inner = try await world.folder("Inner", in: top, as: alex)
        file = try await world.put("first", at: "contract.txt", in: inner, as: alex).node.id
    }

    /// A policy on a folder, of a year unless said otherwise.
    @discardableResult
    func policy(
        _ mode: RetentionMode, on node: NodeID, days: Int64 = 365, expiry: VersionExpiry? = nil
    ) async throws -> RetentionPolicy {
        try await world.vault.retention.set(
            RetentionRules(mode: mode, duration: days * Self.day, expiry: expiry), name: "Contracts",
            reason: "Commercial law", on: node, as: admin)
    }

    @discardableResult
    func hold(on nodes: NodeID...) async throws -> LegalHold {
        try await world.vault.holds.open(name: "Case 7", reason: "Litigation", on: nodes, as: admin)
    }

    func release(_ hold: LegalHold) async throws {
        _ = try await world.vault.holds.askRelease(hold.id, of: nil, reason: "Settled", as: admin)
        _ = try await world.vault.holds.confirmRelease(hold.id, as: second)
    }

    /// Whether the file's current content still opens, wherever the file is.
    func isIntact(_ node: NodeID? = nil) async throws -> Bool {
        let id = node ?? file
        let found = try await world.database.read { [core = world.core] snapshot -> LocatedContent? in
            guard let record = try NodeQueries.record(id, in: snapshot), record.state != .purged else { return nil }
            return try core.locate(record, key: try record.key(core.keyring), in: snapshot)
        }
        guard let found else { return false }
        let reader = try await world.core.opener.open(found.blob, dataKey: found.dataKey)
        return try await reader.readAll(limit: 1 << 20).isEmpty == false
    }

    func state(of node: NodeID) async throws -> NodeState? {
        try await world.database.read { snapshot in try NodeQueries.record(node, in: snapshot)?.state }
    }

    func events(_ action: AuditAction) async throws -> Int {
        try await world.database.read { snapshot in
            try snapshot.first(
                "SELECT COUNT(*) FROM journal_events WHERE action = \(action.rawValue)", { $0.int(0) }) ?? 0
        }
    }
}

/// Runs a body in a scene of its own.
func withScene(_ body: (KeepingScene) async throws -> Void) async throws {
    try await withWorld { world in try await body(try await KeepingScene(world)) }
}

extension VaultError {
    /// Whether it says that a rule keeps something.
    var isKept: Bool {
        guard case .kept = self else { return false }
        return true
    }
}

/// Expects a refusal because something is kept.
func expectKept(
    _ comment: Testing.Comment? = nil, sourceLocation: SourceLocation = #_sourceLocation, _ act: () async throws -> Void
) async {
    do {
        try await act()
        Issue.record(comment ?? "it was done", sourceLocation: sourceLocation)
    } catch let error as VaultError {
        #expect(error.isKept, "\(error)", sourceLocation: sourceLocation)
    } catch {
        Issue.record(error, sourceLocation: sourceLocation)
    }
}
