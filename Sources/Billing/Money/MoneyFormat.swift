/// A language that amounts are written in for people.
public enum MoneyLanguage: Sendable, CaseIterable {
    case french, english
}

extension Money {
    /// The amount as people read it, after the patterns of Unicode CLDR: `2 500 F CFA` and `-12,50 €` in French,
    /// `F CFA 2,500` and `-€12.50` in English.
    ///
    /// The spaces never break: narrow (U+202F) between groups of three digits, full (U+00A0) beside the currency.
    public func formatted(_ language: MoneyLanguage) -> String {
        let sign = minorUnits < 0 ? "-" : ""
        let parts = digits
        let symbol = currency.symbol(language)
        switch language {
        case .french:
            let fraction = parts.fraction.isEmpty ? "" : "," + parts.fraction
            return sign + Self.grouped(parts.whole, by: "\u{202F}") + fraction + "\u{A0}" + symbol
        case .english:
            let fraction = parts.fraction.isEmpty ? "" : "." + parts.fraction
            let gap = symbol.last?.isLetter == true ? "\u{A0}" : ""
            return sign + symbol + gap + Self.grouped(parts.whole, by: ",") + fraction
        }
    }

    private static func grouped(_ digits: String, by separator: String) -> String {
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text += separator }
            text.append(digit)
        }
        return text
    }
}

extension Currency {
    /// How the language writes the currency; its code where it has no sign for it.
    fileprivate func symbol(_ language: MoneyLanguage) -> String {
        switch (code, language) {
        case ("XOF", _): "F\u{202F}CFA"
        case ("XAF", _): "FCFA"
        case ("EUR", _): "€"
        case ("USD", .french): "$US"
        case ("USD", .english): "$"
        case ("GBP", .french): "£GB"
        case ("GBP", .english): "£"
        default: code
        }
    }
}
