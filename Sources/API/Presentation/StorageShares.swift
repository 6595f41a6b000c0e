import Vault

/// One line of the storage breakdown.
struct StorageShare: Equatable {
    let type: String
    let icon: String
    let size: Int64
    /// Of what is used, in whole percent; all lines together are 100 unless nothing is used.
    let percent: Int
}

/// Splits the storage used into the document's five types (requirements/1, `GET /api/user/storage`).
enum StorageShares {
    static func of(_ usage: Usage) -> [StorageShare] {
        let rows = FileCategory.allCases.map { category in
            (look: look(category), size: max(0, usage.live[category]?.bytes ?? 0))
        }
        let percents = percents(rows.map(\.size))
        return zip(rows, percents).map { row, percent in
            StorageShare(type: row.look.type, icon: row.look.icon, size: row.size, percent: percent)
        }
    }

    /// What is used of a limit in whole percent; 100 where nothing is allowed.
    static func percentage(_ used: Int64, of limit: Int64) -> Int {
        limit > 0 ? Int((Double(used) / Double(limit) * 100).rounded()) : 100
    }

    /// Rounded shares whose sum is 100: what rounding leaves over goes to the last share that is not empty, or comes
    /// from the largest.
    static func percents(_ sizes: [Int64]) -> [Int] {
        let total = sizes.reduce(0.0) { $0 + Double($1) }
        guard total > 0 else { return sizes.map { _ in 0 } }
        var percents = sizes.map { Int((Double($0) / total * 100).rounded()) }
        let rest = 100 - percents.reduce(0, +)
        let last = sizes.lastIndex { $0 > 0 } ?? 0
        let largest = percents.indices.max { percents[$0] < percents[$1] } ?? last
        percents[percents[last] + rest >= 0 ? last : largest] += rest
        return percents
    }

    private static func look(_ category: FileCategory) -> (type: String, icon: String) {
        switch category {
        case .images: ("Images", "image")
        case .videos: ("Videos", "movie")
        case .documents: ("Documents", "description")
        case .spreadsheets: ("Spreadsheets", "table_chart")
        case .other: ("Other", "folder_zip")
        }
    }
}
