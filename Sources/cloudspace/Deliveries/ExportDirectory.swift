import Crypto
import Journal
import Vault

/// The directory of exports. Files are whole when they have their names, for the owner alone, and never written over.
struct ExportDirectory: Sendable {
    let path: String
    /// The key that our own exports are signed with.
    let key: NoteVerifierKey

    /// Writes an export under its name.
    ///
    /// What has that name already is the same export of an attempt that was cut off before it was recorded: it is taken as
    /// it is when it verifies, and otherwise left alone.
    /// - Throws: `ProgramError.failed`; what reading the journal throws.
    func write(_ order: JournalExportOrder) async throws -> DeliveryReceipt {
        let (name, file, key) = (order.fileName, "\(path)/\(order.fileName)", key)
        let present = try await FileWork.run { try Self.present(file, named: name, key) }
        if let present { return present }
        let export = order.begin()
        let draft = try await FileWork.run { try Draft(path: file) }
        var tally = ExportTally()
        while let piece = try await export.next() {
            tally.add(piece)
            try await FileWork.run { try draft.write(piece) }
        }
        let directory = path
        try await FileWork.run {
            try draft.finish()
            try FileSystem.syncDirectory(directory)
        }
        return tally.receipt(fileName: name)
    }

    /// Makes a file and takes it away again.
    func probe() async throws {
        let file = "\(path)/.cloudspace-probe"
        try await FileWork.run {
            let writer = try FileWriter(path: file)
            try writer.write([0x0a])
        }
    }

    private static func present(
        _ file: String, named name: String, _ key: NoteVerifierKey
    ) throws -> DeliveryReceipt? {
        guard FileSystem.status(of: file) != nil else { return nil }
        let reader = try FileReader(path: file)
        var verifier = ExportVerifier(key: key)
        var tally = ExportTally()
        do {
            while let bytes = try reader.next() {
                tally.add(bytes)
                try verifier.take(bytes)
            }
            _ = try verifier.finish()
        } catch is ExportFault {
            throw ProgramError.failed(
                "\(file.printable) is there and is no export of this vault; move it away, then have the delivery tried again"
            )
        }
        return tally.receipt(fileName: name)
    }

    /// `@unchecked Sendable`: used by one task, one step after another.
    private final class Draft: @unchecked Sendable {
        private let writer: FileWriter

        init(path: String) throws { writer = try FileWriter(path: path) }

        func write(_ bytes: [UInt8]) throws { try writer.write(bytes) }
        func finish() throws { try writer.finish() }
    }
}

/// What is counted of an export while it passes.
struct ExportTally: ~Copyable {
    private var hasher = ContentHasher(md5: false)
    private var lines: Int64 = 0
    private(set) var byteCount = 0

    mutating func add(_ bytes: [UInt8]) {
        hasher.update(bytes)
        byteCount += bytes.count
        for byte in bytes where byte == 0x0a { lines += 1 }
    }

    /// All lines but the first and the last are events.
    consuming func receipt(fileName: String?) -> DeliveryReceipt {
        DeliveryReceipt(fileName: fileName, itemCount: max(0, lines - 2), sha256: hasher.finish().sha256)
    }
}
