/// The live names below one folder, folded, in one block of memory: 100,000 names are scanned in about a millisecond.
///
/// A base that never changes, and beside it what changed since it was made.
struct NameIndex: Sendable {
    /// How well a name fits, best first.
    enum Fit: Int, Comparable, Sendable {
        /// The whole name, with or without its extension.
        case exact = 0
        case beginning, inside

        static func < (left: Fit, right: Fit) -> Bool { left.rawValue < right.rawValue }
    }

    /// A name that fits.
    struct Match: Sendable {
        let id: NodeID
        let isFolder: Bool
        let fit: Fit
        let name: [UInt8]

        /// Better fits first, then in the order of names.
        func precedes(_ other: Match) -> Bool {
            if fit != other.fit { return fit < other.fit }
            if name != other.name { return name.lexicographicallyPrecedes(other.name) }
            return id.value < other.id.value
        }
    }

    private struct Changed: Sendable {
        let name: [UInt8]
        let isFolder: Bool
    }

    /// Changes of the tree up to this one are in the index (`node_history.sequence`).
    private(set) var upTo: Int64
    private var ids: [NodeID] = []
    private var folders: [Bool] = []
    /// Where the next name begins; each name ends with a zero byte, which no name has.
    private var ends: [Int] = []
    private var names: [UInt8] = []
    /// Changes around `upTo` that are in the index, where they may become visible out of order.
    private var taken: Set<Int64> = []
    /// Nil for what is gone.
    private var changes: [NodeID: Changed?] = [:]

    init(upTo sequence: Int64) { upTo = sequence }

    /// Names kept, those that are out of date counted too, and a little for the index itself: one of an empty drive is not
    /// free.
    var weight: Int { ids.count + changes.count + taken.count + 16 }

    /// Whether so much changed that making the base anew is cheaper than dragging the changes along.
    var isWorn: Bool { changes.count > 1_000 + ids.count / 8 }

    /// What names are searched by: without case and accents.
    static func folded(_ name: String) -> [UInt8] {
        name.utf8.allSatisfy { $0 < 0x80 } ? CanonicalText.folded(name) : CanonicalText.withoutMarks(name)
    }

    /// The same for the bytes of a name.
    static func folded(_ name: [UInt8]) -> [UInt8] {
        guard name.allSatisfy({ $0 < 0x80 }) else { return folded(String(decoding: name, as: UTF8.self)) }
        return name.map { 0x41...0x5a ~= $0 ? $0 | 0x20 : $0 }
    }

    /// Whether the node is one of those whose names are here. Looks through all of them.
    func knows(_ id: NodeID) -> Bool {
        if let changed = changes[id] { return changed != nil }
        return ids.contains(id)
    }

    /// Adds a name to the base, while it is being made.
    mutating func append(_ id: NodeID, _ name: [UInt8], isFolder: Bool) {
        ids.append(id)
        folders.append(isFolder)
        names += name
        names.append(0)
        ends.append(names.count)
    }

    /// Notes that a node has this name now, or (nil) that it is none of the live ones any more.
    mutating func change(_ id: NodeID, to name: [UInt8]?, isFolder: Bool = false) {
        changes[id] = .some(name.map { Changed(name: $0, isFolder: isFolder) })
    }

    mutating func caughtUp(to sequence: Int64) { upTo = max(upTo, sequence) }

    /// Whether the change of this number is in the index.
    func holds(change sequence: Int64) -> Bool { taken.contains(sequence) }

    /// Remembers which changes behind `start` are in the index, and forgets older ones.
    mutating func remember(_ sequences: some Sequence<Int64>, behind start: Int64) {
        taken = taken.filter { $0 > start }
        taken.formUnion(sequences.lazy.filter { $0 > start })
    }

    /// The base with the changes in it.
    func renewed() -> NameIndex {
        var index = NameIndex(upTo: upTo)
        index.taken = taken
        for place in ids.indices where changes[ids[place]] == nil {
            index.append(ids[place], Array(name(at: place)), isFolder: folders[place])
        }
        for case (let id, let changed?) in changes { index.append(id, changed.name, isFolder: changed.isFolder) }
        return index
    }

    /// Calls `visit` with each name that holds `needle` (folded, at least one byte).
    func forEachMatch(_ needle: [UInt8], _ visit: (Match) -> Void) {
        var place = 0
        var position = 0
        while let hit = names.firstPosition(of: needle, from: position) {
            while ends[place] <= hit { place += 1 }
            let id = ids[place]
            if changes[id] == nil {
                let name = Array(name(at: place))
                visit(Match(id: id, isFolder: folders[place], fit: Self.fit(needle, name), name: name))
            }
            position = ends[place]
        }
        for case (let id, let changed?) in changes {
            guard let fit = Self.fitAnywhere(needle, changed.name) else { continue }
            visit(Match(id: id, isFolder: changed.isFolder, fit: fit, name: changed.name))
        }
    }

    /// How well a name fits, nil when it does not.
    static func fitAnywhere(_ needle: [UInt8], _ name: [UInt8]) -> Fit? {
        guard name.firstRange(of: needle) != nil else { return nil }
        return fit(needle, name)
    }

    /// For a name that holds the needle.
    private static func fit(_ needle: [UInt8], _ name: [UInt8]) -> Fit {
        guard name.starts(with: needle) else { return .inside }
        let rest = name[needle.count...]
        let isExtension = rest.first == UInt8(ascii: ".") && !rest.dropFirst().contains(UInt8(ascii: "."))
        return rest.isEmpty || isExtension ? .exact : .beginning
    }

    private func name(at place: Int) -> ArraySlice<UInt8> {
        names[(place == 0 ? 0 : ends[place - 1])..<(ends[place] - 1)]
    }
}
