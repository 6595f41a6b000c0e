public import Database

/// The lasting name of a plan: `standard`. What people read is `Plan.name`.
public struct PlanID: RawRepresentable, Hashable, Sendable, SQLBindable, CustomStringConvertible {
    public let rawValue: String

    /// `nil` unless 1 to 32 small letters, digits, `-` or `_`.
    public init?(rawValue: String) {
        let isFine = rawValue.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard isFine, (1...32).contains(rawValue.utf8.count) else { return nil }
        self.rawValue = rawValue
    }

    private init(fixed: StaticString) { rawValue = fixed.description }

    /// What holds for everybody who subscribes to nothing.
    public static let free = PlanID(fixed: "free")
    public static let standard = PlanID(fixed: "standard")
    public static let premium = PlanID(fixed: "premium")

    public var description: String { rawValue }
}

/// How long one payment lasts.
public enum BillingPeriod: String, Sendable, CaseIterable, SQLBindable {
    case month, year
}

/// What a plan includes beyond storage.
public enum PlanFeature: String, Sendable, CaseIterable {
    /// The `premium` role of requirements/4: further transformations of images and videos.
    case advancedTransformations = "advanced_transformations"
}

/// Something people can have: how much they may store, and what it costs from now on.
public struct Plan: Sendable, Equatable {
    public let id: PlanID
    /// As shown to people.
    public let name: String
    /// In bytes, counting live and trashed current versions.
    public let storageLimit: Int64
    /// How many days old versions are kept at least; `nil` for as long as their file.
    public let versionRetentionDays: Int?
    public let features: Set<PlanFeature>
    /// The prices of today, the shortest period first.
    public let prices: [PlanPrice]

    public func price(per period: BillingPeriod) -> PlanPrice? { prices.first { $0.period == period } }
}

/// What a plan costs for one period, from a moment until the next price of that plan and period.
public struct PlanPrice: Sendable, Equatable {
    /// Identity of the row: a subscription keeps the one it was sold at.
    public let id: Int64
    public let plan: PlanID
    public let period: BillingPeriod
    public let price: Money
    public let validFrom: Timestamp
}
