/// The shortest way from one list of lines to another (Myers, "An O(ND) Difference Algorithm and Its Variations", 1986).
public struct LineDifference: Sendable, Equatable {
    public enum Edit: Sendable, Equatable {
        /// Places in the old and in the new list.
        case keep(Int, Int)
        case delete(Int)
        case insert(Int)
    }

    public let edits: [Edit]
    /// The lists differ by more than is looked for: the part between their common beginning and end is given as replaced
    /// whole.
    public let isCut: Bool

    /// Deletions and insertions that are looked for: with the trace of them the memory grows with the square of it.
    public static let mostEdits = 1_500

    public init(_ old: [Int], _ new: [Int], mostEdits: Int = LineDifference.mostEdits) {
        var start = 0
        while start < old.count, start < new.count, old[start] == new[start] { start += 1 }
        var end = 0
        while end < old.count - start, end < new.count - start, old[old.count - 1 - end] == new[new.count - 1 - end] {
            end += 1
        }
        let (a, b) = (old[start..<(old.count - end)], new[start..<(new.count - end)])
        var edits: [Edit] = (0..<start).map { .keep($0, $0) }
        if let middle = Self.shortest(Array(a), Array(b), mostEdits) {
            for edit in middle {
                switch edit {
                case .keep(let x, let y): edits.append(.keep(x + start, y + start))
                case .delete(let x): edits.append(.delete(x + start))
                case .insert(let y): edits.append(.insert(y + start))
                }
            }
            isCut = false
        } else {
            edits += a.indices.map { .delete($0) }
            edits += b.indices.map { .insert($0) }
            isCut = true
        }
        for place in 0..<end { edits.append(.keep(old.count - end + place, new.count - end + place)) }
        self.edits = edits
    }

    /// - Returns: `nil` when more than `most` edits are needed.
    private static func shortest(_ a: [Int], _ b: [Int], _ most: Int) -> [Edit]? {
        let limit = min(most, a.count + b.count)
        // How far one comes on each diagonal; `trace` keeps it before each round, only as wide as the round was.
        var reach = [Int](repeating: 0, count: 2 * limit + 3)
        let middle = limit + 1
        var trace: [[Int]] = []
        for distance in 0...limit {
            trace.append(Array(reach[(middle - distance)...(middle + distance)]))
            for diagonal in stride(from: -distance, through: distance, by: 2) {
                let comesDown =
                    diagonal == -distance
                    || (diagonal != distance && reach[middle + diagonal - 1] < reach[middle + diagonal + 1])
                var x = comesDown ? reach[middle + diagonal + 1] : reach[middle + diagonal - 1] + 1
                var y = x - diagonal
                while x < a.count, y < b.count, a[x] == b[y] { (x, y) = (x + 1, y + 1) }
                reach[middle + diagonal] = x
                if x >= a.count, y >= b.count { return path(a.count, b.count, trace) }
            }
        }
        return nil
    }

    /// Walks the trace back.
    private static func path(_ a: Int, _ b: Int, _ trace: [[Int]]) -> [Edit] {
        var edits: [Edit] = []
        var (x, y) = (a, b)
        for distance in trace.indices.reversed() {
            let diagonal = x - y
            let reach = trace[distance]
            func at(_ diagonal: Int) -> Int {
                let place = diagonal + distance
                return reach.indices.contains(place) ? reach[place] : 0
            }
            let comesDown = diagonal == -distance || (diagonal != distance && at(diagonal - 1) < at(diagonal + 1))
            let before = comesDown ? diagonal + 1 : diagonal - 1
            let (oldX, oldY) = distance == 0 ? (0, 0) : (at(before), at(before) - before)
            while x > oldX, y > oldY {
                (x, y) = (x - 1, y - 1)
                edits.append(.keep(x, y))
            }
            if distance > 0 {
                if comesDown {
                    y -= 1
                    edits.append(.insert(y))
                } else {
                    x -= 1
                    edits.append(.delete(x))
                }
            }
        }
        return edits.reversed()
    }
}
