import Crypto
import Database
import Vault

/// `cloudspace keys …`: the key ring, never its contents.
enum KeyCommands {
    static let all = [initialise, status]

    private static let initialise = Command(
        "keys init", summary: "Make the key ring of a new vault",
        details: """
            `serve` and `users create` do the same when they start a new vault; use this to make the keys on another machine, or \
            with a passphrase. Refuses when there are keys already, and when the data directory holds a vault: new keys could \
            not open it.
            """,
        settings: Settings.vault,
        examples: [
            "keys init --data data --keys keys",
            "keys init --data data --keys keys --key-provider passphrase --passphrase-file passphrase.txt",
        ]
    ) { invocation in
        let place = try VaultPlace(invocation.configuration)
        let keys = try KeyAccess(invocation.configuration)
        if !keys.provider.exists(), try await place.holdsVault() {
            throw ProgramError.refused(
                "\(place.description) holds a vault already; new keys could not open it. Put its keys back from their "
                    + "backup")
        }
        let ring = try keys.provider.create(vaultID: VaultParts.newVaultID())
        StandardStream.output.print(
            """
            New keys of vault \(UUIDForm.text(ring.vaultID)) were made in \(FileSystem.resolved(keys.directory)).
            Back this directory up now, apart from the data.
            """)
        return 0
    }

    private static let status = Command(
        "keys status", summary: "Describe the key ring and what it has wrapped",
        details: """
            Provider, generations, how many keys each has wrapped, permissions and problems. Never shows key material. Exit \
            status 1 when there is a problem.
            """,
        settings: Settings.vault, examples: ["keys status --data data --keys keys"]
    ) { invocation in
        let place = try VaultPlace(invocation.configuration)
        let keys = try KeyAccess(invocation.configuration)
        let out = StandardStream.output
        out.print("directory    \(FileSystem.resolved(keys.directory))")
        out.print("provider     \(keys.provider.name)")
        if let status = FileSystem.status(of: keys.directory) {
            out.print("permissions  \(octal(status.mode)), owner \(status.owner)")
        }
        var problems = keys.provider.problems
        if keys.provider.exists() {
            let ring = try keys.provider.unlock()
            out.print("vault        \(UUIDForm.text(ring.vaultID))")
            let rows = try await place.holdsVault() ? try await wrappedRows(place, ring, &problems) : [:]
            if let line = await KeyRotationStatus.line(place, ring) { out.print("rotation     \(line)") }
            for generation in ring.generations {
                let mark = generation == ring.activeGeneration ? ", active" : ""
                out.print("generation   \(generation)\(mark): \(rows[generation] ?? 0) keys wrapped")
            }
        }
        for problem in problems { out.print("problem      \(problem)") }
        return problems.isEmpty ? 0 : 1
    }

    /// Rows of `file_keys` by generation; adds to `problems` what the ring cannot open.
    private static func wrappedRows(
        _ place: VaultPlace, _ ring: KeyRing, _ problems: inout [String]
    ) async throws -> [Int: Int] {
        let database = try await place.openDatabase(VaultPlace.Threads(readers: 1, writers: 1))
        do {
            try await VaultIdentity(of: ring).check(database)
            let rows = try await database.read { snapshot in
                try snapshot.all("SELECT generation, COUNT(*) FROM file_keys GROUP BY generation ORDER BY generation") {
                    ($0.int(0), $0.int(1))
                }
            }
            let unknown = rows.filter { !ring.generations.contains($0.0) }
            problems += unknown.map {
                "\($0.1) keys are wrapped under generation \($0.0), which this ring lacks; put back its newest backup."
            }
            await database.close()
            return Dictionary(uniqueKeysWithValues: rows)
        } catch {
            await database.close()
            problems.append("\(ProgramError(error).message).")
            return [:]
        }
    }

    static func octal(_ mode: UInt32) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}
