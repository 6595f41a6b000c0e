import Crypto
import Database
import Synchronization

/// `cloudspace migrate`: a vault moves to other engines.
enum MigrateCommand {
    static let name = "migrate"

    static let from = Setting<String?>(
        "from", environment: "CLOUDSPACE_MIGRATE_FROM", placeholder: "PLACE",
        summary: "Where the vault is: ROWS or ROWS,BLOBS, each a data directory, postgresql://… or s3://…",
        places: [.flag, .environment], fallback: .some(nil), absence: ""
    ) { $0 }
    static let to = Setting<String?>(
        "to", environment: "CLOUDSPACE_MIGRATE_TO", placeholder: "PLACE", summary: "Where it goes, in the same form",
        places: [.flag, .environment], fallback: .some(nil), absence: ""
    ) { $0 }
    static let dryRun = Option(name: "dry-run", placeholder: nil, summary: "Say what would be moved, and do nothing")
    static let verifyOnly = Option(
        name: "verify-only", placeholder: nil,
        summary: "Compare the two places row by row and blob by blob; copy nothing")
    static let startOver = Option(
        name: "start-over", placeholder: nil,
        summary: "Copy all rows anew after an unfinished run; blobs that arrived are kept")

    static let command = Command(
        name, summary: "Move a vault between directories, PostgreSQL and S3",
        details: """
            Copies every row and every blob, sealed as they are, reads both ends again and compares them row by row and hash by \
            hash, verifies the journal, and only then makes the target a vault. The source is read and left as it is; no server \
            may serve it meanwhile. Stopped or killed it goes on where it was when the same command is run again.
            A PLACE with a password is given by CLOUDSPACE_MIGRATE_FROM or CLOUDSPACE_MIGRATE_TO: command lines are seen by \
            every user of the machine. Exit status 0 when both are the same, 1 when something went wrong or differs, 2 when \
            the places do not fit.
            """,
        settings: [from, to, Settings.keys, Settings.s3KeyID, Settings.s3Secret, Settings.s3Token] + Settings.custody,
        options: [dryRun, verifyOnly, startOver],
        examples: [
            "migrate --from data --to /srv/vault --keys keys",
            "migrate --from data --to 'postgresql:///vault,s3://bucket?endpoint=https://s3.example.com&region=eu-1' --keys keys",
            "migrate --from data --to /srv/vault --keys keys --verify-only",
        ]
    ) { invocation in
        let source = try place(from, invocation)
        let target = try place(to, invocation)
        guard source.rows != target.rows else {
            throw ProgramError.refused("--from and --to name the same database")
        }
        let keys = try KeyAccess(invocation.configuration)
        guard keys.provider.exists() else {
            throw ProgramError.refused("there are no keys in \(keys.directory.printable); give those of the vault")
        }
        if case .directory(let path) = target.rows, path == FileSystem.resolved(keys.directory) {
            throw ProgramError.refused(
                "--to and --keys name the same directory; whoever takes one must not have the other")
        }
        let ring = try await keys.unlock()
        let progress = MoveProgress(.standardError)
        let order = MoveOrder(
            source: source, target: target, ring: ring,
            control: MoveControl(progress: progress, isStopped: stopFlag(progress)))
        do {
            switch (invocation.has(dryRun), invocation.has(verifyOnly)) {
            case (true, true):
                throw ProgramError.usage("--dry-run and --verify-only do not go together", invocation.command.path)
            case (true, false): try await order.tell()
            case (false, true): try await order.compare()
            case (false, false):
                try await order.move(invocation.has(startOver) ? .over : .whereItStopped, keys: keys)
            }
        } catch {
            progress.clear()
            throw error
        }
        return 0
    }

    private static func place(_ setting: Setting<String?>, _ invocation: Invocation) throws -> MovePlace {
        let configuration = invocation.configuration
        guard let text = try configuration[setting] else {
            throw ProgramError.usage("--\(setting.name) is missing", invocation.command.path)
        }
        let origin = configuration.origin(of: setting)
        do {
            let place = try MovePlace(parsing: text).resolved
            guard !place.holdsSecret || origin != "--\(setting.name)" else {
                throw ProgramError.refused(
                    "\(origin) holds a password, which every user of this machine can see; give the place by "
                        + "\(setting.environment), or the password by PGPASSWORD or ~/.pgpass")
            }
            return place
        } catch let error as BadValue {
            throw ProgramError.setting("\(origin): expected \(error.expectation)")
        }
    }

    /// Tells whether a signal asked to stop.
    static func stopFlag(_ progress: MoveProgress) -> @Sendable () -> Bool {
        let flag = StopFlag()
        Task.detached {
            let signal = await StopSignals.shared.first()
            flag.raise()
            progress.note("\(StopSignals.name(signal)): stopping after what is under way; a second one ends at once")
        }
        return { flag.isRaised }
    }
}

private final class StopFlag: Sendable {
    private let state = Mutex(false)

    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
}
