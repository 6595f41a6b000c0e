public import BlobStore
public import Crypto
public import Vault

/// Makes sealed archives.
public protocol SealedArchiveMaking: Sendable {
    /// - Returns: once all volumes are kept. Whatever it throws, it leaves no volume of this backup behind that it can reach.
    func run(
        _ order: BackupOrder, into store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ArchiveSummary
}

/// Makes portable archives.
public protocol PortableArchiveMaking: Sendable {
    func run(
        _ order: BackupOrder, password: borrowing SecretBytes, into store: any ArchiveStore,
        progress: any WorkProgress
    ) async throws -> ArchiveSummary
}

/// Proves archives.
public protocol ArchiveProving: Sendable {
    /// Compares every volume, entry and seal of an archive and its ancestors with what its manifest says.
    func verify(_ id: BackupID, in store: any ArchiveStore, progress: any WorkProgress) async throws -> ProofReport

    /// Restores a sample into memory, opens it and compares it with the version rows.
    /// - Parameter sample: most files; all when there are fewer.
    func drill(
        _ id: BackupID, sample: Int, in store: any ArchiveStore, progress: any WorkProgress
    ) async throws -> ProofReport
}

/// What a proof found.
public struct ProofReport: Sendable, Equatable {
    /// One thing that is not as it should be.
    public struct Finding: Sendable, Equatable {
        /// Stable, in snake case.
        public let code: String
        /// A volume, an entry, an id: never a name that people gave.
        public let subject: String

        public init(code: String, subject: String) {
            self.code = String(code.prefix(64))
            self.subject = String(subject.prefix(200))
        }
    }

    /// Findings that are kept.
    public static let keptFindings = 100

    /// The first of them.
    public let findings: [Finding]
    /// All of them.
    public let findingCount: Int
    /// Entries, or files, that were looked at, and their bytes.
    public let entries: Int64
    public let bytes: Int64

    public var passed: Bool { findingCount == 0 }

    public init(findings: [Finding], findingCount: Int? = nil, entries: Int64, bytes: Int64) {
        self.findings = Array(findings.prefix(Self.keptFindings))
        self.findingCount = max(findingCount ?? findings.count, findings.count)
        self.entries = entries
        self.bytes = bytes
    }
}

/// What does the work on archives; built by the program.
public struct ArchiveWork: Sendable {
    public let sealed: any SealedArchiveMaking
    /// Nil where portable archives are not made.
    public let portable: (any PortableArchiveMaking)?
    public let proving: any ArchiveProving

    public init(
        sealed: any SealedArchiveMaking, portable: (any PortableArchiveMaking)?, proving: any ArchiveProving
    ) {
        self.sealed = sealed
        self.portable = portable
        self.proving = proving
    }
}

extension SealedArchiveMaker: SealedArchiveMaking {}
