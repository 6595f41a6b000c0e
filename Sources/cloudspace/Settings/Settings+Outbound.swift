import Outbound

/// What leaves the machine, and what is remembered elsewhere.
extension Settings {
    static let smtpURL = Setting<String?>(
        "smtp-url", environment: "SMTP_URL", placeholder: "URL",
        summary:
            "Mail server: smtps://USER@HOST, or smtp://USER@HOST with STARTTLS; ?tls=none for one without encryption",
        fallback: .some(nil), absence: ""
    ) { $0 }
    static let smtpUser = Setting<String?>(
        "smtp-user", environment: "SMTP_USER", placeholder: "NAME",
        summary: "User of the mail server, where it cannot stand in --smtp-url", fallback: .some(nil), absence: ""
    ) { $0 }
    static let smtpPassword = secret(
        "smtp-password", environment: "SMTP_PASSWORD", summary: "Password of the user of --smtp-url")
    static let smtpPasswordFile = Setting<String?>.path(
        "smtp-password-file", summary: "File whose first line is the password of the user of --smtp-url")
    static let mailFrom = Setting<String?>(
        "mail-from", environment: "MAIL_FROM", placeholder: "ADDRESS", summary: "Sender of the vault's mail",
        fallback: .some(nil), absence: ""
    ) { text throws(BadValue) in
        guard MailAddress(text) != nil else { throw BadValue("an address such as vault@example.com") }
        return text
    }
    static let outboundCA = Setting<String?>.path(
        "outbound-ca",
        summary: "File of certificates (PEM) to trust for mail and webhooks instead of the system's")

    static let checkpointWebhook = webhook(
        "checkpoint-webhook-url", environment: "CHECKPOINT_WEBHOOK_URL",
        summary: "Where every new checkpoint of the journal is posted, signed (docs/formats/webhooks.md)")
    static let checkpointWebhookSecret = secret(
        "checkpoint-webhook-secret", environment: "CHECKPOINT_WEBHOOK_SECRET",
        summary: "Secret shared with the receiver of checkpoints: whsec_ and 24 to 64 bytes in base64")
    static let checkpointWebhookSecretFile = Setting<String?>.path(
        "checkpoint-webhook-secret-file", summary: "File whose first line is that secret")
    static let checkpointMail = Setting<String?>(
        "checkpoint-email", environment: "CHECKPOINT_EMAIL", placeholder: "ADDRESSES",
        summary: "Who gets checkpoints of the journal by mail, separated by commas",
        fallback: .some(nil), absence: ""
    ) { text throws(BadValue) in
        guard MailAddress.list(text) != nil else { throw BadValue("addresses separated by commas, at most 50") }
        return text
    }
    static let checkpointMailInterval = Setting<Int64>.duration(
        "checkpoint-email-interval", summary: "At least so long between two checkpoints by mail", 1...31_536_000,
        fallback: 86_400, absence: "24h")
    static let deliveryPatience = Setting<Int64>.duration(
        "delivery-patience", summary: "How long something that is to leave the machine is tried before it is given up",
        1...31_536_000, fallback: 3 * 86_400, absence: "3d")

    static let exportDirectory = Setting<String?>.path(
        "journal-export-dir", summary: "Directory into which scheduled exports of the journal are written; must exist")
    static let exportWebhook = webhook(
        "journal-export-webhook-url", environment: "JOURNAL_EXPORT_WEBHOOK_URL",
        summary: "Where scheduled exports of the journal are posted, signed")
    static let exportWebhookSecret = secret(
        "journal-export-webhook-secret", environment: "JOURNAL_EXPORT_WEBHOOK_SECRET",
        summary: "Secret shared with the receiver of exports: whsec_ and 24 to 64 bytes in base64")
    static let exportWebhookSecretFile = Setting<String?>.path(
        "journal-export-webhook-secret-file", summary: "File whose first line is that secret")

    static let witnessFile = Setting<String?>.path(
        "witness-file",
        summary:
            "File of checkpoints kept elsewhere, with which the journal is compared at the start and every hour; best on "
            + "another machine's disk")
    static let witnessStrict = Setting<Bool>.onOff(
        "witness-strict",
        summary: "Do not serve when the journal contradicts --witness-file, or the file cannot be read")

    static let outbound: [any SettingDescription] = [
        smtpURL, smtpUser, smtpPassword, smtpPasswordFile, mailFrom, outboundCA, checkpointWebhook,
        checkpointWebhookSecret, checkpointWebhookSecretFile, checkpointMail, checkpointMailInterval, exportDirectory,
        exportWebhook, exportWebhookSecret, exportWebhookSecretFile, deliveryPatience,
    ]
    static let witness: [any SettingDescription] = [witnessFile, witnessStrict]

    /// A secret never stands on the command line, where everybody sees it.
    private static func secret(_ name: String, environment: String, summary: String) -> Setting<String?> {
        Setting(
            name, environment: environment, placeholder: "SECRET", summary: summary, places: [.environment, .file],
            fallback: .some(nil), absence: ""
        ) { $0 }
    }

    private static func webhook(_ name: String, environment: String, summary: String) -> Setting<String?> {
        Setting(
            name, environment: environment, placeholder: "URL", summary: summary, fallback: .some(nil), absence: ""
        ) { text throws(BadValue) in
            guard WebhookTarget.isTarget(text) else { throw BadValue(WebhookTarget.expectation) }
            return text
        }
    }
}
