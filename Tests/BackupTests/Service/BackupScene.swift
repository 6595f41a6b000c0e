import Backup
import Testing
import Vault
import VaultTesting

/// A vault with an administrator and somebody with a few files.
struct BackupScene: Sendable {
    let world: World
    let kit: BackupWorld
    let admin: Principal
    let alex: Principal
    let file: NodeID
    let folder: NodeID
    var backups: Backups { kit.backups }

    func system(_ isIncremental: Bool = false) async throws -> BackupID {
        try await backups.ask(BackupRequest(kind: .system, isIncremental: isIncremental), as: admin).record.id
    }

    func state(_ id: BackupID) async throws -> BackupState {
        try await backups.describe(id, as: admin).record.state
    }

    func events(_ action: String) async throws -> Int64 {
        try await world.database.read { snapshot in
            try snapshot.first("SELECT COUNT(*) FROM journal_events WHERE action = \(action)") { $0.integer(0) } ?? 0
        }
    }
}

func withBackups(
    settings: BackupSettings = .withoutDrills, _ body: (BackupScene) async throws -> Void
) async throws {
    let world = try await World(schemas: [World.backupSchema])
    let kit = try BackupWorld(world, settings: settings)
    let admin = try await world.person("Ada", "Min", role: .admin)
    let alex = try await world.person()
    let folder = try await world.vault.createFolder(
        try NodeName("Contracts"), in: nil, as: alex)
    let file = try await world.put("content", at: "a.txt", in: folder.id, as: alex)
    do {
        try await body(
            BackupScene(world: world, kit: kit, admin: admin, alex: alex, file: file.node.id, folder: folder.id))
    } catch {
        await world.close()
        throw error
    }
    await world.close()
}
