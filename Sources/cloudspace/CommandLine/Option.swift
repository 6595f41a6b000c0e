/// Something only the command line can say, as opposed to a setting, which may also rest in a file or the environment.
struct Option: Sendable {
    /// Without the dashes.
    let name: String
    /// What stands for the value in help texts; nil for a switch, which takes no value.
    let placeholder: String?
    let summary: String

    static let email = Option(name: "email", placeholder: "ADDRESS", summary: "E-mail address of the account")
    static let id = Option(name: "id", placeholder: "UUID", summary: "Id of the account, as `users list` shows it")
    static let role = Option(
        name: "role", placeholder: "ROLE", summary: "admin, contributeur, lecteur or auditeur")
    static let passwordStdin = Option(
        name: "password-stdin", placeholder: nil, summary: "Read the password from standard input (first line)")
    static let firstName = Option(name: "first-name", placeholder: "NAME", summary: "First name")
    static let lastName = Option(name: "last-name", placeholder: "NAME", summary: "Last name")
    static let file = Option(
        name: "file", placeholder: "EXPORT", summary: "Verify this NDJSON export instead of the database")
    static let publicKey = Option(
        name: "public-key", placeholder: "KEY",
        summary: "The journal's verifier key (NAME+ID+BASE64), as `journal checkpoint` prints it")
    static let checkpoints = Option(
        name: "checkpoints", placeholder: "FILE",
        summary: "Checkpoints kept elsewhere, one after another; only they show that a journal was rewritten as a whole"
    )
    static let delivery = Option(
        name: "id", placeholder: "UUID", summary: "Id of the delivery, as `deliveries list` shows it")
    static let state = Option(name: "state", placeholder: "STATE", summary: "Only those waiting, delivered or failed")
    static let out = Option(name: "out", placeholder: "FILE", summary: "Where to write; `-` is standard output")
    static let node = Option(name: "node", placeholder: "UUID", summary: "Id of the file or folder")
    static let nodes = Option(
        name: "nodes", placeholder: "UUIDS", summary: "Ids of files and folders, with commas between them")
    static let policy = Option(
        name: "id", placeholder: "UUID", summary: "Id of the policy, as `retention list` shows it")
    static let hold = Option(name: "id", placeholder: "UUID", summary: "Id of the hold, as `holds list` shows it")
    static let ruleName = Option(name: "name", placeholder: "NAME", summary: "What it is called")
    static let reason = Option(name: "reason", placeholder: "WORDS", summary: "Why; the journal keeps it")
    static let mode = Option(
        name: "mode", placeholder: "MODE",
        summary: "governance (who manages retention may shorten it) or compliance (nobody may)")
    static let duration = Option(
        name: "duration", placeholder: "DURATION",
        summary: "How long each version is kept at least: P10Y, P90D, PT12H or a number of days")
    static let keepVersions = Option(
        name: "keep-versions", placeholder: "N", summary: "Let all but the newest N versions expire")
    static let keepFor = Option(
        name: "keep-for", placeholder: "DURATION", summary: "Let versions older than this expire")
    static let dryRun = Option(name: "dry-run", placeholder: nil, summary: "Only say what would be done")
    static let deep = Option(
        name: "deep", placeholder: nil, summary: "Also open and verify every stored blob (reads everything)")
    static let shares = Option(
        name: "shares", placeholder: "N", summary: "Into how many shares the key is split, 2 to 255 (default: 5)")
    static let threshold = Option(
        name: "threshold", placeholder: "K", summary: "How many of them unseal the vault, 2 or more (default: 3)")
    static let server = Option(
        name: "server", placeholder: "URL", summary: "The running server, such as https://vault.example.com")
    static let serverAuthority = Option(
        name: "ca", placeholder: "FILE", summary: "Certificates (PEM) to trust for that server, instead of the system's"
    )
    static let unsealShares = Option(
        name: "share-file", placeholder: "FILE", summary: "File with shares, one a line; `-` is standard input")
    static let unsealPassphrase = Option(
        name: "passphrase-file", placeholder: "FILE", summary: "File whose first line is the passphrase")
    static let tokenFile = Option(
        name: "token-file", placeholder: "FILE",
        summary: "File whose first line is an administrator's token, as POST /api/auth/login gives it")
    static let newProvider = Option(
        name: "to", placeholder: "PROVIDER",
        summary: "The new provider: file, passphrase, shares, pkcs11, transit, aws-kms")
    static let newPassphrase = Option(
        name: "new-passphrase-file", placeholder: "FILE", summary: "File whose first line is the new passphrase")
}
