import Archive
import BlobStore
import Database
import Vault

/// A tree as the bytes of a ZIP, in pieces. For one task at a time.
actor ArchivePieces {
    /// Bytes of a piece, more or less.
    private static let pieceSize = 512 << 10
    /// Bytes of content opened at a time.
    private static let readSize = 256 << 10

    private let vault: Vault
    private let tree: TreeReading
    private let principal: Principal
    private let zip: ZIPWriter
    private var content: OpenedContent?
    private var position: Int64 = 0
    private var isOver = false

    init(vault: Vault, tree: TreeReading, principal: Principal) throws {
        self.vault = vault
        self.tree = tree
        self.principal = principal
        zip = try ZIPWriter()
    }

    /// - Returns: `nil` after the end of the archive.
    func next() async throws -> [UInt8]? {
        while zip.pending < Self.pieceSize, !isOver {
            try Task.checkCancellation()
            if let content { try await goOn(with: content) } else { try await begin() }
        }
        let piece = zip.take()
        return piece.isEmpty ? nil : piece
    }

    private func begin() async throws {
        switch try await tree.next() {
        case nil:
            try zip.finish()
            isOver = true
        case .folder(let path, let node):
            try zip.begin(ArchiveEntry(path: path, kind: .folder, modified: node.updatedAt.seconds))
        case .file(let path, let opened):
            let modified = opened.version.createdAt.seconds
            try zip.begin(ArchiveEntry(path: path, kind: .file(size: opened.reader.size), modified: modified))
            if opened.reader.size > 0 { content = opened }
            position = 0
        }
    }

    private func goOn(with opened: OpenedContent) async throws {
        let rest = opened.reader.size - position
        let bytes: [UInt8]
        do {
            bytes = try await opened.reader.read(at: position, count: Int(min(rest, Int64(Self.readSize))))
        } catch  where Damage.caused(error) {
            await vault.open.reportTampering(of: opened.node, by: principal)
            throw VaultError.tampered(opened.node.id)
        }
        try zip.write(bytes)
        position += Int64(bytes.count)
        if position == opened.reader.size { content = nil }
    }
}
