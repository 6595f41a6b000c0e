import Crypto
import Database
import Vault

/// `cloudspace keys …`: the key ring, never its contents.
enum KeyCommands {
    static let all = [initialise, status, unseal, seal, changeProvider]

    private static let initialise = Command(
        "keys init", summary: "Make the key ring of a new vault",
        details: """
            `serve` and `users create` do the same when they start a new vault; use this to make the keys on another machine, or \
            with another provider than a key file. Refuses when there are keys already, and when the data directory holds a \
            vault: new keys could not open it. With --key-provider shares it splits the key into --shares, of which --threshold \
            unseal the vault, and prints them once: give each to another person. With pkcs11 it makes the key on the token if \
            it is not there.
            """,
        settings: Settings.vault, options: [.shares, .threshold],
        examples: [
            "keys init --data data --keys keys",
            "keys init --data data --keys keys --key-provider passphrase --passphrase-file passphrase.txt",
            "keys init --data data --keys keys --key-provider shares --shares 5 --threshold 3",
        ]
    ) { invocation in
        let place = try VaultPlace(invocation.configuration)
        let keys = try KeyAccess(forNewRing: invocation)
        if !keys.provider.exists(), try await place.holdsVault() {
            throw ProgramError.refused(
                "\(place.description) holds a vault already; new keys could not open it. Put its keys back from their "
                    + "backup")
        }
        let ring = try await keys.create()
        StandardStream.output.print(
            """
            New keys of vault \(UUIDForm.text(ring.vaultID)) were made in \(FileSystem.resolved(keys.directory)).
            Back this directory up now, apart from the data.
            """)
        ShareList.print(of: keys)
        return 0
    }

    private static let status = Command(
        "keys status", summary: "Describe the key ring and what it has wrapped",
        details: """
            Provider and whether it passes its test, generations, how many keys each has wrapped, permissions and problems. A \
            ring that needs a passphrase or shares that are not given is described as far as its header tells. Never shows key \
            material. Exit status 1 when there is a problem.
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
            let ring = try RingInspection(directory: keys.directory)
            out.print("vault        \(UUIDForm.text(ring.vaultID))")
            if let threshold = ring.threshold, let count = ring.shareCount {
                out.print("shares       \(threshold) of \(count) unlock it")
            }
            if !ring.names.isEmpty { out.print("key          \(ring.names.joined(separator: ", "))") }
            do {
                try await keys.selfTest()
                out.print("self-test    passed")
                try await describe(try await keys.unlock(), place, &problems)
            } catch CryptoError.custody(.passphraseNeeded) {
                out.print("generations  not shown: the passphrase is not given")
            } catch CryptoError.custody(.sharesNeeded) {
                out.print("generations  not shown: the shares are not given (--share-file)")
            } catch let error as CryptoError {
                guard case .custody = error else { throw error }
                problems.append("\(ProgramError(error).message).")
            }
        }
        for problem in problems { out.print("problem      \(problem)") }
        return problems.isEmpty ? 0 : 1
    }

    private static func describe(
        _ ring: KeyRing, _ place: VaultPlace, _ problems: inout [String]
    ) async throws {
        let rows = try await place.holdsVault() ? try await wrappedRows(place, ring, &problems) : [:]
        if let line = await KeyRotationStatus.line(place, ring) { StandardStream.output.print("rotation     \(line)") }
        for generation in ring.generations {
            let mark = generation == ring.activeGeneration ? ", active" : ""
            StandardStream.output.print("generation   \(generation)\(mark): \(rows[generation] ?? 0) keys wrapped")
        }
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
