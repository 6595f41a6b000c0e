import Archive
import BlobStore
import Synchronization
import Vault

/// One volume, opened: its directory in memory, its entries read where they lie.
final class OpenedVolume: Sendable {
    let name: ArchiveName
    let size: Int64
    private let file: any ArchiveFile
    private let entries: [String: Entry]
    /// Where contents begin, as far as that was looked up.
    private let offsets = Mutex<[String: Int64]>([:])

    struct Entry: Sendable {
        let headerOffset: Int64
        let size: Int64
    }

    private init(_ name: ArchiveName, _ file: any ArchiveFile, _ entries: [String: Entry]) {
        self.name = name
        self.file = file
        self.entries = entries
        size = file.size
    }

    /// - Throws: `ArchiveRefusal.missingVolume`, `.damagedVolume`; what the store throws.
    static func open(_ name: ArchiveName, in store: any ArchiveStore) async throws -> OpenedVolume {
        let file: any ArchiveFile
        do {
            file = try await store.reader(name)
        } catch ArchiveStoreError.missing {
            throw ArchiveRefusal.missingVolume(name.text)
        }
        let input = BridgedInput(size: file.size) { try await file.read(at: $0, count: $1) }
        do {
            let directory = try await withTaskCancellationHandler {
                try await OwnThread.run { try ZIPDirectory(of: input) }
            } onCancel: {
                input.cancel()
            }
            var entries: [String: Entry] = [:]
            entries.reserveCapacity(directory.entries.count)
            for entry in directory.entries {
                // Nothing of ours is compressed or encrypted by the ZIP itself.
                guard entry.method == 0, entry.encryption == .none, entry.size == entry.storedSize else {
                    throw ArchiveRefusal.damagedVolume(name.text)
                }
                entries[String(decoding: entry.rawName, as: UTF8.self)] = Entry(
                    headerOffset: entry.headerOffset, size: entry.size)
            }
            return OpenedVolume(name, file, entries)
        } catch let error as ArchiveError {
            switch error {
            case .cancelled, .outOfMemory: throw error
            default: throw ArchiveRefusal.damagedVolume(name.text)
            }
        }
    }

    func holds(_ entry: String) -> Bool { entries[entry] != nil }
    func size(of entry: String) -> Int64? { entries[entry]?.size }
    var entryNames: Dictionary<String, Entry>.Keys { entries.keys }

    /// Where an entry's bytes begin in the file.
    func offset(of name: String) async throws -> Int64 {
        guard let entry = entries[name] else { throw ArchiveRefusal.missingEntry(name, volume: self.name.text) }
        if let known = offsets.withLock({ $0[name] }) { return known }
        let head = try await file.read(at: entry.headerOffset, count: 30)
        guard head.count == 30, head[0] == 0x50, head[1] == 0x4b, head[2] == 3, head[3] == 4 else {
            throw ArchiveRefusal.alteredEntry(name, volume: self.name.text)
        }
        let nameLength = Int64(head[26]) | Int64(head[27]) << 8
        let extraLength = Int64(head[28]) | Int64(head[29]) << 8
        let offset = entry.headerOffset + 30 + nameLength + extraLength
        offsets.withLock { $0[name] = offset }
        return offset
    }

    /// Bytes of the file; fewer only at its end.
    func read(at offset: Int64, count: Int) async throws -> [UInt8] { try await file.read(at: offset, count: count) }

    /// A whole entry of at most `limit` bytes.
    func all(_ name: String, limit: Int64) async throws -> [UInt8] {
        guard let entry = entries[name] else { throw ArchiveRefusal.missingEntry(name, volume: self.name.text) }
        guard entry.size <= limit else { throw ArchiveRefusal.alteredEntry(name, volume: self.name.text) }
        let bytes = try await read(at: try await offset(of: name), count: Int(entry.size))
        guard Int64(bytes.count) == entry.size else {
            throw ArchiveRefusal.alteredEntry(name, volume: self.name.text)
        }
        return bytes
    }
}

/// The volumes of a chain that are open, a bounded number of them.
actor VolumeShelf {
    private let store: any ArchiveStore
    private var opened: [ArchiveName: Task<OpenedVolume, any Error>] = [:]
    /// The most recently used last.
    private var order: [ArchiveName] = []
    private static let limit = 8

    init(_ store: any ArchiveStore) { self.store = store }

    func volume(_ number: Int, of backup: BackupID) async throws -> OpenedVolume {
        guard let name = ArchiveNames.volume(number, of: backup) else { throw ArchiveRefusal.incomplete(backup) }
        order.removeAll { $0 == name }
        order.append(name)
        if let task = opened[name] { return try await task.value }
        let task = Task { [store] in try await OpenedVolume.open(name, in: store) }
        opened[name] = task
        while order.count > Self.limit { opened[order.removeFirst()] = nil }
        do {
            return try await task.value
        } catch {
            opened[name] = nil
            throw error
        }
    }
}
