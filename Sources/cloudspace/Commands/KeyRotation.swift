import Crypto
import Database
import Synchronization
import Vault

/// `cloudspace keys rotate` and `keys destroy-generation`: the master key is replaced, and an old one forgotten.
enum KeyRotationCommands {
    static let all = [rotate, destroy]

    static let rate = Option(
        name: "rate", placeholder: "N",
        summary: "Keys a second, 1 to 1000000; without it as fast as leaves others in peace")
    static let reason = Option(
        name: "reason", placeholder: "TEXT", summary: "Why, for whoever looks later; at most 500 characters")
    static let wait = Option(
        name: "wait", placeholder: nil, summary: "Stay until it is done also when a server does it")
    static let pause = Option(name: "pause", placeholder: nil, summary: "Halt the rotation that is under way")
    static let resume = Option(name: "resume", placeholder: nil, summary: "Go on with a paused rotation")
    static let generation = Option(
        name: "generation", placeholder: "N", summary: "Number of the generation, as `keys status` shows it")

    static let rotate = Command(
        "keys rotate", summary: "Make a new master key and wrap every key anew",
        details: """
            Works while the vault is served: a server does it then, and this command asks for it; without a server it is done \
            here. Contents are not touched: each file's own small key is wrapped anew. Killed at any moment it goes on where \
            it was when the server, or this command, is started again. Back up the keys directory afterwards: copies of it \
            from before do not open what is stored from now on.
            """,
        settings: Settings.vault, options: [rate, reason, wait, pause, resume],
        examples: [
            "keys rotate --data data --keys keys", "keys rotate --data data --keys keys --rate 5000 --wait",
            "keys rotate --data data --keys keys --pause",
        ]
    ) { invocation in
        let rate = try number(rate, 1...1_000_000, invocation)
        if invocation.has(pause), invocation.has(resume) {
            throw ProgramError.usage("--pause and --resume do not go together", invocation.command.path)
        }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let rotations = parts.vault.rotateKeys
            if invocation.has(pause) {
                let rotation = try await refusing { try await rotations.pause(as: .localOperator) }
                StandardStream.output.print("paused at \(rotation.done) of \(rotation.total) keys")
                return
            }
            if invocation.has(resume) {
                _ = try await refusing { try await rotations.resume(rate: rate.map { .some($0) }, as: .localOperator) }
            }
            let latest = try await rotations.latest(as: .localOperator)
            let rotation: Rotation
            if let latest, !latest.state.isFinished {
                StandardStream.output.print("the rotation to generation \(latest.to) is under way; going on with it")
                rotation = latest
            } else {
                rotation = try await refusing {
                    try await rotations.start(rate: rate, reason: invocation.text(reason), as: .localOperator)
                }
            }
            if rotation.isPaused {
                throw ProgramError.refused("the rotation is paused; `cloudspace keys rotate --resume` goes on with it")
            }
            try await follow(rotation, parts, waits: invocation.has(wait))
        }
    }

    static let destroy = Command(
        "keys destroy-generation", summary: "Forget a master key that nothing needs any more",
        details: """
            Refused while anything rests wrapped under it, while a rotation is under way, while a server lacks the active \
            generation, and while somebody's sign-in is signed with it (see --session-lifetime). Then no copy of the data, \
            however old, opens with the keys of today. Old copies of the keys directory still open old copies of the data: \
            destroy those, too.
            """,
        settings: Settings.vault, options: [generation],
        examples: ["keys destroy-generation --data data --keys keys --generation 1"]
    ) { invocation in
        guard let wanted = try number(generation, 1...Int(UInt32.max), invocation) else {
            throw ProgramError.usage("--generation is missing", invocation.command.path)
        }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let outcome = try await refusing { try await parts.vault.destroyGeneration(wanted, as: .localOperator) }
            guard outcome.isStored else {
                throw ProgramError.failed(
                    "generation \(wanted) is destroyed for the vault, but the key ring could not be stored without it; "
                        + "mend the keys directory (`cloudspace keys status`), then run any command: it is tried again")
            }
            StandardStream.output.print(
                """
                Generation \(wanted) is destroyed.
                Copies of the keys directory from before still hold it: replace and destroy them now.
                """)
        }
    }

    /// Does the work, or watches who does it.
    private static func follow(_ rotation: Rotation, _ parts: VaultParts, waits: Bool) async throws {
        let (isServed, lock) = try await server(of: parts)
        if isServed, !waits {
            StandardStream.output.print(
                "a server rotates the keys to generation \(rotation.to); `cloudspace keys status` shows how far it is")
            return
        }
        let end = try await withThrowingTaskGroup(of: Void.self) { group in
            if !isServed {
                let leases = parts.core.leases(only: [.rotation])
                if lock != nil { try await leases.assumeAlone() }
                group.addTask { await leases.run() }
                group.addTask { await work(parts, leases) }
            }
            defer { group.cancelAll() }
            return try await RotationWatch(parts.vault.rotateKeys).untilEnd(of: rotation.id)
        }
        withExtendedLifetime(lock) {}
        try tell(end)
    }

    /// - Returns: whether a server runs; if none does and files can be locked, the lock that keeps one from starting.
    private static func server(of parts: VaultParts) async throws -> (Bool, FileLock?) {
        if !parts.place.isShared, let data = parts.place.data {
            let lock = try FileLock(path: data.serverLock)
            return (lock == nil, lock)
        }
        let now = SystemClock().now().milliseconds
        let nodes = try await parts.core.membership.nodes()
        return (nodes.contains { now - $0.seenAt.milliseconds <= ClusterMembership.silentAfter }, nil)
    }

    private static func work(_ parts: VaultParts, _ leases: Leases) async {
        await LeasedJob(.rotation, of: leases) { lease in
            while !Task.isCancelled {
                // What goes wrong is in the rotation's row, or passes: the next round goes on.
                try? await RotationWork(parts.core, leases: leases).run(under: lease)
                try? await Task.sleep(for: .milliseconds(300))
            }
        }.run()
        try? await leases.release()
    }

    private static func tell(_ rotation: Rotation) throws {
        if rotation.state == .failed {
            throw ProgramError.failed(
                "the key ring could not be stored, and nothing was changed: \(rotation.problem?.detail ?? "")")
        }
        if rotation.isPaused {
            throw ProgramError.failed("the rotation stopped: \(RotationWords.advice(rotation))")
        }
        StandardStream.output.print(
            """
            Generation \(rotation.to) is the master key now; \(rotation.done) keys were wrapped anew, none is left under an older one.
            Back up the keys directory now: copies from before do not open what is stored from now on.
            """)
    }

    private static func number(
        _ option: Option, _ range: ClosedRange<Int>, _ invocation: Invocation
    ) throws(ProgramError) -> Int? {
        guard let text = invocation.text(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage(
                "--\(option.name) is \"\(text.printable)\"; expected a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)", invocation.command.path)
        }
        return number
    }

    /// Refusals of the vault as refusals of the program, in the same words.
    private static func refusing<Value>(_ work: () async throws -> Value) async throws -> Value {
        do {
            return try await work()
        } catch VaultError.keys(let refusal) {
            throw ProgramError.refused(RotationWords.text(refusal))
        }
    }
}

/// Shows how far a rotation is until it ends or is halted.
private struct RotationWatch {
    private let rotations: RotateKeys
    private let progress = Progress()

    init(_ rotations: RotateKeys) { self.rotations = rotations }

    func untilEnd(of id: RotationID) async throws -> Rotation {
        defer { progress.clear() }
        var toldObstacle: Rotation.Problem?
        while true {
            guard let rotation = try await rotations.latest(as: .localOperator), rotation.id == id else {
                throw ProgramError.failed("the rotation is gone: another one took its place")
            }
            if rotation.state.isFinished || rotation.isPaused { return rotation }
            if let problem = rotation.problem, problem != toldObstacle {
                progress.clear()
                StandardStream.error.print(RotationWords.advice(rotation))
                toldObstacle = problem
            }
            progress.show(RotationWords.line(rotation, at: SystemClock().now()))
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}

/// What is said of rotations at the terminal.
enum RotationWords {
    private static let width = 24

    /// One line with a bar.
    static func line(_ rotation: Rotation, at now: Timestamp) -> String {
        switch rotation.state {
        case .requested: return "waiting for the new generation to be stored"
        case .distributing: return "waiting for every server to have generation \(rotation.to)"
        case .completed: return "completed: \(rotation.done) keys wrapped anew"
        case .failed: return "failed, nothing was changed: \(rotation.problem?.detail.printable ?? "")"
        case .rewrapping: break
        }
        let total = max(rotation.total, rotation.done)
        let share = total > 0 ? Double(rotation.done) / Double(total) : 1
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        let rest = rotation.estimatedEnd(at: now).map { end in
            "  \(max(0, (end.milliseconds - now.milliseconds + 999) / 1_000)) s left"
        }
        return "[\(bar)] \(Int(share * 100)) %  \(rotation.done) of \(total) keys\(rest ?? "")"
    }

    /// What stands in the way, and what to do.
    static func advice(_ rotation: Rotation) -> String {
        guard let problem = rotation.problem else { return "it was paused; `cloudspace keys rotate --resume` goes on" }
        let detail = problem.detail.printable
        switch problem.obstacle {
        case .ringNotSaved: return "the key ring could not be stored: \(detail)"
        case .waitingForNodes: return "waiting for servers that do not have the new generation yet: \(detail)"
        case .unknownKind:
            return "there are keys of a kind (\(detail)) that this program does not know; start the newest version "
                + "everywhere, then `cloudspace keys rotate --resume`"
        case .unreadableKey:
            return
                "the stored key of \(detail) does not open: it was damaged or altered. Put the row back from a backup, or "
                + "purge what it belongs to, then `cloudspace keys rotate --resume`"
        }
    }

    static func text(_ refusal: VaultError.KeyRefusal) -> String {
        switch refusal {
        case .rotationUnderWay: "a rotation is under way; wait for its end (`cloudspace keys status`)"
        case .noRotation: "no rotation is under way"
        case .alreadyPaused: "the rotation is paused already"
        case .notPaused: "the rotation is not paused"
        case .unknownGeneration(let number):
            "there never was a generation \(number); `cloudspace keys status` lists them"
        case .generationInUse(let number): "generation \(number) wraps new keys; rotate first"
        case .generationNeeded(let number, let keys):
            "generation \(number) still wraps \(keys) keys, or its rotation was not completed; rotate first"
        case .generationDestroyed(let number): "generation \(number) is destroyed already"
        case .nodesBehind(let count):
            "\(count) living servers do not have the active generation yet; `cloudspace nodes` lists them"
        case .signInsLast(let until):
            "sign-ins of that generation last until \(until.iso8601); destroy it after that"
        case .ringNotChangeable: "the key ring cannot be changed here"
        }
    }
}
