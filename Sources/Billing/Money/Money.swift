/// An amount as a whole number of its currency's smallest unit: 2,500 XOF is 2500, 12.50 EUR is 1250.
///
/// Nothing here rounds: what cannot be said exactly is an error, and there is no division. There is no order either,
/// because amounts of two currencies have none; compare `minorUnits` where the currency is known to be one.
public struct Money: Hashable, Sendable {
    public let minorUnits: Int64
    public let currency: Currency

    public init(minorUnits: Int64, _ currency: Currency) {
        self.minorUnits = minorUnits
        self.currency = currency
    }

    public static func zero(_ currency: Currency) -> Money { Money(minorUnits: 0, currency) }

    public var isZero: Bool { minorUnits == 0 }
}

/// Why an amount cannot be had.
public enum MoneyError: Error, Equatable, Sendable {
    /// The amount does not fit in 64 bits.
    case overflow
    /// Two currencies in one sum.
    case currencyMismatch(Currency, Currency)
    /// Not a decimal number: an optional minus, digits, and optionally a point with digits behind.
    case malformed
    /// More digits behind the point than the currency has; taking it would mean rounding.
    case tooFine(Currency)
}

// MARK: Arithmetic

extension Money {
    /// - Throws: `MoneyError.currencyMismatch`, `.overflow`.
    public func adding(_ other: Money) throws(MoneyError) -> Money {
        try result(minorUnits.addingReportingOverflow(try other.minorUnits(in: currency)))
    }

    /// - Throws: `MoneyError.currencyMismatch`, `.overflow`.
    public func subtracting(_ other: Money) throws(MoneyError) -> Money {
        try result(minorUnits.subtractingReportingOverflow(try other.minorUnits(in: currency)))
    }

    /// - Throws: `MoneyError.overflow`.
    public func multiplied(by count: Int64) throws(MoneyError) -> Money {
        try result(minorUnits.multipliedReportingOverflow(by: count))
    }

    private func minorUnits(in expected: Currency) throws(MoneyError) -> Int64 {
        guard currency == expected else { throw .currencyMismatch(expected, currency) }
        return minorUnits
    }

    private func result(_ computed: (partialValue: Int64, overflow: Bool)) throws(MoneyError) -> Money {
        guard !computed.overflow else { throw .overflow }
        return Money(minorUnits: computed.partialValue, currency)
    }
}

// MARK: Decimal text

extension Money {
    /// The amount as a plain decimal number with all of the currency's digits: `2500`, `-12.50`, `0.005`.
    public var decimal: String {
        let parts = digits
        let sign = minorUnits < 0 ? "-" : ""
        return parts.fraction.isEmpty ? sign + parts.whole : "\(sign)\(parts.whole).\(parts.fraction)"
    }

    /// Reads what `decimal` writes; fewer digits behind the point are fine (`12.5` EUR is exact), more are not.
    /// - Throws: `MoneyError.malformed`, `.tooFine`, `.overflow`.
    public init(decimal text: String, _ currency: Currency) throws(MoneyError) {
        var rest = text.utf8[...]
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative { rest.removeFirst() }
        let parts = rest.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        let whole = parts.first ?? rest
        let fraction = parts.dropFirst().first
        guard Self.areDigits(whole), fraction.map(Self.areDigits) ?? true else { throw .malformed }
        let places = fraction?.count ?? 0
        guard places <= currency.exponent else { throw .tooFine(currency) }

        // Counted downwards: the negative range is the larger one.
        var amount: Int64 = 0
        for position in 0..<(whole.count + currency.exponent) {
            let digit =
                position < whole.count
                ? whole[whole.index(whole.startIndex, offsetBy: position)]
                : fraction?.dropFirst(position - whole.count).first ?? UInt8(ascii: "0")
            let (scaled, tooLong) = amount.multipliedReportingOverflow(by: 10)
            let (sum, tooLow) = scaled.subtractingReportingOverflow(Int64(digit - UInt8(ascii: "0")))
            guard !tooLong, !tooLow else { throw .overflow }
            amount = sum
        }
        if !isNegative {
            guard amount != .min else { throw .overflow }
            amount = -amount
        }
        self.init(minorUnits: amount, currency)
    }

    /// The digits before and behind the decimal mark, without a sign.
    var digits: (whole: String, fraction: String) {
        let text = String(minorUnits.magnitude)
        let padded = String(repeating: "0", count: max(0, currency.exponent + 1 - text.count)) + text
        return (String(padded.dropLast(currency.exponent)), String(padded.suffix(currency.exponent)))
    }

    private static func areDigits(_ text: Substring.UTF8View) -> Bool {
        !text.isEmpty && text.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
}

extension Money: CustomStringConvertible {
    /// `12.50 EUR`: for logs and errors. People read ``formatted(_:)``.
    public var description: String { "\(decimal) \(currency.code)" }
}
