/// The languages messages are written in. English unless the client prefers French.
public enum Language: String, Sendable, CaseIterable {
    case english = "en"
    case french = "fr"

    /// The better one of an `Accept-Language` field (RFC 9110, section 12.5.4); English when it names neither.
    public init(accepting field: String?) {
        self = .english
        guard let field, field.utf8.count <= 1_024 else { return }
        var best = 0.0
        for item in field.split(separator: ",") {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard let range = parts.first?.lowercased() else { continue }
            let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
            guard quality > best, let language = Self.named(range) else { continue }
            (self, best) = (language, quality)
        }
    }

    private static func named(_ range: String) -> Language? {
        switch range.prefix(while: { $0 != "-" }) {
        case "fr": .french
        case "en", "*": .english
        default: nil
        }
    }
}

/// One sentence in both languages.
public struct Bilingual: Sendable, Hashable {
    public let english: String
    public let french: String

    public init(_ english: String, fr french: String) {
        self.english = english
        self.french = french
    }

    public func text(_ language: Language) -> String {
        switch language {
        case .english: english
        case .french: french
        }
    }
}
