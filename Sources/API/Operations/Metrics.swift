import Backup
import BlobStore
import Database
import HTTP
import Journal
import Media
import Vault

/// What the service counts, for Prometheus (text exposition format 0.0.4). Numbers only: no names, no addresses.
final class Metrics: Sendable {
    private let vault: Vault
    private let backups: PartCheck<BackupStatistics>?
    private let parts: PartChecks
    private let server = ObservedServer()

    /// - Parameter deadline: how long the numbers of the backups are waited for.
    init(vault: Vault, backups: Backups?, parts: PartChecks, within deadline: Duration) {
        self.vault = vault
        self.backups = backups.map { backups in
            PartCheck(within: deadline, steady: vault.core.steady) { try await backups.statistics() }
        }
        self.parts = parts
    }

    func observe(_ server: HTTPServer) { self.server.observe(server) }

    func register(in table: inout RouteTable) {
        let info = RouteInfo.operations(
            "Counters for Prometheus",
            ResponseDescription(200, "Text exposition format", .string(), contentType: "text/plain"))
        table.open(.get, "/metrics", info) { [self] _ in await metrics() }
    }

    // MARK: GET /metrics

    private func metrics() async -> Response {
        var text = Exposition()
        if let statistics = server.statistics { Self.write(statistics, to: &text) }
        text.gauge("cloudspace_sealed", "Whether the vault's keys are locked", 0)
        text.counter(
            "cloudspace_database_commits_total", "Committed transactions",
            Int64(clamping: vault.core.database.commitCount))
        async let journal = parts.journalSize.outcome().answer
        async let blobs = parts.blobs.outcome().answer
        async let numbers = backups?.outcome().answer
        if let size = await journal {
            text.gauge("cloudspace_journal_size", "Events in the journal's tree", size)
        }
        if let free = await blobs?.freeBytes {
            text.gauge("cloudspace_blob_store_free_bytes", "Bytes free where blobs are kept", free)
        }
        writeNode(to: &text)
        writeMedia(to: &text)
        writeDeliveries(to: &text)
        writeJobs(to: &text)
        if let numbers = await numbers { writeBackups(numbers, to: &text) }
        return .bytes(200, text.bytes, contentType: "text/plain; version=0.0.4; charset=utf-8")
    }

    /// What this node is and does for the others.
    private func writeNode(to text: inout Exposition) {
        let core = vault.core
        text.header("cloudspace_node_info", "The node that answered", "gauge")
        text.sample("cloudspace_node_info{node=\"\(core.membership.id)\"}", 1)
        text.gauge(
            "cloudspace_node_uptime_seconds", "Since this node started",
            (vault.now().milliseconds - core.membership.startedAt.milliseconds) / 1_000)
        let held = core.leases.held
        text.header("cloudspace_lease_held", "Whether this node does the work now that one does for all", "gauge")
        for name in LeaseName.allCases {
            text.sample("cloudspace_lease_held{lease=\"\(name.rawValue)\"}", held[name] == nil ? 0 : 1)
        }
        text.counter(
            "cloudspace_sign_ins_limited_total", "Sign-ins refused after too many failures", core.signInLimits.refused)
        text.gauge(
            "cloudspace_notification_streams_open", "Live streams of notifications", Int64(core.listeners.count))
    }

    /// Looking into contents, and making pictures of them.
    private func writeMedia(to text: inout Exposition) {
        let magic = vault.core.magic
        text.counter("cloudspace_magic_answers_total", "Contents that libmagic was asked about", magic.answered)
        text.counter("cloudspace_magic_skipped_total", "Contents it was not asked about, being busy", magic.skipped)
        text.gauge(
            "cloudspace_preview_program", "Whether the program that makes previews is there",
            vault.previews.statistics == nil ? 0 : 1)
        guard let previews = vault.previews.statistics else { return }
        text.gauge("cloudspace_previews_waiting", "Versions whose preview waits to be made", Int64(previews.waiting))
        text.counter("cloudspace_previews_made_total", "Previews made", previews.made)
        text.counter("cloudspace_previews_refused_total", "Contents of which there can be none", previews.refused)
        text.counter("cloudspace_previews_failed_total", "Attempts that came to nothing", previews.failed)
        text.counter("cloudspace_previews_dropped_total", "Versions that found the queue full", previews.dropped)
        text.header("cloudspace_previews_seconds_total", "Time spent on all of them", "counter")
        text.sample("cloudspace_previews_seconds_total", "\(Double(previews.milliseconds) / 1_000)")
    }

    /// What leaves the machine, and whether what is remembered elsewhere agrees with the journal.
    private func writeDeliveries(to text: inout Exposition) {
        let witness = vault.core.witness.status
        text.gauge(
            "cloudspace_journal_witness_state",
            "Journal against checkpoints kept elsewhere: 0 not compared, 1 consistent, 2 unreadable, 3 contradicted",
            witness.state.rawValue)
        if let checkedAt = witness.checkedAt {
            text.gauge(
                "cloudspace_journal_witness_timestamp_seconds", "When they were compared",
                checkedAt.milliseconds / 1_000)
        }
        let deliveries = vault.core.deliveryStatistics.all
        guard !deliveries.isEmpty else { return }
        text.header("cloudspace_deliveries_total", "Deliveries that arrived, sent by this node", "counter")
        for (target, counts) in deliveries {
            text.sample("cloudspace_deliveries_total{target=\"\(target.rawValue)\"}", counts.delivered)
        }
        text.header("cloudspace_delivery_failures_total", "Attempts of this node that failed", "counter")
        for (target, counts) in deliveries {
            text.sample("cloudspace_delivery_failures_total{target=\"\(target.rawValue)\"}", counts.failures)
        }
        text.header("cloudspace_deliveries_waiting", "Deliveries that wait, as this node saw last", "gauge")
        for (target, counts) in deliveries {
            text.sample("cloudspace_deliveries_waiting{target=\"\(target.rawValue)\"}", counts.waiting)
        }
        text.header("cloudspace_delivery_oldest_seconds", "Age of the oldest delivery that waits", "gauge")
        for (target, counts) in deliveries {
            text.sample("cloudspace_delivery_oldest_seconds{target=\"\(target.rawValue)\"}", counts.oldestSeconds)
        }
    }

    /// The backups of the whole vault, whatever node makes them; nothing while the database is away.
    private func writeBackups(_ numbers: BackupStatistics, to text: inout Exposition) {
        text.header("cloudspace_backups", "Backups by state", "gauge")
        for state in BackupState.allCases {
            text.sample("cloudspace_backups{state=\"\(state.rawValue)\"}", numbers.count[state] ?? 0)
        }
        text.gauge("cloudspace_backup_bytes", "Bytes of all archives that are kept", numbers.bytes)
        let now = vault.now().milliseconds
        if let newest = numbers.newestSystem {
            text.gauge(
                "cloudspace_backup_age_seconds", "Age of what the newest complete backup of the system shows",
                max(0, now - newest.milliseconds) / 1_000)
        }
        if let proven = numbers.lastProven {
            text.gauge(
                "cloudspace_backup_last_proven_seconds", "Since a drill last restored a sample well",
                max(0, now - proven.milliseconds) / 1_000)
        }
        text.header(
            "cloudspace_backup_last_proven_restorable_timestamp_seconds",
            "When a sample of it was last restored well, for each of the newest backups; 0 for never", "gauge")
        for backup in numbers.provenByBackup {
            text.sample(
                "cloudspace_backup_last_proven_restorable_timestamp_seconds{backup=\"\(backup.id)\"}",
                (backup.at?.milliseconds ?? 0) / 1_000)
        }
        text.header("cloudspace_backup_checks", "Verifications and drills of the backups kept, by outcome", "gauge")
        for kind in BackupCheck.Kind.allCases {
            for state in BackupCheck.State.allCases where state.isFinished {
                text.sample(
                    "cloudspace_backup_checks{kind=\"\(kind.rawValue)\",outcome=\"\(state.rawValue)\"}",
                    numbers.checks[kind]?[state] ?? 0)
            }
        }
    }

    private func writeJobs(to text: inout Exposition) {
        let removed = vault.core.jobs.allRemoved
        if !removed.isEmpty {
            text.header("cloudspace_expired_total", "What jobs of this node cleared away, by kind", "counter")
            for (kind, count) in removed { text.sample("cloudspace_expired_total{kind=\"\(kind)\"}", count) }
        }
        let jobs = vault.core.jobs.all
        guard !jobs.isEmpty else { return }
        text.header("cloudspace_job_runs_total", "Rounds of a job on this node", "counter")
        for (job, counts) in jobs { text.sample("cloudspace_job_runs_total{job=\"\(job)\"}", counts.runs) }
        text.header("cloudspace_job_failures_total", "Rounds that failed", "counter")
        for (job, counts) in jobs { text.sample("cloudspace_job_failures_total{job=\"\(job)\"}", counts.failures) }
        text.header("cloudspace_job_last_success_timestamp_seconds", "When a round last went well", "gauge")
        for (job, counts) in jobs {
            guard let moment = counts.lastSuccess else { continue }
            text.sample(
                "cloudspace_job_last_success_timestamp_seconds{job=\"\(job)\"}", moment.milliseconds / 1_000)
        }
    }

    static func write(_ statistics: ServerStatistics, to text: inout Exposition) {
        text.header("cloudspace_http_requests_total", "Answers given, by class of status", "counter")
        for digit in 1...5 {
            text.sample("cloudspace_http_requests_total{class=\"\(digit)xx\"}", statistics.answers(ofClass: digit))
        }
        text.gauge("cloudspace_http_requests_in_flight", "Requests being answered", statistics.inFlight.value)
        text.counter(
            "cloudspace_http_requests_abandoned_total", "Requests that ended unanswered", statistics.abandoned.value)
        text.gauge("cloudspace_http_connections_open", "Connections open", statistics.openConnections.value)
        text.counter("cloudspace_http_connections_total", "Connections accepted", statistics.acceptedConnections.value)
        text.counter(
            "cloudspace_http_connections_rejected_total", "Connections refused", statistics.rejectedConnections.value)
        text.counter("cloudspace_http_received_bytes_total", "Bytes of request bodies", statistics.bytesIn.value)
        text.counter("cloudspace_http_sent_bytes_total", "Bytes of answers", statistics.bytesOut.value)
        let name = "cloudspace_http_request_duration_seconds"
        text.header(name, "Time from the head to the end of the answer", "histogram")
        var total: Int64 = 0
        for (index, count) in statistics.durationCounts.enumerated() {
            total += count
            let bounds = ServerStatistics.durationBounds
            let bound = index < bounds.count ? "\(Double(bounds[index]) / 1_000_000)" : "+Inf"
            text.sample("\(name)_bucket{le=\"\(bound)\"}", total)
        }
        text.sample("\(name)_sum", "\(Double(statistics.durationSum.value) / 1_000_000)")
        text.sample("\(name)_count", total)
    }
}

/// Writes the text exposition format.
struct Exposition {
    private(set) var bytes: [UInt8] = []

    mutating func header(_ name: String, _ help: String, _ type: String) {
        bytes += Array("# HELP \(name) \(help)\n# TYPE \(name) \(type)\n".utf8)
    }

    mutating func sample(_ name: String, _ value: Int64) { sample(name, String(value)) }

    mutating func sample(_ name: String, _ value: String) { bytes += Array("\(name) \(value)\n".utf8) }

    mutating func counter(_ name: String, _ help: String, _ value: Int64) {
        header(name, help, "counter")
        sample(name, value)
    }

    mutating func gauge(_ name: String, _ help: String, _ value: Int64) {
        header(name, help, "gauge")
        sample(name, value)
    }
}
