import API
import HTTP
import Vault

/// The API over the opened vault, as the settings want it.
enum HTTPApplication {
    static func make(_ parts: VaultParts, _ configuration: Configuration, log: Log) -> Application {
        var settings = ApplicationSettings()
        settings.version = Program.version
        return Application(vault: parts.vault, settings: settings) { record in
            let level: Log.Level =
                switch record.level {
                case .error: .error
                case .warning: .warning
                }
            log.write(
                level, "request failed",
                [
                    "route": .text(record.route), "status": .number(Int64(record.status)),
                    "request": .text(record.requestID), "cause": .text(record.cause),
                ])
        }
    }
}
