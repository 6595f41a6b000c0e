public import BlobStore
public import Journal
public import Vault

/// Proves archives of the sealed form.
public struct SealedArchiveProof: ArchiveProving {
    private let core: VaultCore
    private let journal: Journal

    public init(core: VaultCore, journal: Journal) {
        self.core = core
        self.journal = journal
    }

    public func verify(
        _ id: BackupID, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport {
        ProofReport(try await VerifyArchive(core: core, journal: journal).run(id, in: store, progress: progress))
    }

    public func drill(
        _ id: BackupID, sample: Int, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport {
        let report = try await DrillArchive(core: core).run(id, in: store, sample: sample, progress: progress)
        return ProofReport(report, entries: Int64(report.proven + report.shredded))
    }
}

extension ProofReport {
    fileprivate init(_ report: ArchiveReport, entries: Int64? = nil) {
        self.init(
            findings: report.findings.map { Finding(code: $0.code, subject: $0.description) },
            findingCount: report.findingCount, entries: entries ?? Int64(report.contents), bytes: report.bytes)
    }
}
