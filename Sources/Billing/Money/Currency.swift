/// A currency of ISO 4217 and how small its smallest unit is.
public struct Currency: Hashable, Sendable, CustomStringConvertible {
    /// The three letters of ISO 4217: `XOF`.
    public let code: String
    /// Digits after the decimal mark, 0 to 4: one unit has 10^exponent minor units. The CFA franc has none.
    public let exponent: Int

    /// West African CFA franc.
    public static let xof = Currency(code: "XOF", exponent: 0)
    /// Central African CFA franc.
    public static let xaf = Currency(code: "XAF", exponent: 0)
    public static let eur = Currency(code: "EUR", exponent: 2)
    public static let usd = Currency(code: "USD", exponent: 2)

    /// `nil` for what is not an active code of ISO 4217 with a minor unit (metals, test codes, withdrawn currencies);
    /// codes are upper case.
    public init?(code: String) {
        guard let exponent = Self.exponents[code] else { return nil }
        self.init(code: code, exponent: exponent)
    }

    private init(code: String, exponent: Int) {
        self.code = code
        self.exponent = exponent
    }

    public var description: String { code }

    /// Minor units in one unit: 1 for the CFA franc, 100 for the euro, 1,000 for the Tunisian dinar.
    public var minorUnitsPerUnit: Int64 { (0..<exponent).reduce(1) { scale, _ in scale * 10 } }
}

extension Currency {
    /// ISO 4217, list one, as of 2026, by exponent.
    private static let listOne: [String] = [
        "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
        "",
        """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE \
        CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD \
        HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK \
        MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD \
        RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH \
        USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG
        """,
        "BHD IQD JOD KWD LYD OMR TND",
        "CLF UYW",
    ]

    private static let exponents: [String: Int] = {
        var exponents: [String: Int] = [:]
        for (exponent, codes) in listOne.enumerated() {
            for code in codes.split(separator: " ") { exponents[String(code)] = exponent }
        }
        return exponents
    }()
}
