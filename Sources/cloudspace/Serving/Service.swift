import API
import Crypto
import Database
import HTTP
import Vault

/// The running server: the application behind the transport, its jobs beside it, and an orderly end.
struct Service: Sendable {
    let parts: VaultParts
    let settings: ServerSettings
    let configuration: Configuration
    let program: String
    let log: Log

    init(
        _ parts: VaultParts, _ settings: ServerSettings, _ configuration: Configuration, program: String, log: Log
    ) {
        self.parts = parts
        self.settings = settings
        self.configuration = configuration
        self.program = program
        self.log = log
    }

    /// Serves until the first signal, then finishes what is under way.
    func run(until signals: StopSignals) async throws -> Int32 {
        let jobs = try Jobs(parts, configuration, log: log)
        let application = try HTTPApplication.make(parts, configuration, log: log)
        let handler: any RequestHandler =
            try configuration[Settings.accessLog] ? AccessLog(inner: application, log: log) : application
        try await WitnessPlace(configuration).compareAtStart(parts, log: log)
        let server = HTTPServer(settings.http, handler)
        let port = try server.start()
        application.observe(server)
        await greet()
        StandardStream.output.print("listening on \(settings.origin(port: port))")
        warn()
        log.info("started", ["version": .text(Program.version), "vault": .text(UUIDForm.text(parts.ring.vaultID))])

        let signal = await withTaskGroup { group in
            group.addTask { await jobs.run(as: "\(NetworkAddress.hostName()) \(settings.origin(port: port))") }
            let signal = await signals.first()
            log.info("stopping", ["signal": .text(StopSignals.name(signal))])
            await server.stop(graceSeconds: Double(settings.stopGrace))
            parts.vault.previews.stop()
            group.cancelAll()
            return signal
        }
        var isClean = true
        do {
            try await jobs.finish()
        } catch {
            isClean = false
            log.error("the end of the journal is not signed", ["cause": .text(ProgramError(error).message)])
        }
        await parts.database.close()
        log.info("stopped", ["signal": .text(StopSignals.name(signal))])
        await log.flush()
        return isClean ? 0 : 1
    }

    /// Tells the log what `doctor` would complain about and what costs nothing to look at.
    private func warn() {
        if parts.core.previewProgram == nil {
            log.warning("no preview program: files have no previews and people no pictures")
        }
        for problem in parts.keys.provider.problems { log.warning(problem) }
        if let data = parts.place.data?.path, let status = FileSystem.status(of: data), status.mode & 0o077 != 0 {
            log.warning("others can reach \(data); chmod 700 \(data)")
        }
    }

    /// Says what somebody at the terminal must know.
    private func greet() async {
        if parts.made.data { StandardStream.output.print(FirstStart.dataMade(parts)) }
        if parts.made.keys { StandardStream.output.print(FirstStart.keysMade(parts)) }
        let administrators = try? await parts.vault.accounts.administratorCount()
        if administrators == 0 { StandardStream.output.print(FirstStart.administrator(parts, program: program)) }
    }
}
