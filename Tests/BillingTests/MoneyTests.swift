import Billing
import Testing

@Suite struct MoneyTests {
    private static let tnd = Currency(code: "TND")
    private static let clf = Currency(code: "CLF")

    @Test(arguments: [
        ("XOF", 0), ("XAF", 0), ("JPY", 0), ("GNF", 0), ("EUR", 2), ("USD", 2), ("MGA", 2), ("MRU", 2), ("TND", 3),
        ("KWD", 3), ("CLF", 4), ("UYW", 4),
    ])
    func everyCurrencyHasTheExponentOfISO4217(_ code: String, _ exponent: Int) throws {
        #expect(try #require(Currency(code: code)).exponent == exponent)
    }

    @Test(arguments: ["", "xof", "XO", "XOFF", "FRF", "XAU", "XTS", "XXX", "HRK", " EUR", "ÉUR", "EUR XOF"])
    func whatIsNoActiveCurrencyIsRefused(_ code: String) {
        #expect(Currency(code: code) == nil)
    }

    @Test func namedCurrenciesAreThoseOfTheTable() {
        for currency in [Currency.xof, .xaf, .eur, .usd] { #expect(Currency(code: currency.code) == currency) }
        #expect(Currency.xof.minorUnitsPerUnit == 1)
        #expect(Currency.eur.minorUnitsPerUnit == 100)
        #expect(Self.clf?.minorUnitsPerUnit == 10_000)
    }

    @Test func sumsAreExact() throws {
        // 0.1 + 0.2, the sum that floats get wrong.
        let sum = try Money(decimal: "0.1", .eur).adding(Money(decimal: "0.2", .eur))
        #expect(sum == Money(minorUnits: 30, .eur))
        #expect(try sum.subtracting(Money(minorUnits: 31, .eur)) == Money(minorUnits: -1, .eur))
        #expect(try Money(minorUnits: 2_500, .xof).multiplied(by: 12) == Money(minorUnits: 30_000, .xof))
        #expect(try sum.multiplied(by: 0).isZero)
    }

    @Test func overflowIsAnError() {
        let most = Money(minorUnits: .max, .xof)
        let least = Money(minorUnits: .min, .xof)
        let one = Money(minorUnits: 1, .xof)
        #expect(throws: MoneyError.overflow) { try most.adding(one) }
        #expect(throws: MoneyError.overflow) { try least.subtracting(one) }
        #expect(throws: MoneyError.overflow) { try Money.zero(.xof).subtracting(least) }
        #expect(throws: MoneyError.overflow) { try most.multiplied(by: 2) }
        #expect(throws: MoneyError.overflow) { try least.multiplied(by: -1) }
    }

    @Test func twoCurrenciesHaveNoSum() {
        let mismatch = MoneyError.currencyMismatch(.xof, .xaf)
        #expect(throws: mismatch) { try Money.zero(.xof).adding(.zero(.xaf)) }
        #expect(throws: mismatch) { try Money.zero(.xof).subtracting(.zero(.xaf)) }
        #expect(Money.zero(.xof) != Money.zero(.xaf))
    }

    @Test(arguments: [
        (0, "0", "0.00", "0.000"), (5, "5", "0.05", "0.005"), (-5, "-5", "-0.05", "-0.005"),
        (100, "100", "1.00", "0.100"),
        (123_456, "123456", "1234.56", "123.456"), (-100_000, "-100000", "-1000.00", "-100.000"),
        (Int64.max, "9223372036854775807", "92233720368547758.07", "9223372036854775.807"),
        (Int64.min, "-9223372036854775808", "-92233720368547758.08", "-9223372036854775.808"),
    ])
    func decimalTextShowsTheExponentAndReadsBack(_ amount: Int64, _ xof: String, _ eur: String, _ dinar: String) throws
    {
        let tnd = try #require(Self.tnd)
        for (currency, text) in [(Currency.xof, xof), (.eur, eur), (tnd, dinar)] {
            let money = Money(minorUnits: amount, currency)
            #expect(money.decimal == text)
            #expect(try Money(decimal: text, currency) == money)
        }
    }

    @Test func fewerDigitsAreExactAndMoreAreRefused() throws {
        #expect(try Money(decimal: "12", .eur).minorUnits == 1_200)
        #expect(try Money(decimal: "12.5", .eur).minorUnits == 1_250)
        #expect(try Money(decimal: "-0012.5", .eur).minorUnits == -1_250)
        #expect(throws: MoneyError.tooFine(.eur)) { try Money(decimal: "12.505", .eur) }
        #expect(throws: MoneyError.tooFine(.eur)) { try Money(decimal: "12.500", .eur) }
        #expect(throws: MoneyError.tooFine(.xof)) { try Money(decimal: "2500.0", .xof) }
    }

    @Test(arguments: [
        "", "-", "+1", ".", "1.", ".5", "1,5", "1.2.3", "--1", "1e3", " 1", "1 ", "0x1", "١", "1_000", "NaN",
    ])
    func whatIsNoDecimalNumberIsRefused(_ text: String) {
        #expect(throws: MoneyError.malformed) { try Money(decimal: text, .eur) }
    }

    @Test(arguments: [
        "92233720368547758.08", "-92233720368547758.09", "92233720368547759", "99999999999999999999999999",
    ])
    func aNumberTooLargeIsRefused(_ text: String) {
        #expect(throws: MoneyError.overflow) { try Money(decimal: text, .eur) }
    }

    /// Expectations were taken from ICU's currency formatter.
    @Test(arguments: [
        (Money(minorUnits: 2_500, .xof), "2\u{202F}500\u{A0}F\u{202F}CFA", "F\u{202F}CFA\u{A0}2,500"),
        (
            Money(minorUnits: -1_234_568, .xof), "-1\u{202F}234\u{202F}568\u{A0}F\u{202F}CFA",
            "-F\u{202F}CFA\u{A0}1,234,568"
        ),
        (Money(minorUnits: -1_234_568, .xaf), "-1\u{202F}234\u{202F}568\u{A0}FCFA", "-FCFA\u{A0}1,234,568"),
        (Money(minorUnits: -123_456_750, .eur), "-1\u{202F}234\u{202F}567,50\u{A0}€", "-€1,234,567.50"),
        (Money(minorUnits: -123_456_750, .usd), "-1\u{202F}234\u{202F}567,50\u{A0}$US", "-$1,234,567.50"),
        (Money(minorUnits: 999, .usd), "9,99\u{A0}$US", "$9.99"),
        (Money(minorUnits: 0, .xof), "0\u{A0}F\u{202F}CFA", "F\u{202F}CFA\u{A0}0"),
        (Money(minorUnits: 100_000, .xof), "100\u{202F}000\u{A0}F\u{202F}CFA", "F\u{202F}CFA\u{A0}100,000"),
        (
            Money(minorUnits: .min, .eur), "-92\u{202F}233\u{202F}720\u{202F}368\u{202F}547\u{202F}758,08\u{A0}€",
            "-€92,233,720,368,547,758.08"
        ),
    ])
    func peopleReadAmountsInTheirLanguage(_ money: Money, _ french: String, _ english: String) {
        #expect(money.formatted(.french) == french)
        #expect(money.formatted(.english) == english)
    }

    @Test func aCurrencyWithoutASignIsWrittenByItsCode() throws {
        let money = Money(minorUnits: -1_234_567_500, try #require(Self.tnd))
        #expect(money.formatted(.french) == "-1\u{202F}234\u{202F}567,500\u{A0}TND")
        #expect(money.formatted(.english) == "-TND\u{A0}1,234,567.500")
    }
}
