import BlobStore
import Crypto
import Database
import Vault

/// The manifest's entry: a header in clear, then the sealed body.
///
/// Header: `CSVAULT-ARCHIVE\n` ‖ format (2 bytes) ‖ vault (16) ‖ archive (16) ‖ wrapped key (73). The body is a list in the row
/// coding (docs/formats/sealed-archive.md), every value of a kind whose size does not depend on what is not known before the
/// archive's last byte: so its size is known before its content.
enum ManifestCoding {
    static let magic = Array("CSVAULT-ARCHIVE\n".utf8)
    private static let wrappedKeySize = 73
    static let headerSize = magic.count + 2 + 32 + wrappedKeySize
    /// Largest body: some 100,000 segments.
    static let mostBytes: Int64 = 64 << 20

    struct Header: Sendable {
        let vaultID: [UInt8]
        let archive: BackupID
        let wrappedKey: [UInt8]

        /// - Throws: `ArchiveRefusal.newerFormat`; `.alteredManifest` when this is no manifest.
        init(_ bytes: [UInt8], volume: String) throws(ArchiveRefusal) {
            guard bytes.count >= headerSize, Array(bytes[..<magic.count]) == magic else {
                throw .alteredManifest(volume)
            }
            var position = magic.count
            func next(_ count: Int) -> [UInt8] {
                defer { position += count }
                return Array(bytes[position..<position + count])
            }
            let format = next(2).reduce(0) { $0 << 8 | Int($1) }
            guard format <= ArchiveFormat.number else { throw .newerFormat(format) }
            guard format > 0 else { throw .alteredManifest(volume) }
            vaultID = next(16)
            archive = BackupID(next(16).reduce(0) { $0 << 8 | UInt128($1) })
            wrappedKey = next(wrappedKeySize)
        }

        init(_ seal: ArchiveSeal, wrappedKey: [UInt8]) {
            vaultID = seal.vaultID
            archive = seal.archive
            self.wrappedKey = wrappedKey
        }

        var bytes: [UInt8] {
            let id = archive.value
            return magic + [UInt8(ArchiveFormat.number >> 8), UInt8(ArchiveFormat.number & 0xff)] + vaultID
                + (0..<16).map { UInt8(truncatingIfNeeded: id >> UInt128(120 - 8 * $0)) } + wrappedKey
        }
    }

    /// The whole entry.
    static func encode(_ manifest: ArchiveManifest, _ seal: ArchiveSeal, wrappedKey: [UInt8]) -> [UInt8] {
        Header(seal, wrappedKey: wrappedKey).bytes + seal.seal(body(manifest), as: ArchiveNames.manifest)
    }

    static func size(of manifest: ArchiveManifest) -> Int64 {
        Int64(headerSize) + ArchiveSeal.sealedSize(plain: body(manifest).count)
    }

    /// - Throws: `ArchiveRefusal.alteredManifest`, `.anotherBackup`.
    static func decode(
        _ entry: [UInt8], _ header: Header, key: SealingKey, volume: String
    ) throws(ArchiveRefusal) -> ArchiveManifest {
        let seal = ArchiveSeal(key: key, archive: header.archive, vaultID: header.vaultID)
        guard let plain = seal.open(Array(entry[headerSize...]), as: ArchiveNames.manifest) else {
            throw .alteredManifest(volume)
        }
        do {
            return try read(plain, header)
        } catch {
            throw .alteredManifest(volume)
        }
    }

    private static func body(_ manifest: ArchiveManifest) -> [UInt8] {
        var values: [SQLValue] = [
            .text(manifest.programVersion), .integer(manifest.moment.milliseconds),
            .text(manifest.scope.documentName), .bytes(manifest.scope.targetBytes),
            .integer(Int64(manifest.chain.count)),
        ]
        for link in manifest.chain {
            values += [.uuid(link.id.value), .bytes(link.manifestHash), .bytes(link.wrappedKey)]
        }
        values += [
            .integer(manifest.journal.lastSequence), .integer(manifest.journal.treeSize),
            .text(manifest.journal.checkpoint), .integer(Int64(manifest.migrations.count)),
        ]
        values += manifest.migrations.map(SQLValue.text)
        values.append(.integer(Int64(manifest.tables.count)))
        for table in manifest.tables {
            values += [.text(table.name), .integer(table.rows), .integer(Int64(table.columns.count))]
            values += table.columns.map(SQLValue.text)
            values.append(.integer(Int64(table.segments.count)))
            for segment in table.segments {
                values += [segment.origin, segment.volume, segment.number, segment.rows].map { .integer(Int64($0)) }
                values += [.bytes(segment.sha256), .bytes(segment.plainHash)]
            }
        }
        values.append(.integer(Int64(manifest.index.count)))
        for segment in manifest.index {
            values += [
                .integer(Int64(segment.records)), .uuid(segment.first.value), .uuid(segment.last.value),
                .bytes(segment.sha256),
            ]
        }
        values.append(.integer(Int64(manifest.volumes.count)))
        for volume in manifest.volumes { values += [.integer(volume.size), .bytes(volume.sha256)] }
        let counts = manifest.counts
        values += [
            counts.files, counts.folders, counts.versions, counts.blobs, counts.ownBlobs, counts.ownBytes,
            counts.records,
        ].map(SQLValue.integer)
        values.append(.integer(Int64(manifest.gone.count)))
        values += manifest.gone.map { .uuid($0.value) }
        return RowCoding.encode(values)
    }

    private static func read(_ plain: [UInt8], _ header: Header) throws(FieldReader.Malformed) -> ArchiveManifest {
        var fields = try FieldReader(plain)
        let programVersion = try fields.text()
        let moment = Timestamp(milliseconds: try fields.integer())
        let kind = try fields.text()
        guard let scope = BackupScope(kind, target: try fields.bytes()) else { throw FieldReader.Malformed() }
        var chain: [ArchiveManifest.Link] = []
        for _ in 0..<(try fields.count(atMost: 100_000)) {
            chain.append(
                ArchiveManifest.Link(
                    id: BackupID(try fields.identifier()), manifestHash: try fields.bytes(32),
                    wrappedKey: try fields.bytes(wrappedKeySize)))
        }
        let journal = ArchiveManifest.JournalMark(
            lastSequence: try fields.integer(), treeSize: try fields.integer(), checkpoint: try fields.text())
        var migrations: [String] = []
        for _ in 0..<(try fields.count(atMost: 100_000)) { migrations.append(try fields.text()) }
        var tables: [ArchiveManifest.Table] = []
        for _ in 0..<(try fields.count(atMost: 10_000)) { tables.append(try table(&fields, chain.count)) }
        var index: [ArchiveManifest.IndexSegment] = []
        for _ in 0..<(try fields.count(atMost: 1_000_000)) {
            index.append(
                ArchiveManifest.IndexSegment(
                    records: try fields.count(atMost: ArchiveFormat.indexSegment),
                    first: BlobID(try fields.identifier()), last: BlobID(try fields.identifier()),
                    sha256: try fields.bytes(32)))
        }
        var volumes: [ArchiveVolume] = []
        for number in 0..<(try fields.count(atMost: 9_999)) {
            guard let name = ArchiveNames.volume(number + 1, of: header.archive) else { throw FieldReader.Malformed() }
            volumes.append(
                ArchiveVolume(name: name.text, size: try fields.integer(), sha256: try fields.bytes(32)))
        }
        let counts = ArchiveManifest.Counts(
            files: try fields.integer(), folders: try fields.integer(), versions: try fields.integer(),
            blobs: try fields.integer(), ownBlobs: try fields.integer(), ownBytes: try fields.integer(),
            records: try fields.integer())
        var gone: [BlobID] = []
        for _ in 0..<(try fields.count(atMost: 100_000)) { gone.append(BlobID(try fields.identifier())) }
        try fields.end()
        return ArchiveManifest(
            id: header.archive, vaultID: header.vaultID, programVersion: programVersion, migrations: migrations,
            moment: moment, scope: scope, chain: chain, journal: journal, tables: tables, index: index,
            volumes: volumes, counts: counts, gone: gone)
    }

    private static func table(
        _ fields: inout FieldReader, _ ancestors: Int
    ) throws(FieldReader.Malformed) -> ArchiveManifest.Table {
        let name = try fields.text()
        let rows = try fields.integer()
        var columns: [String] = []
        for _ in 0..<(try fields.count(atMost: 1_000)) { columns.append(try fields.text()) }
        var segments: [ArchiveManifest.RowSegment] = []
        for _ in 0..<(try fields.count(atMost: 1_000_000)) {
            segments.append(
                ArchiveManifest.RowSegment(
                    origin: try fields.count(atMost: ancestors), volume: try fields.count(atMost: 9_999),
                    number: try fields.count(), rows: try fields.count(), sha256: try fields.bytes(32),
                    plainHash: try fields.bytes(32)))
        }
        return ArchiveManifest.Table(name: name, columns: columns, rows: rows, segments: segments)
    }
}

extension BackupScope {
    /// 16 bytes, or none for the system.
    fileprivate var targetBytes: [UInt8] {
        guard let target else { return [] }
        return (0..<16).map { UInt8(truncatingIfNeeded: target >> UInt128(120 - 8 * $0)) }
    }

    fileprivate init?(_ name: String, target bytes: [UInt8]) {
        if name == BackupScope.system.documentName, bytes.isEmpty {
            self = .system
            return
        }
        guard bytes.count == 16 else { return nil }
        let id = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        if name == BackupScope.space(SpaceID(id)).documentName {
            self = .space(SpaceID(id))
        } else if name == NodeKind.file.documentName {
            self = .file(NodeID(id))
        } else if let kind = NodeKind.allCases.first(where: { $0.documentName == name }) {
            self = .folder(NodeID(id), kind)
        } else {
            return nil
        }
    }
}
