public import Backup
public import HTTP
import Synchronization
public import Vault

/// The whole API over one vault: what the transport asks, composed of the families' routes.
///
/// ```swift
/// let application = Application(vault: vault, settings: settings, log: log)
/// let server = HTTPServer(configuration, application)
/// application.observe(server)
/// ```
public final class Application: RequestHandler {
    /// The route table: what serves, what `/api/openapi.json` shows, what the event check walks through.
    public let routes: Routes
    private let handler: RoutedHandler
    private let headers: ResponseHeaders
    private let metrics: Metrics
    private let listeners: NotificationHub
    private let imports: Imports
    private let backups: Backups?

    /// - Parameters:
    ///   - verification: verifies the journal when somebody asks; one of its own when nil.
    ///   - sealing: seals the vault on an administrator's word; nil where nobody can.
    ///   - backups: makes and keeps archives; without it there are no routes for them.
    ///   - log: called for every answer that is the server's own fault; must not block.
    public init(
        vault: Vault, verification: VerificationRun? = nil,
        sealing: (any VaultSealing)? = nil, backups: Backups? = nil,
        settings: ApplicationSettings = ApplicationSettings(),
        log: @escaping @Sendable (LogRecord) -> Void = { _ in }
    ) {
        let parts = vault.partChecks(within: settings.checkDeadline)
        let metrics = Metrics(vault: vault, backups: backups, parts: parts, within: settings.checkDeadline)
        var table = RouteTable(
            authenticate: Authenticator(sessions: vault.sessions),
            refusals: RefusalNotes(ledger: vault.core.refusals))
        let cookie = SignInCookie(settings: settings.cookie)
        SecurityAccounts(vault: vault, cookie: cookie).register(in: &table)
        SecurityVersions(vault: vault).register(in: &table)
        SecurityReceipts(vault: vault).register(in: &table)
        SecurityJournal(vault: vault).register(in: &table)
        SecurityErasure(vault: vault).register(in: &table)
        SecurityEncryption(vault: vault).register(in: &table)
        SecurityJournalFilters(vault: vault).register(in: &table)
        SecurityKeeping(vault: vault).register(in: &table)
        if let backups {
            SecurityBackups(vault: vault, backups: backups).register(in: &table)
            SecurityArchiveRestores(backups: backups).register(in: &table)
            SecurityBackupSchedules(backups: backups).register(in: &table)
        }
        AdminRetention(vault: vault).register(in: &table)
        AdminExpiry(vault: vault).register(in: &table)
        AdminHolds(vault: vault).register(in: &table)
        AdminDeliveries(vault: vault).register(in: &table)
        AdminJournalExports(vault: vault).register(in: &table)
        AdminKeys(vault: vault).register(in: &table)
        AdminRecoveryKey(vault: vault).register(in: &table)
        JournalVerificationRoutes(run: verification ?? vault.journalVerification()).register(in: &table, vault)
        AdminSeal(vault: vault, sealing: sealing).register(in: &table)
        DriveAccount(vault: vault).register(in: &table)
        DriveSecrets(vault: vault).register(in: &table)
        DriveSettings(vault: vault).register(in: &table)
        DriveFolders(vault: vault).register(in: &table)
        DriveUpload(vault: vault).register(in: &table)
        DriveFiles(vault: vault).register(in: &table)
        let reader = PictureReader(vault: vault, authenticate: table.authenticate)
        DrivePreviews(vault: vault, reader: reader).register(in: &table)
        DriveAvatars(vault: vault, reader: reader).register(in: &table)
        DriveActivity(vault: vault).register(in: &table)
        DriveRecent(vault: vault).register(in: &table)
        DriveStarred(vault: vault).register(in: &table)
        DriveDashboard(vault: vault).register(in: &table)
        DriveArchives(vault: vault).register(in: &table)
        let imports = Imports(vault: vault, settings: settings.imports)
        self.imports = imports
        DriveImports(vault: vault, imports: imports).register(in: &table)
        DriveTrash(vault: vault).register(in: &table)
        DriveSearch(vault: vault).register(in: &table)
        DriveRestore(vault: vault).register(in: &table)
        DriveSharing(vault: vault).register(in: &table)
        DriveComments(vault: vault).register(in: &table)
        DriveNotifications(vault: vault).register(in: &table)
        DriveLinks(vault: vault).register(in: &table)
        LinkAccess(vault: vault).register(in: &table)
        LinkPages(vault: vault).register(in: &table)
        Health(vault: vault, parts: parts, settings: settings).register(in: &table)
        metrics.register(in: &table)
        LandingPage(settings: settings).register(in: &table)
        Documentation(settings: settings).register(in: &table)

        let refusals = Refusals(log: log)
        routes = table.routes
        self.metrics = metrics
        listeners = vault.core.listeners
        self.backups = backups
        headers = ResponseHeaders(allowedOrigins: settings.allowedOrigins)
        handler = RoutedHandler(
            table.routes, renderProblem: { problem, head in refusals.response(to: problem, head) },
            renderError: { error, request in refusals.response(to: error, request) })
    }

    /// Lets `/metrics` show what the server counts.
    public func observe(_ server: HTTPServer) { metrics.observe(server) }

    public func route(_ head: RequestHead) -> RouteDecision { handler.route(head) }

    public func respond(to request: Request) async -> Response {
        var response = await handler.respond(to: request)
        headers.apply(to: &response, for: request.head)
        return response
    }

    /// Ends the live streams, which would otherwise hold the stop up until its grace is over, and the imports.
    public func serverStops() {
        listeners.stop()
        imports.stop()
        backups?.serverStops()
    }

    public func render(_ problem: HTTPProblem, for head: RequestHead?) -> Response {
        var response = handler.render(problem, for: head)
        headers.apply(to: &response, for: head)
        return response
    }
}

/// Spells what went wrong, and tells the operator when it was our own fault.
struct Refusals: Sendable {
    let log: @Sendable (LogRecord) -> Void

    func response(to problem: HTTPProblem, _ head: RequestHead?) -> Response {
        Problem(problem).response(in: Language(accepting: head?.headers.first("Accept-Language")))
    }

    func response(to error: any Error, _ request: Request) -> Response {
        let foreseen = Problem(foreseen: error)
        let problem = foreseen ?? .unforeseen(requestID: request.id)
        if problem.status >= 500 {
            log(
                LogRecord(
                    level: foreseen == nil || problem.status == 500 ? .error : .warning, requestID: request.id,
                    route: "\(request.method.rawValue) \(request.route?.pattern ?? "-")", status: problem.status,
                    cause: Cause.text(error)))
        }
        return problem.response(in: request.language)
    }
}

/// An error in words fit for a log.
enum Cause {
    /// Our own errors describe themselves without values; of foreign ones only the type is told.
    static func text(_ error: any Error) -> String {
        switch error {
        case let error as VaultError: "VaultError.\(error)"
        case let error as any CustomStringConvertible & Error: "\(type(of: error)): \(error.description)"
        default: String(reflecting: type(of: error))
        }
    }
}
