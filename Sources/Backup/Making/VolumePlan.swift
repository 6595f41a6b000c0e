import BlobStore
import Vault

/// A content, or a part of it, on its way into a volume.
struct Piece: Sendable {
    let item: ContentItem
    let offset: Int64
    let length: Int64
    /// Which part it is; nil for the whole.
    let part: UInt32?
}

/// What one volume will hold, decided before its first byte is written.
struct VolumePlan: Sendable {
    let number: Int
    /// Places in the dump's list of segments.
    var rows: [Int] = []
    var pieces: [Piece] = []

    var isEmpty: Bool { rows.isEmpty && pieces.isEmpty }

    /// Each pack's pieces, in order; a piece that stands alone is not in one.
    enum Entry: Sendable {
        case rows(Int)
        case pack(UInt32, Range<Int>)
        case single(Int)
    }

    /// Most pieces of a pack, so that one statement fetches what rests in rows.
    private static let packPieces = 512

    /// The entries in the order they are written.
    func entries(firstPack: UInt32) -> [Entry] {
        var entries = rows.map(Entry.rows)
        var pack = firstPack
        var start: Int?
        var bytes: Int64 = 0
        func close(_ end: Int) {
            guard let first = start else { return }
            entries.append(.pack(pack, first..<end))
            pack += 1
            start = nil
            bytes = 0
        }
        for (place, piece) in pieces.enumerated() {
            guard Self.isPacked(piece) else {
                close(place)
                entries.append(.single(place))
                continue
            }
            if let first = start,
                bytes + piece.length > ArchiveFormat.packLimit || place - first >= Self.packPieces
            {
                close(place)
            }
            if start == nil { start = place }
            bytes += piece.length
        }
        close(pieces.count)
        return entries
    }

    static func isPacked(_ piece: Piece) -> Bool {
        piece.part == nil && (piece.item.isInline || piece.length < ArchiveFormat.wholeFrom)
    }
}

/// Distributes rows, contents, index and manifest over volumes of bounded size.
struct VolumePlanner {
    private let limit: Int64
    /// Nil for what an earlier archive of the chain holds.
    private let rowSizes: [Int64?]
    private var nextRow = 0
    private var list: RecordReader
    /// Read from the list and not placed yet; or a content of which parts are placed.
    private var waiting: (item: ContentItem, offset: Int64, part: UInt32)?
    private var isListed = false
    private(set) var nextNumber = 1

    /// What an entry takes beside its bytes: heads, and twice its name.
    static let entryCost: Int64 = 320
    /// The notice, and the end of the archive.
    private static let volumeCost: Int64 = 8 << 10
    /// Smallest part of a content worth an entry of its own.
    private static let leastPart: Int64 = 4 << 20
    /// Bounds what a volume's plan and results take in memory.
    private static let mostPieces = 60_000

    init(limit: Int64, rowSizes: [Int64?], contents: ScratchFile) {
        self.limit = limit
        self.rowSizes = rowSizes
        list = RecordReader(contents, recordSize: ContentItem.size)
    }

    /// Whether rows and contents are all placed.
    mutating func isExhausted() throws -> Bool {
        guard nextRow == rowSizes.count else { return false }
        return try peek() == nil
    }

    /// Room in a volume that holds nothing yet.
    static func emptyRoom(limit: Int64) -> Int64 { limit - volumeCost }
    var emptyRoom: Int64 { Self.emptyRoom(limit: limit) }

    /// The next volume's rows and contents; what room is left in it.
    mutating func next() throws -> (plan: VolumePlan, room: Int64) {
        var plan = VolumePlan(number: nextNumber)
        nextNumber += 1
        var room = emptyRoom
        while nextRow < rowSizes.count {
            if let size = rowSizes[nextRow] {
                guard size + Self.entryCost <= room else { break }
                room -= size + Self.entryCost
                plan.rows.append(nextRow)
            }
            nextRow += 1
        }
        guard nextRow == rowSizes.count else { return (plan, 0) }
        while plan.pieces.count < Self.mostPieces, let (item, offset, part) = try peek() {
            let left = item.size - offset
            if left + Self.entryCost <= room {
                plan.pieces.append(Piece(item: item, offset: offset, length: left, part: offset > 0 ? part : nil))
                room -= left + Self.entryCost
                waiting = nil
                continue
            }
            // What is small goes into the next volume; what is large fills this one.
            let share = room - Self.entryCost
            guard share >= Self.leastPart, left > ArchiveFormat.packLimit, !item.isInline else { return (plan, 0) }
            plan.pieces.append(Piece(item: item, offset: offset, length: share, part: part))
            waiting = (item, offset + share, part + 1)
            return (plan, 0)
        }
        return (plan, plan.pieces.count < Self.mostPieces ? room : 0)
    }

    private mutating func peek() throws -> (item: ContentItem, offset: Int64, part: UInt32)? {
        if let waiting { return waiting }
        guard !isListed else { return nil }
        guard let (page, start) = try list.next(), let item = ContentItem(page, at: start) else {
            isListed = true
            return nil
        }
        waiting = (item, 0, 0)
        return waiting
    }
}
