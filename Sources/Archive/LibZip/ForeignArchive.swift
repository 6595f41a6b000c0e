import Crypto

/// An archive from outside: judged as a whole first, then unpacked entry by entry, as a stream, in bounded memory.
///
/// Nothing of it is believed. libzip sees one entry at a time, in a directory that we wrote; what comes out of an entry is
/// counted while it comes. Nested archives are files like others.
///
/// The reading, and what libzip does, runs on one thread of its own.
@safe public final class ForeignArchive: @unchecked Sendable {
    // Sendable: `reader` and `entry` are touched only by jobs of `thread`, which has one thread.
    private let thread = WorkerPool(threads: 1, queueLimit: 8)
    private var reader: ZIPVolumeReader?
    private var entry: ZIPEntryReader?
    private let password: ZIPPassword?
    public let plan: ForeignPlan

    /// - Parameters:
    ///   - input: read on the archive's own thread.
    ///   - folding: see ``ForeignPlan/Folding``.
    /// - Throws: `ArchiveError.notZIP`, `.truncated`, `.damaged`, `.multiDisk`, `.empty`; `.tooManyEntries` and
    ///   `.tooLarge` past the limits; `.wrongPassword` when it opens none of the entries that need one.
    public init(
        _ input: any ZIPInput, limits: ForeignLimits = ForeignLimits(), password: ZIPPassword? = nil,
        folding: @escaping ForeignPlan.Folding
    ) async throws {
        self.password = password
        let opened = try await OwnThread.run {
            let reader = try ZIPVolumeReader(
                input, limits: DirectoryLimits(entries: limits.entries, bytes: limits.directory))
            let plan = try ForeignPlan(
                of: reader.directory, in: input, limits: limits, hasPassword: password != nil, folding: folding)
            if let password { try Self.tryPassword(password, reader, plan) }
            return Handover(reader: reader, plan: plan)
        }
        plan = opened.plan
        reader = opened.reader
    }

    /// Carries the reader from the thread that opened it to the one that uses it; the first has ended with it.
    private struct Handover: @unchecked Sendable {
        let reader: ZIPVolumeReader
        let plan: ForeignPlan
    }

    /// Begins an entry; the one before is closed.
    /// - Throws: as ``ZIPVolumeReader/open(_:password:)``.
    public func open(_ index: Int) async throws {
        try await run { archive in
            archive.entry = nil
            guard let reader = archive.reader else { throw ArchiveError.cancelled }
            archive.entry = try reader.open(index, password: archive.password)
        }
    }

    /// The next bytes of the entry, at most `limit`.
    /// - Returns: nil once all of it was read and found right.
    /// - Throws: as ``ZIPEntryReader/read(into:)``.
    public func next(limit: Int = 1 << 20) async throws -> [UInt8]? {
        try await run { archive in
            guard let entry = archive.entry else { throw ArchiveError.cancelled }
            var bytes = [UInt8](repeating: 0, count: limit)
            let count = try bytes.withMutableRawBytes { try entry.read(into: &$0) }
            guard count > 0 else {
                archive.entry = nil
                return nil
            }
            bytes.removeLast(limit - count)
            return bytes
        }
    }

    /// All of an entry of no more than `limit` bytes, in one go.
    public func read(_ index: Int, limit: Int) async throws -> [UInt8] {
        try await run { archive in
            archive.entry = nil
            guard let reader = archive.reader else { throw ArchiveError.cancelled }
            return try reader.open(index, password: archive.password).all(limit: limit)
        }
    }

    /// Lets go of the archive.
    public func close() async {
        _ = try? await run { archive in
            archive.entry = nil
            archive.reader = nil
        }
    }

    private func run<Result: Sendable>(
        _ body: @escaping @Sendable (ForeignArchive) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let isQueued = thread.submit { continuation.resume(with: Swift.Result { try body(self) }) }
            if !isQueued { continuation.resume(throwing: ArchiveError.outOfMemory) }
        }
    }

    /// Reads the smallest entry that needs the password, so that a mistaken one is told before anything was unpacked.
    private static func tryPassword(_ password: ZIPPassword, _ reader: ZIPVolumeReader, _ plan: ForeignPlan) throws {
        let smallest = plan.lines.lazy
            .filter { line in if case .file = line.verdict { line.entry.encryption != .none } else { false } }
            .min { $0.entry.storedSize < $1.entry.storedSize }
        guard let entry = smallest?.entry else { return }
        do {
            let opened = try reader.open(entry.index, password: password)
            if entry.size <= 1 << 24 { _ = try opened.all(limit: 1 << 24) }
        } catch ArchiveError.wrongPassword {
            throw ArchiveError.wrongPassword
        } catch ArchiveError.wrongCRC where entry.encryption == .traditional {
            // One byte tells too little: the checksum tells the rest.
            throw ArchiveError.wrongPassword
        } catch let error as ArchiveError {
            // Whatever is wrong with this one entry is told with it.
            if EntryRefusal(error) == nil { throw error }
        }
    }
}
