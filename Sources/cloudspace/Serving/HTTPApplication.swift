import API
import Journal
import Vault

/// The API over the opened vault, as the settings want it.
enum HTTPApplication {
    static func make(
        _ parts: VaultParts, _ configuration: Configuration, verification: VerificationRun,
        sealing: any VaultSealing, log: Log
    ) throws(ProgramError) -> Application {
        Application(
            vault: parts.vault, exports: WholeJournal(parts: parts), verification: verification, sealing: sealing,
            settings: try settings(configuration), log: { log.write($0) })
    }

    static func settings(_ configuration: Configuration) throws(ProgramError) -> ApplicationSettings {
        var settings = ApplicationSettings()
        settings.version = Program.version
        if let origins = try configuration[Settings.allowedOrigins] { settings.allowedOrigins = Set(origins) }
        if try configuration[Settings.secureCookies] { settings.cookie.secure = .always }
        return settings
    }
}

extension Log {
    /// What the API could not do, without names or content.
    func write(_ record: LogRecord) {
        let level: Level =
            switch record.level {
            case .error: .error
            case .warning: .warning
            }
        write(
            level, "request failed",
            [
                "route": .text(record.route), "status": .number(Int64(record.status)),
                "request": .text(record.requestID), "cause": .text(record.cause),
            ])
    }
}

/// Exports of the whole journal, signed as it is when one is asked for.
private struct WholeJournal: JournalExports {
    let parts: VaultParts

    func export() async throws -> any JournalPieces {
        let checkpoint = try await parts.core.sequencer.makeCheckpoint()
        return Pieces(export: JournalExport(parts.journal, database: parts.database, checkpoint: checkpoint))
    }

    private struct Pieces: JournalPieces {
        let export: JournalExport

        func next() async throws -> [UInt8]? { try await export.next() }
    }
}
