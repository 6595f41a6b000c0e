public import Database
public import Vault

/// How many backups of one target are kept: the newest, and the newest of each of so many days, weeks and months
/// (grandfather, father, son). Days begin at midnight UTC, weeks on Monday.
public struct KeepPolicy: Sendable, Equatable {
    public var last: Int
    public var daily: Int
    public var weekly: Int
    public var monthly: Int

    public init(last: Int = 0, daily: Int = 0, weekly: Int = 0, monthly: Int = 0) {
        self.last = last
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
    }

    static let most = 10_000

    /// Nothing is said: everything stays.
    public var keepsAll: Bool { last <= 0 && daily <= 0 && weekly <= 0 && monthly <= 0 }

    /// A backup as the policy sees it.
    public struct Candidate: Sendable, Hashable {
        public let id: BackupID
        public let base: BackupID?
        public let moment: Timestamp

        public init(id: BackupID, base: BackupID?, moment: Timestamp) {
            self.id = id
            self.base = base
            self.moment = moment
        }
    }

    /// Those that may go. What a kept one stands on is kept, so that no chain loses a link; the newest is always kept.
    public func superfluous(among candidates: [Candidate]) -> Set<BackupID> {
        guard !keepsAll, !candidates.isEmpty else { return [] }
        let sorted = candidates.sorted { ($0.moment, $0.id.value) > ($1.moment, $1.id.value) }
        var kept = Set(sorted.prefix(max(1, last)).map(\.id))
        kept.formUnion(Self.newest(in: sorted, periods: daily) { $0.milliseconds.floored(by: 86_400_000) })
        kept.formUnion(
            Self.newest(in: sorted, periods: weekly) { ($0.milliseconds.floored(by: 86_400_000) + 3).floored(by: 7) })
        kept.formUnion(Self.newest(in: sorted, periods: monthly) { String($0.iso8601.prefix(7)) })
        let bases = Dictionary(candidates.map { ($0.id, $0.base) }, uniquingKeysWith: { first, _ in first })
        for id in kept {
            var next = bases[id] ?? nil
            while let base = next, kept.insert(base).inserted { next = bases[base] ?? nil }
        }
        return Set(candidates.map(\.id)).subtracting(kept)
    }

    /// The newest of each of the newest so many periods.
    private static func newest<Period: Hashable>(
        in sorted: [Candidate], periods: Int, _ period: (Timestamp) -> Period
    ) -> [BackupID] {
        var seen: Set<Period> = []
        var found: [BackupID] = []
        for candidate in sorted where seen.count < periods {
            if seen.insert(period(candidate.moment)).inserted { found.append(candidate.id) }
        }
        return found
    }
}
