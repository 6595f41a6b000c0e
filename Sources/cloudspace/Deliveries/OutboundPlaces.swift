import Crypto
import Outbound
import Vault

/// Where the operator wants things sent, checked before the server starts.
struct OutboundPlaces: Sendable {
    let checkpointWebhook: WebhookTarget?
    let exportWebhook: WebhookTarget?
    let exportDirectory: String?
    let mail: Mail?
    /// What the vault's outbox needs to know.
    let settings: DeliverySettings

    struct Mail: Sendable {
        let server: MailServer
        let sender: MailAddress
        let recipients: [MailAddress]
    }

    init(_ configuration: Configuration) throws(ProgramError) {
        let authority = try configuration[Settings.outboundCA]
        if let authority, FileSystem.bytes(of: authority, limit: 16 << 20) == nil {
            throw .setting("\(configuration.origin(of: Settings.outboundCA)): \(authority.printable) cannot be read")
        }
        checkpointWebhook = try Self.webhook(
            Settings.checkpointWebhook, Settings.checkpointWebhookSecret, Settings.checkpointWebhookSecretFile,
            authority, configuration)
        exportWebhook = try Self.webhook(
            Settings.exportWebhook, Settings.exportWebhookSecret, Settings.exportWebhookSecretFile, authority,
            configuration)
        mail = try Self.mail(authority, configuration)
        exportDirectory = try configuration[Settings.exportDirectory]
        if let exportDirectory, FileSystem.status(of: exportDirectory)?.isDirectory != true {
            throw .setting(
                "\(configuration.origin(of: Settings.exportDirectory)): \(exportDirectory.printable) is no directory; make it "
                    + "for the server's account alone (chmod 700)")
        }
        var settings = DeliverySettings()
        settings.mailInterval = try configuration[Settings.checkpointMailInterval]
        settings.patience = try configuration[Settings.deliveryPatience]
        if checkpointWebhook != nil { settings.targets.insert(.checkpointWebhook) }
        if mail != nil { settings.targets.insert(.checkpointMail) }
        if exportWebhook != nil { settings.targets.insert(.exportWebhook) }
        if exportDirectory != nil { settings.targets.insert(.exportDirectory) }
        self.settings = settings
    }

    private static func webhook(
        _ url: Setting<String?>, _ secret: Setting<String?>, _ file: Setting<String?>, _ authority: String?,
        _ configuration: Configuration
    ) throws(ProgramError) -> WebhookTarget? {
        let text = try Self.secret(secret, file, configuration)
        guard let address = try configuration[url] else {
            guard text == nil else {
                throw .setting("\(secret.environment) is given without \(url.environment), the address it is for")
            }
            return nil
        }
        guard let text else {
            throw .setting(
                "\(configuration.origin(of: url)) names a webhook, but its secret is missing; set \(secret.environment) "
                    + "or --\(file.name)")
        }
        guard let key = WebhookSecret(parsing: text) else {
            throw .setting("\(secret.environment): expected \(WebhookSecret.expectation)")
        }
        do {
            return try WebhookTarget(parsing: address, secret: key, certificateAuthority: authority)
        } catch {
            throw .setting("\(configuration.origin(of: url)): expected \(error.expectation)")
        }
    }

    private static func mail(_ authority: String?, _ configuration: Configuration) throws(ProgramError) -> Mail? {
        guard let addresses = try configuration[Settings.checkpointMail].flatMap(MailAddress.list) else { return nil }
        guard let server = try mailServer(authority, configuration) else {
            throw .setting("CHECKPOINT_EMAIL is given without a mail server; set SMTP_URL and MAIL_FROM")
        }
        guard let sender = try configuration[Settings.mailFrom].flatMap(MailAddress.init) else {
            throw .setting("SMTP_URL names a mail server, but the sender is missing; set MAIL_FROM")
        }
        return Mail(server: server, sender: sender, recipients: addresses)
    }

    private static func mailServer(
        _ authority: String?, _ configuration: Configuration
    ) throws(ProgramError) -> MailServer? {
        guard let url = try configuration[Settings.smtpURL] else { return nil }
        let user = try configuration[Settings.smtpUser]
        let password = try secret(Settings.smtpPassword, Settings.smtpPasswordFile, configuration)
        do {
            guard let password else {
                return try MailServer(parsing: url, user: user, certificateAuthority: authority)
            }
            return try MailServer(
                parsing: url, user: user, password: SecretBytes(copying: Array(password.utf8)),
                certificateAuthority: authority)
        } catch {
            throw .setting("\(configuration.origin(of: Settings.smtpURL)): expected \(error.expectation)")
        }
    }

    /// The secret itself, or the first line of its file.
    private static func secret(
        _ setting: Setting<String?>, _ file: Setting<String?>, _ configuration: Configuration
    ) throws(ProgramError) -> String? {
        if let text = try configuration[setting] { return text }
        guard let path = try configuration[file] else { return nil }
        guard let text = FileSystem.text(of: path, limit: 64 << 10),
            let line = text.split(whereSeparator: \.isNewline).first
        else {
            throw .setting("\(configuration.origin(of: file)): \(path.printable) cannot be read, or is empty")
        }
        return String(line)
    }
}
