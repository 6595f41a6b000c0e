public import Database
public import Vault

/// A decision in words, the same for the API and the command line.
public struct ExpiryWords: Sendable {
    public let code: String
    public let reason: Bilingual
    public let rule: String?
    public let until: Timestamp?

    public init(_ verdict: ExpiryDecision.Verdict) {
        switch verdict {
        case .expires(let policy):
            self.init(
                "expires", "expires: no rule keeps it", fr: "expire : aucune règle ne la garde", policy.description)
        case .current:
            self.init("current", "kept: it is the current version", fr: "gardée : c’est la version courante", nil)
        case .newest(let count, let policy):
            self.init(
                "newest", "kept: among the newest \(count)", fr: "gardée : parmi les \(count) plus récentes",
                policy.description)
        case .younger(let until, let policy):
            self.init(
                "younger", "kept: young enough until \(until.iso8601)",
                fr: "gardée : assez récente jusqu’au \(until.iso8601)", policy.description, until)
        case .retention(let until, let policy):
            self.init(
                "retention", "kept: minimum retention until \(until.iso8601)",
                fr: "gardée : durée minimale jusqu’au \(until.iso8601)", policy.description, until)
        case .hold(let hold):
            self.init("hold", "kept: under a legal hold", fr: "gardée : sous gel juridique", hold.description)
        }
    }

    private init(_ code: String, _ english: String, fr french: String, _ rule: String?, _ until: Timestamp? = nil) {
        self.code = code
        reason = Bilingual(english, fr: french)
        self.rule = rule
        self.until = until
    }
}
