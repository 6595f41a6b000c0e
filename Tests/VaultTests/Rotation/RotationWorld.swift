import Crypto
import Database
import Journal
import VaultTesting

@testable import Vault

extension World {
    /// Goes on with the rotation under way as the leased job does, until it is over, halted, or waits for somebody.
    /// - Parameter batch: rows at once.
    func work(batch: Int = KeyBatch.size) async throws {
        try await core.leases.round()
        guard let lease = core.leases.held[.rotation] else { throw LeaseLost(name: .rotation) }
        try await RotationWork(core, batchLimit: batch).run(under: lease)
    }

    /// A rotation from its beginning to its end.
    @discardableResult
    func rotate() async throws -> Rotation {
        // A clock that stands still would give two rotations one time, and the last one is asked for by time.
        clock.advance(milliseconds: 1)
        _ = try await vault.rotateKeys.start(as: .localOperator)
        try await work()
        return try await rotation()
    }

    func rotation() async throws -> Rotation {
        guard let rotation = try await vault.rotateKeys.latest(as: .localOperator) else {
            throw VaultError.keys(.noRotation)
        }
        return rotation
    }

    /// Stored keys by generation.
    func keysByGeneration() async throws -> [Int: Int] {
        try await database.read { try RotationStore.rowCounts(in: $0) }
    }

    /// The details of the events of an action, oldest first.
    func details(of action: AuditAction) async throws -> [String] {
        try await database.read { snapshot in
            try snapshot.all(
                "SELECT details FROM journal_events WHERE action = \(action.rawValue) ORDER BY sequence"
            ) { row in String(decoding: row.optionalBytes(0) ?? [], as: UTF8.self) }
        }
    }

    /// Runs one statement.
    func run(_ sql: SQL) async throws {
        try await database.write { transaction in _ = try transaction.run(sql) }
    }
}
