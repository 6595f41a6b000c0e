import API
import Backup
import Vault

/// The API over the opened vault, as the settings want it.
enum HTTPApplication {
    static func make(
        _ parts: VaultParts, _ configuration: Configuration, verification: VerificationRun,
        sealing: any VaultSealing, backups: Backups, log: Log
    ) throws(ProgramError) -> Application {
        Application(
            vault: parts.vault, verification: verification, sealing: sealing, backups: backups,
            settings: try settings(configuration), log: { log.write($0) })
    }

    static func settings(_ configuration: Configuration) throws(ProgramError) -> ApplicationSettings {
        var settings = ApplicationSettings()
        settings.version = Program.version
        if let origins = try configuration[Settings.allowedOrigins] { settings.allowedOrigins = Set(origins) }
        if try configuration[Settings.secureCookies] { settings.cookie.secure = .always }
        settings.imports.entries = try configuration[Settings.importEntries]
        if let limit = try configuration[Settings.importBytes] { settings.imports.bytes = limit }
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
