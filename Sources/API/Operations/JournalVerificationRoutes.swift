import Crypto
import HTTP
import Journal
import Vault

/// Proof that the journal is as it was written: recomputed by the server itself, sealed or open, with the journal's public
/// key. Whoever does not trust the server exports the journal and verifies it elsewhere.
struct JournalVerificationRoutes: Sendable {
    let run: VerificationRun
    /// An unknown caller cannot keep a sealed server reading for ever.
    private static let pause: Int64 = 60

    /// For a sealed vault, where nobody can sign in: numbers and hashes, and no more often than once a minute.
    func registerOpen(in routes: inout Routes) {
        var (read, start) = (Self.readInfo, Self.startInfo)
        (read.access, start.access) = (.anyone, .anyone)
        routes.add(.get, "/api/journal/verification", read) { _ in answer(200, run.state) }
        routes.add(.post, "/api/journal/verification", start) { _ in answer(202, run.start(pause: Self.pause)) }
    }

    /// For an open one: those whose role reads the journal.
    func register(in table: inout RouteTable, _ vault: Vault) {
        table.signedIn(.get, "/api/journal/verification", Self.readInfo) { _, principal in
            try principal.require(.readJournal)
            return answer(200, run.state)
        }
        table.signedIn(.post, "/api/journal/verification", Self.startInfo) { _, principal in
            try principal.require(.readJournal)
            try await vault.auditTrail.note(.journalRead, by: principal)
            return answer(202, run.start(pause: 1))
        }
    }

    private func answer(_ status: Int, _ state: VerificationRun.State) -> Response {
        .json(status) { json in
            json.object { json in
                switch state {
                case .idle: json.field("state", "idle")
                case .keyUnknown: json.field("state", "key_unknown")
                case .running(let progress, let since):
                    json.field("state", "running")
                    json.field("since", since)
                    json.field("verified", progress.done)
                    json.field("total", progress.total)
                case .failed(let moment):
                    json.field("state", "failed")
                    json.field("date", moment)
                case .done(let report, let moment):
                    json.field("state", "done")
                    json.field("date", moment)
                    json.report(report)
                }
            }
        }
    }

    // MARK: Descriptions

    private static let schema = Schema.object([
        .required("state", .choice(["idle", "running", "done", "failed", "key_unknown"])), .optional("date", .time),
        .optional("since", .time), .optional("verified", .integer), .optional("total", .integer),
        .optional("sound", .boolean), .optional("events", .integer), .optional("checkpoints", .integer),
        .optional("pending", .integer), .optional("tree_size", .integer), .optional("root_hash", .string()),
        .optional("findings", .array(.string())),
    ])

    private static let readInfo = RouteInfo.security(
        "How the last verification of the whole journal ended, or how far it is", access: .auditor,
        ResponseDescription(200, "Where it stands", schema))

    private static let startInfo = RouteInfo.security(
        "Recompute the whole journal and compare it with its tree and its signatures; one run at a time",
        access: .auditor, events: [.journalRead], ResponseDescription(202, "Begun, or under way", schema))
}

extension JSONWriter {
    fileprivate mutating func report(_ report: VerificationReport) {
        field("sound", report.isSound)
        field("events", report.events)
        field("checkpoints", report.checkpoints)
        field("pending", report.pending)
        field("tree_size", report.head.size)
        field("root_hash", Base64.encode(report.head.rootHash))
        array("findings", report.findings.prefix(20)) { json, finding in json.value(finding.description) }
    }
}
