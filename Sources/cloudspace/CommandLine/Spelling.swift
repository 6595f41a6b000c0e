/// Finds the word somebody probably meant.
enum Spelling {
    /// The known word nearest to `word`, nil when none is near: at most a third of its letters differ, or one begins
    /// with the other.
    static func nearest(to word: String, among known: [String]) -> String? {
        let limit = max(1, word.count / 3)
        let best = known.map { (distance: distance(word, $0), word: $0) }.min { $0.distance < $1.distance }
        if let best, best.distance <= limit { return best.word }
        return word.count >= 3 ? known.first { $0.hasPrefix(word) || word.hasPrefix($0) } : nil
    }

    /// Letters to insert, delete, replace or swap with their neighbour (Damerau–Levenshtein, optimal alignment).
    static func distance(_ first: String, _ second: String) -> Int {
        let left = Array(first.utf8.prefix(64))
        let right = Array(second.utf8.prefix(64))
        var before = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for row in 0..<left.count {
            var next = [row + 1]
            for column in 0..<right.count {
                let same = left[row] == right[column]
                var cost = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, next[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, before[column - 1] + 1)
                }
                next.append(cost)
            }
            (before, last) = (last, next)
        }
        return last[right.count]
    }
}

extension String {
    /// The same text without control characters, so that what somebody typed cannot steer the terminal it is shown on.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map {
                    $0.properties.generalCategory == .control || $0.properties.generalCategory == .format
                        ? "\u{fffd}" : $0
                }))
    }
}
