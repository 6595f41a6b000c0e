import BlobStore
import Crypto
public import Database
import Vault

/// Fills an empty database, and a store of blobs, with what an archive and a key bundle hold: a vault again, but for the row
/// that makes it one.
///
/// The database has the schema the archive was made with, and references between its tables are not enforced yet. Memory
/// does not depend on the vault's size.
public struct FillVault: Sendable {
    private let archive: SealedArchive
    private let bundle: OpenedKeyBundle
    private let target: any Database
    private let sink: ContentSink
    private let progress: any WorkProgress
    /// Told of each table before its rows come, with their number.
    private let begins: @Sendable (_ table: String, _ rows: Int64) -> Void

    /// Rows of one transaction.
    private static let page = 500
    /// Contents on their way at a time.
    private static let width = 6

    public struct Report: Sendable, Equatable {
        public var rows: Int64 = 0
        public var contents: Int64 = 0
        public var bytes: Int64 = 0
        /// Contents whose keys are not in the bundle: destroyed before it was made.
        public var shredded: Int64 = 0
    }

    public init(
        _ archive: SealedArchive, _ bundle: OpenedKeyBundle, into target: any Database, _ sink: ContentSink,
        progress: any WorkProgress, begins: @escaping @Sendable (_ table: String, _ rows: Int64) -> Void
    ) {
        self.archive = archive
        self.bundle = bundle
        self.target = target
        self.sink = sink
        self.progress = progress
        self.begins = begins
    }

    /// - Throws: ``ArchiveRefusal``, ``KeyBundleRefusal``, `BlobStoreError`, `DatabaseError`; what `progress` throws.
    public func run() async throws -> Report {
        let dialect = target.dialect
        let catalog = try await target.read { try TableCatalog(of: $0, dialect: dialect) }
        var report = Report()
        try await fillKeys(catalog, &report)
        for table in archive.manifest.tables where table.name != ArchivedTables.identity {
            begins(table.name, table.rows)
            guard let found = catalog.table(table.name), found.columns.map(\.name) == table.columns else {
                throw ArchiveRefusal.alteredManifest("\(archive.manifest.id)")
            }
            if table.name == "blobs" {
                try await fillContents(found, &report)
            } else {
                try await archive.forEachBatch(of: table.name) { rows in
                    try progress.check()
                    try await insert(rows.map(\.values), into: found)
                    report.rows += Int64(rows.count)
                    progress.advance(entries: rows.count, bytes: 0)
                }
            }
            try await target.write { try TableWriter(found).settleIdentity(in: $0) }
        }
        try await sink.finish()
        return report
    }

    /// The row that makes a database a vault, as the archive has it; for the last step.
    public func identity() async throws -> [[SQLValue]] {
        var rows: [[SQLValue]] = []
        try await archive.forEachBatch(of: ArchivedTables.identity) { rows += $0.map(\.values) }
        return rows
    }

    private func fillKeys(_ catalog: TableCatalog, _ report: inout Report) async throws {
        guard let table = catalog.table("file_keys") else {
            throw ArchiveRefusal.alteredManifest("\(archive.manifest.id)")
        }
        begins(table.name, bundle.keys)
        let places = table.columns.map { OpenedKeyBundle.columns.firstIndex(of: $0.name) }
        guard places.allSatisfy({ $0 != nil }) else { throw KeyBundleRefusal.altered }
        try await bundle.forEachPage { page in
            try progress.check()
            try await insert(page.map { row in places.map { $0.map { row[$0] } ?? .null } }, into: table)
            progress.advance(entries: page.count, bytes: 0)
        }
    }

    private func insert(_ rows: [[SQLValue]], into table: TableCatalog.Table) async throws {
        for start in stride(from: 0, to: rows.count, by: Self.page) {
            let part = rows[start..<min(start + Self.page, rows.count)].map { TransferRow(values: $0) }
            try await target.write { try TableWriter(table).insert(part, in: $0) }
        }
    }
}

/// Rows of `blobs`, and the contents that they speak of.
extension FillVault {
    private func fillContents(_ table: TableCatalog.Table, _ report: inout Report) async throws {
        guard let inlineColumn = table.columns.firstIndex(where: { $0.name == ArchivedTables.packedColumn }) else {
            throw ArchiveRefusal.alteredManifest("\(archive.manifest.id)")
        }
        var index = PlacesInOrder(archive)
        try await archive.forEachBatch(of: table.name) { batch in
            for start in stride(from: 0, to: batch.count, by: Self.page) {
                try progress.check()
                let rows = Array(batch[start..<min(start + Self.page, batch.count)])
                let alive = try await keyed(rows)
                var packed: [BlobPlace] = []
                var apart: [ArchivedBlob] = []
                var kept: [ArchivedRow] = []
                for row in rows {
                    guard let blob: BlobID = row.id("id"), let node: NodeID = row.id("node_id"),
                        let size = row.integer("sealed_size")
                    else { throw ArchiveRefusal.alteredManifest("\(archive.manifest.id)") }
                    let places = try await index.places(of: blob)
                    guard alive.contains(node), !archive.manifest.gone.contains(blob) else {
                        report.shredded += 1
                        continue
                    }
                    guard let content = ArchivedBlob(blob, places, in: archive), content.size == size else {
                        throw ArchiveRefusal.missingContent(blob)
                    }
                    kept.append(row)
                    if row.value(ArchivedTables.packedColumn) == .null {
                        apart.append(content)
                    } else {
                        packed += places
                    }
                    report.contents += 1
                    report.bytes += size
                }
                let small = try await archive.contents(at: packed)
                try await copy(apart)
                var values: [[SQLValue]] = []
                for row in kept {
                    var list = row.values
                    if list[inlineColumn] != .null {
                        guard let blob: BlobID = row.id("id"), let bytes = small[blob] else {
                            throw ArchiveRefusal.alteredManifest("\(archive.manifest.id)")
                        }
                        list[inlineColumn] = .bytes(bytes)
                        progress.advance(entries: 0, bytes: Int64(bytes.count))
                    }
                    values.append(list)
                }
                try await insert(values, into: table)
                report.rows += Int64(values.count)
                progress.advance(entries: rows.count, bytes: 0)
            }
        }
    }

    /// The nodes of these rows whose keys came with the bundle.
    private func keyed(_ rows: [ArchivedRow]) async throws -> Set<NodeID> {
        let nodes = Array(Set(rows.compactMap { $0.id("node_id") as NodeID? }))
        guard !nodes.isEmpty else { return [] }
        let found = try await target.read { snapshot in
            let list = SQL(nodes.map { "\($0)" as SQL }, separatedBy: ", ")
            return try snapshot.all("SELECT owner_id FROM file_keys WHERE owner_id IN (\(list))") {
                NodeID($0.uuid(0))
            }
        }
        return Set(found)
    }

    private func copy(_ contents: [ArchivedBlob]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var rest = contents[...]
            for content in rest.prefix(Self.width) { group.addTask { try await copy(content) } }
            rest = rest.dropFirst(Self.width)
            while try await group.next() != nil {
                if let content = rest.popFirst() { group.addTask { try await copy(content) } }
            }
        }
    }

    private func copy(_ content: ArchivedBlob) async throws {
        try await sink.put(BlobKey(content.id.value)) { take in
            try await content.forEachPiece { bytes in
                try progress.check()
                try await take(bytes)
                progress.advance(entries: 0, bytes: Int64(bytes.count))
            }
        }
    }
}

/// Places of contents that are asked for in the order of their ids.
private struct PlacesInOrder {
    private var stream: IndexStream
    private var waiting: BlobPlace?
    private var isStarted = false

    init(_ archive: SealedArchive) { stream = IndexStream(archive) }

    mutating func places(of blob: BlobID) async throws -> [BlobPlace] {
        if !isStarted {
            waiting = try await stream.next()
            isStarted = true
        }
        while let place = waiting, place.blob.value < blob.value { waiting = try await stream.next() }
        var found: [BlobPlace] = []
        while let place = waiting, place.blob == blob {
            found.append(place)
            waiting = try await stream.next()
        }
        return found
    }
}
