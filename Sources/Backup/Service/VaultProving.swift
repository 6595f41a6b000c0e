public import BlobStore
public import Journal
public import Vault

/// Proves the sealed archives of a vault that is open.
public struct VaultProving: ArchiveProving {
    private let core: VaultCore
    private let journal: Journal

    public init(core: VaultCore, journal: Journal) {
        self.core = core
        self.journal = journal
    }

    public func verify(
        _ id: BackupID, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport {
        let report = try await VerifyArchive(core: core, journal: journal).run(id, in: store, progress: progress)
        return ProofReport(report, entries: report.contents)
    }

    public func drill(
        _ id: BackupID, sample: Int, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport {
        let report = try await DrillArchive(core: core).run(id, in: store, sample: sample, progress: progress)
        return ProofReport(report, entries: report.proven + report.shredded)
    }
}

extension ProofReport {
    fileprivate init(_ report: ArchiveReport, entries: Int) {
        self.init(
            findings: report.findings.map { Finding(code: $0.code, subject: $0.description) },
            findingCount: report.findingCount, entries: Int64(entries), bytes: report.bytes)
    }
}

extension SealedArchiveMaker: SealedArchiveMaking {}
