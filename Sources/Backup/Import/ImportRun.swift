import Archive
import BlobStore
import Database
import Vault

/// One archive being unpacked: entry by entry in the archive's order, each file a transaction of its own.
///
/// Whatever ends it, only whole files are left, and each is in the journal.
actor ImportRun {
    private let core: VaultCore
    private let vault: Vault
    private let store: ImportStore
    private let id: ImportID
    private let archive: ForeignArchive
    private let request: ImportRequest
    private let folder: NodeID
    private let principal: Principal

    private(set) var counts = ImportCounts()
    /// Lines that are not stored yet, and the number of the first of them.
    private var lines: [ImportLine] = []
    private var firstLine = 0
    private var noted: Duration
    /// Folders that are known to be there, by their folded path.
    private var folders: [[[UInt8]]: NodeID] = [:]

    /// Up to so many bytes a content is unpacked into memory, a few at a time, and stored beside others.
    private static let smallSize: Int64 = 256 << 10
    private static let smallAtOnce = 8
    /// Folders that are remembered; past it they are looked up again.
    private static let rememberedFolders = 20_000

    init(
        _ id: ImportID, _ archive: ForeignArchive, _ request: ImportRequest, into folder: NodeID, core: VaultCore,
        as principal: Principal
    ) {
        self.id = id
        self.archive = archive
        self.request = request
        self.folder = folder
        self.core = core
        self.principal = principal
        vault = Vault(core)
        store = ImportStore(core: core)
        noted = core.steady.elapsed()
        counts.entries = archive.plan.lines.count
        counts.bytes = archive.plan.bytes
    }

    /// - Throws: what ends all of it: cancellation, a full disk, a session that was ended, a database that is away.
    func run() async throws {
        var rest = archive.plan.lines[...]
        while !rest.isEmpty {
            try Task.checkCancellation()
            let batch = Self.batch(of: rest)
            rest = rest.dropFirst(batch.count)
            try await take(Array(batch))
            try await noteProgress()
        }
    }

    /// Notes the end, in whatever way it came.
    /// - Parameter canceller: who ended it; the one whose import it is when nil.
    func finish(_ state: ImportState, failure: String?, as canceller: Principal?) async throws {
        let (rest, first) = (lines, firstLine)
        firstLine += lines.count
        lines = []
        try await store.finish(
            id, state, failure: failure, folder: folder, counts, rest, from: first, as: canceller ?? principal)
    }

    /// The next entries: one large one, or some small ones in a row.
    private static func batch(of lines: ArraySlice<ForeignPlan.Line>) -> ArraySlice<ForeignPlan.Line> {
        let small = lines.prefix(64).prefix { $0.entry.size <= smallSize }
        return small.isEmpty ? lines.prefix(1) : small
    }

    private func take(_ batch: [ForeignPlan.Line]) async throws {
        var outcomes: [ImportLine.Outcome?] = Array(repeating: nil, count: batch.count)
        let vault = vault
        let principal = principal
        try await withThrowingTaskGroup(of: (Int, ImportLine.Outcome).self) { group in
            var running = 0
            for (number, line) in batch.enumerated() {
                if running >= Self.smallAtOnce, let (done, outcome) = try await group.next() {
                    outcomes[done] = outcome
                    running -= 1
                }
                let step = try await prepare(line)
                switch step {
                case .done(let outcome): outcomes[number] = outcome
                case .save(let request, let bytes):
                    running += 1
                    group.addTask {
                        (number, try await Self.save(request, .bytes(bytes), with: vault, as: principal))
                    }
                }
            }
            for try await (done, outcome) in group { outcomes[done] = outcome }
        }
        for (line, outcome) in zip(batch, outcomes) {
            guard let outcome else {
                counts.done += 1
                continue
            }
            count(outcome, line.entry)
            lines.append(ImportLine(path: String(line.entry.name.prefix(1_024)), outcome: outcome))
        }
    }

    private enum Step: Sendable {
        /// With what became of the entry; nil for one that is no part of the tree.
        case done(ImportLine.Outcome?)
        case save(SaveRequest, [UInt8])
    }

    /// Does what is to be done in the archive's order: folders, unpacking, and storing what is large.
    private func prepare(_ line: ForeignPlan.Line) async throws -> Step {
        do {
            if request.isPortable, PortableManifest.isManifest(line.entry.name) { return .done(nil) }
            switch line.verdict {
            case .refused(let refusal): return .done(.refused(.entry(refusal)))
            case .folder(let parts):
                _ = try await place(parts)
                return .done(.folder)
            case .file(let parts):
                guard let last = parts.last else { return .done(.refused(.entry(.forbiddenName))) }
                let parent = try await place(parts.dropLast())
                let modified = Timestamp(milliseconds: 0).advanced(bySeconds: line.entry.modified)
                var save = SaveRequest(
                    target: .place(parent: parent, name: try NodeName(last), conflict: request.conflict))
                save.origin = .imported(modified: modified)
                if line.entry.size <= Self.smallSize {
                    return .save(save, try await archive.read(line.entry.index, limit: Int(Self.smallSize)))
                }
                try await archive.open(line.entry.index)
                let stream = EntryStream(archive, size: line.entry.size)
                return .done(try await Self.save(save, .stream(stream), with: vault, as: principal))
            }
        } catch let error as ArchiveError {
            guard let refusal = EntryRefusal(error) else { throw error }
            return .done(.refused(.entry(refusal)))
        } catch let error as VaultError {
            guard let refusal = ImportRefusal(error) else { throw error }
            return .done(.refused(refusal))
        }
    }

    private static func save(
        _ request: SaveRequest, _ content: PlainContent, with vault: Vault, as principal: Principal
    ) async throws -> ImportLine.Outcome {
        do {
            let saved = try await vault.save(request, content, as: principal)
            guard saved.created else { return .versioned(saved.node.id) }
            if case .place(_, let name, _) = request.target, saved.node.name != name {
                return .renamed(saved.node.id, saved.node.name.text)
            }
            return .created(saved.node.id)
        } catch let error as ArchiveError {
            // What the stream threw: the content is not what the archive said.
            guard let refusal = EntryRefusal(error) else { throw error }
            return .refused(.entry(refusal))
        } catch let error as VaultError {
            guard let refusal = ImportRefusal(error) else { throw error }
            return .refused(refusal)
        }
    }

    /// The folder at a path, made as far as it is missing.
    private func place(_ parts: some Sequence<String> & Sendable) async throws -> NodeID {
        var place = folder
        var path: [[UInt8]] = []
        for part in parts {
            let name = try NodeName(part)
            path.append(name.folded)
            if let known = folders[path] {
                place = known
                continue
            }
            let (next, created) = try await vault.createFolder.existingOrNew(name, in: place, as: principal)
            if created { counts.folders += 1 }
            if folders.count >= Self.rememberedFolders { folders = [:] }
            folders[path] = next
            place = next
        }
        return place
    }

    private func count(_ outcome: ImportLine.Outcome, _ entry: ZIPEntry) {
        counts.done += 1
        switch outcome {
        case .folder: return
        case .created: counts.created += 1
        case .versioned: counts.versioned += 1
        case .renamed:
            counts.created += 1
            counts.renamed += 1
        case .refused:
            counts.refused += 1
            return
        }
        counts.bytesDone += entry.size
    }

    /// Stores full pages of lines, and every second how far it is.
    private func noteProgress() async throws {
        let now = core.steady.elapsed()
        guard lines.count >= ImportStore.pageSize || now - noted >= .seconds(1) else { return }
        noted = now
        let (page, first) = (lines, firstLine)
        firstLine += page.count
        lines = []
        try await core.stillAllows(.writeContent, principal)
        try await store.advance(id, to: counts, page, from: first, as: principal)
    }
}

/// The open entry of an archive as content on its way in.
private actor EntryStream: PlainStream {
    nonisolated let contentLength: Int64?
    private let archive: ForeignArchive

    init(_ archive: ForeignArchive, size: Int64) {
        self.archive = archive
        contentLength = size
    }

    func next() async throws -> [UInt8]? {
        try Task.checkCancellation()
        return try await archive.next()
    }
}
