import API
import Crypto
import Database
import HTTP
import Synchronization
import Vault

/// The running server: one HTTP server, behind it the vault with its jobs, or a sealed one, and an orderly end.
struct Service: Sendable {
    private let start: VaultStart
    private let settings: ServerSettings
    private let configuration: Configuration
    private let program: String
    private let log: Log
    private let events = ServiceEvents()
    private let switching = SwitchingHandler(NoHandler())
    private let server: HTTPServer
    private let listening = Listening()

    init(
        _ start: VaultStart, _ settings: ServerSettings, _ configuration: Configuration, program: String, log: Log
    ) throws(ProgramError) {
        self.start = start
        self.settings = settings
        self.configuration = configuration
        self.program = program
        self.log = log
        let handler: any RequestHandler =
            try configuration[Settings.accessLog] ? AccessLog(inner: switching, log: log) : switching
        server = HTTPServer(settings.http, handler)
    }

    /// What is to be served next.
    private enum Turn: Sendable {
        /// `done` waits until it is served.
        case open(OpenedVault, done: CheckedContinuation<Void, Never>?)
        case sealed(SealedVault)
        case stopped(clean: Bool)
    }

    /// Serves until the first signal, then finishes what is under way.
    func run(_ opened: VaultStart.Opened, until signals: StopSignals) async throws -> Int32 {
        var turn = first(opened)
        let listener = Task { [events] in events.send(.stop(await signals.first())) }
        while true {
            switch turn {
            case .open(let vault, let done): turn = try await serve(vault, done)
            case .sealed(let vault): turn = try await serve(vault)
            case .stopped(let isClean):
                listener.cancel()
                await events.close()
                log.info("stopped")
                await log.flush()
                return isClean ? 0 : 1
            }
        }
    }

    private func first(_ opened: VaultStart.Opened) -> Turn {
        switch opened {
        case .open(let vault): return .open(vault, done: nil)
        case .sealed(let held, let error):
            return .sealed(
                SealedVault(start, held, configuration, because: .unlocking(error), log: log, opened: hand))
        }
    }

    /// Gives an unsealed vault to the loop above, and returns when it serves.
    private var hand: @Sendable (VaultParts) async -> Void {
        { [events] parts in
            let vault = OpenedVault(parts)
            await events.sendAndWait { .opened(vault, done: $0) }
        }
    }

    /// Listens, if nobody does yet.
    /// - Returns: whether it is the first time.
    private func listen() throws -> Bool {
        guard listening.origin.withLock({ $0 == nil }) else { return false }
        let port = try server.start()
        listening.origin.withLock { $0 = settings.origin(port: port) }
        return true
    }

    /// What a client puts before the path.
    private var origin: String { listening.origin.withLock { $0 } ?? "" }

    private func announce() { StandardStream.output.print("listening on \(origin)") }
}

// MARK: An open vault

extension Service {
    private enum Ending: Sendable {
        case stopped(clean: Bool)
        case sealed(SealedVault, WeakCore)
    }

    /// Nothing of the vault is referred to from here while it serves, so that its keys are gone once it is sealed.
    private func serve(_ vault: OpenedVault, _ done: CheckedContinuation<Void, Never>?) async throws -> Turn {
        switch try await serveUntilTold(vault, done) {
        case .stopped(let isClean): return .stopped(clean: isClean)
        case .sealed(let vault, let core):
            await letGo(of: core)
            return .sealed(vault)
        }
    }

    private func serveUntilTold(
        _ vault: OpenedVault, _ done: CheckedContinuation<Void, Never>?
    ) async throws -> Ending {
        guard let parts = vault.take() else {
            done?.resume()
            return .stopped(clean: false)
        }
        do {
            return try await serve(parts, try await ServedParts.make(parts, configuration, events, log), done)
        } catch {
            done?.resume()
            await parts.database.close()
            throw error
        }
    }

    /// - Throws: only before `done` was resumed.
    private func serve(
        _ parts: VaultParts, _ served: ServedParts, _ done: CheckedContinuation<Void, Never>?
    ) async throws -> Ending {
        try await WitnessPlace(configuration).compareAtStart(parts, log: log)
        switching.replace(with: served.application)
        served.application.observe(server)
        let isFirst = try listen()
        done?.resume()
        if isFirst {
            await greet(parts)
            announce()
            warn(parts)
        }
        log.info(
            isFirst ? "started" : "open",
            [
                "version": .text(Program.version), "vault": .text(UUIDForm.text(parts.ring.vaultID)),
                "keys": .text("\(parts.keys.provider.name), tested"),
            ])
        let told = await withTaskGroup { group in
            group.addTask { [origin] in await served.jobs.run(as: "\(NetworkAddress.hostName()) \(origin)") }
            let told = await nextTold(parts)
            switch told {
            case .stop(let signal):
                log.info("stopping", ["signal": .text(StopSignals.name(signal))])
                await server.stop(graceSeconds: Double(settings.stopGrace))
            case .seal(let sealed, let done):
                switching.replace(with: sealed.application)
                sealed.application.observe(server)
                served.application.serverStops()
                log.warning("sealed by an administrator")
                done.resume()
            }
            parts.vault.previews.stop()
            group.cancelAll()
            return told
        }
        await served.verification.stop()
        let isClean = await finish(served.jobs)
        await served.rows.close()
        switch told {
        case .stop:
            await parts.database.close()
            return .stopped(clean: isClean)
        case .seal(let sealed, _): return .sealed(sealed, WeakCore(core: parts.core))
        }
    }

    /// The next word that an open vault heeds.
    private func nextTold(_ parts: VaultParts) async -> Told {
        while let event = await events.next() {
            switch event {
            case .stop(let signal): return .stop(signal)
            case .seal(let done):
                let sealed = SealedVault(
                    parts.start, parts.held, configuration, because: .administrator, log: log, opened: hand)
                return .seal(sealed, done: done)
            case .opened(_, let done): done.resume()
            }
        }
        return .stop(0)
    }

    private enum Told: Sendable {
        case stop(Int32)
        case seal(SealedVault, done: CheckedContinuation<Void, Never>)
    }

    private func finish(_ jobs: Jobs) async -> Bool {
        do {
            try await jobs.finish()
            return true
        } catch {
            log.error("the end of the journal is not signed", ["cause": .text(ProgramError(error).message)])
            return false
        }
    }

    /// Waits for requests under way, which still hold keys, as long as the stop of a server would.
    private func letGo(of core: WeakCore) async {
        let end = ContinuousClock.now + .seconds(settings.stopGrace)
        while core.core != nil, ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { break }
        }
        if core.core == nil {
            log.info("all keys are gone from memory")
        } else {
            log.warning(
                "requests that began before the vault was sealed are still being answered; their keys go with them")
        }
    }

    /// Tells the log what `doctor` would complain about and what costs nothing to look at.
    private func warn(_ parts: VaultParts) {
        if parts.core.previewProgram == nil {
            log.warning("no preview program: files have no previews and people no pictures")
        }
        warn(parts.keys)
    }

    private func warn(_ keys: KeyAccess) {
        for problem in keys.provider.problems { log.warning(problem) }
        if let data = start.place.data?.path, let status = FileSystem.status(of: data), status.mode & 0o077 != 0 {
            log.warning("others can reach \(data); chmod 700 \(data)")
        }
    }

    /// Says what somebody at the terminal must know.
    private func greet(_ parts: VaultParts) async {
        if parts.made.data { StandardStream.output.print(FirstStart.dataMade(parts)) }
        if parts.made.keys { StandardStream.output.print(FirstStart.keysMade(parts)) }
        let administrators = try? await parts.vault.accounts.administratorCount()
        if administrators == 0 { StandardStream.output.print(FirstStart.administrator(parts, program: program)) }
    }
}

/// What serves an open vault, made before anything is served.
private struct ServedParts: Sendable {
    let jobs: Jobs
    let application: Application
    let verification: VerificationRun
    /// What archives are made of; closed after the jobs ended.
    let rows: any Database

    static func make(
        _ parts: VaultParts, _ configuration: Configuration, _ events: ServiceEvents, _ log: Log
    ) async throws -> ServedParts {
        let rows = try await BackupPlace.openRows(parts.place)
        do {
            return try ServedParts(parts, configuration, events, log, rows)
        } catch {
            await rows.close()
            throw error
        }
    }

    private init(
        _ parts: VaultParts, _ configuration: Configuration, _ events: ServiceEvents, _ log: Log, _ rows: any Database
    ) throws {
        self.rows = rows
        let backups = try BackupPlace(configuration).backups(parts, rows: rows)
        jobs = try Jobs(parts, configuration, backups: backups, rows: rows, log: log)
        verification = parts.vault.journalVerification()
        application = try HTTPApplication.make(
            parts, configuration, verification: verification,
            sealing: ServedVault(provider: parts.keys.provider.name, events: events), backups: backups, log: log)
    }
}

/// Where the server listens, once it does.
private final class Listening: Sendable {
    let origin = Mutex<String?>(nil)
}

/// Tells whether anything still refers to a vault's parts.
private struct WeakCore: Sendable {
    weak let core: VaultCore?
}

// MARK: A sealed vault

extension Service {
    private func serve(_ vault: SealedVault) async throws -> Turn {
        switching.replace(with: vault.application)
        vault.application.observe(server)
        do {
            if try listen() {
                StandardStream.output.print(vault.words(server: origin, program: program))
                announce()
                warn(start.keys)
                await vault.tellJournal()
            }
        } catch {
            await vault.close()
            throw error
        }
        log.warning("sealed", ["reason": .text(vault.status.reason?.rawValue ?? "")])
        // Not waited for: the try that succeeds waits itself until the vault is served.
        let trying = Task { await vault.keepTrying() }
        defer { trying.cancel() }
        while let event = await events.next() {
            switch event {
            case .stop(let signal):
                log.info("stopping", ["signal": .text(StopSignals.name(signal))])
                await server.stop(graceSeconds: Double(settings.stopGrace))
                await vault.close()
                return .stopped(clean: true)
            case .seal(let done): done.resume()
            case .opened(let opened, let done): return .open(opened, done: done)
            }
        }
        return .stopped(clean: false)
    }
}
