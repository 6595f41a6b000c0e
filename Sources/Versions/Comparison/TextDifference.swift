/// How two texts differ, line by line, in blocks with three lines around each change, as `diff -u` gives it.
public struct TextDifference: Sendable, Equatable {
    public struct Line: Sendable, Equatable {
        public enum Kind: String, Sendable { case same = " ", deleted = "-", inserted = "+" }

        public let kind: Kind
        /// From 1; `nil` where the line is not in that text.
        public let old: Int?
        public let new: Int?
        public let text: String
        /// The last of a text that does not end with a line break.
        public let isUnended: Bool
    }

    public struct Hunk: Sendable, Equatable {
        /// From 1; 0 before the first line of an empty side.
        public let oldStart: Int
        public let oldCount: Int
        public let newStart: Int
        public let newCount: Int
        public let lines: [Line]
    }

    public let hunks: [Hunk]
    public let inserted: Int
    public let deleted: Int
    /// The texts differ too much for all of it to be looked for: the changed part is given as replaced whole.
    public let isCut: Bool

    static let context = 3

    public init(_ old: TextLines, _ new: TextLines) {
        var known: [String: Int] = [:]
        func number(_ lines: TextLines) -> [Int] {
            lines.lines.indices.map { place in
                // A last line without an end is another one than the same with it.
                let text = lines.lines[place] + (lines.isUnended(place) ? "\0" : "")
                if let number = known[text] { return number }
                known[text] = known.count
                return known.count - 1
            }
        }
        let difference = LineDifference(number(old), number(new))
        isCut = difference.isCut
        let lines = difference.edits.map { edit in
            switch edit {
            case .keep(let x, let y):
                Line(kind: .same, old: x + 1, new: y + 1, text: old.lines[x], isUnended: old.isUnended(x))
            case .delete(let x):
                Line(kind: .deleted, old: x + 1, new: nil, text: old.lines[x], isUnended: old.isUnended(x))
            case .insert(let y):
                Line(kind: .inserted, old: nil, new: y + 1, text: new.lines[y], isUnended: new.isUnended(y))
            }
        }
        inserted = lines.count { $0.kind == .inserted }
        deleted = lines.count { $0.kind == .deleted }
        hunks = Self.hunks(of: lines)
    }

    private static func hunks(of lines: [Line]) -> [Hunk] {
        var hunks: [Hunk] = []
        var place = 0
        var (oldBefore, newBefore) = (0, 0)
        func advance(to end: Int) {
            while place < end {
                if lines[place].old != nil { oldBefore += 1 }
                if lines[place].new != nil { newBefore += 1 }
                place += 1
            }
        }
        while let change = lines[place...].firstIndex(where: { $0.kind != .same }) {
            let start = max(place, change - context)
            var end = change
            // Changes with fewer than two contexts between them are one block.
            while let next = lines[end...].prefix(2 * context + 1).firstIndex(where: { $0.kind != .same }) {
                end = next + 1
                if end == lines.count { break }
            }
            end = min(lines.count, end + context)
            advance(to: start)
            let part = Array(lines[start..<end])
            let (oldCount, newCount) = (part.count { $0.old != nil }, part.count { $0.new != nil })
            hunks.append(
                Hunk(
                    oldStart: oldCount == 0 ? oldBefore : oldBefore + 1, oldCount: oldCount,
                    newStart: newCount == 0 ? newBefore : newBefore + 1, newCount: newCount, lines: part))
            advance(to: end)
        }
        return hunks
    }

    /// What `diff -u` prints, and `patch` takes.
    public func unified(from old: String, to new: String) -> String {
        guard !hunks.isEmpty else { return "" }
        var text = "--- \(old)\n+++ \(new)\n"
        for hunk in hunks {
            text += "@@ -\(Self.range(hunk.oldStart, hunk.oldCount)) +\(Self.range(hunk.newStart, hunk.newCount)) @@\n"
            for line in hunk.lines {
                text += line.kind.rawValue + line.text + "\n"
                if line.isUnended { text += "\\ No newline at end of file\n" }
            }
        }
        return text
    }

    private static func range(_ start: Int, _ count: Int) -> String { count == 1 ? "\(start)" : "\(start),\(count)" }
}
