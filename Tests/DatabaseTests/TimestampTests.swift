import Database
import Testing

@Suite struct TimestampTests {
    @Test func knownMomentsAreWrittenAndRead() {
        let known: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00Z"),
            (1_729_953_000_000, "2024-10-26T14:30:00Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-1_000, "1969-12-31T23:59:59Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59Z"),
            (253_402_300_799_000, "9999-12-31T23:59:59Z"),
        ]
        for (milliseconds, text) in known {
            #expect(Timestamp(milliseconds: milliseconds).iso8601 == text)
            #expect(Timestamp.parse(iso8601: text) == Timestamp(milliseconds: milliseconds))
        }
    }

    @Test func fractionsAndOffsetsAreUnderstood() {
        let noon = Timestamp.parse(iso8601: "2024-10-26T12:00:00Z")
        #expect(Timestamp.parse(iso8601: "2024-10-26T14:00:00+02:00") == noon)
        #expect(Timestamp.parse(iso8601: "2024-10-26T06:30:00-05:30") == noon)
        #expect(Timestamp.parse(iso8601: "2024-10-26T12:00:00.0009Z") == noon)
        #expect(Timestamp.parse(iso8601: "2024-10-26T12:00:00.12Z")?.milliseconds == noon.map { $0.milliseconds + 120 })
        #expect(Timestamp.parse(iso8601: "2024-10-26") == Timestamp.parse(iso8601: "2024-10-26T00:00:00Z"))
    }

    @Test(arguments: [
        "", "2024", "2024-13-01", "2024-02-30", "2023-02-29", "2024-10-26T", "2024-10-26T24:00:00Z",
        "2024-10-26T12:00Z",
        "2024-10-26T12:00:00", "2024-10-26T12:00:00.Z", "2024-10-26T12:00:00+2", "2024-10-26T12:00:00Z ", "26/10/2024",
        "2024-10-26T12:60:00Z", "２０２４-10-26",
    ])
    func anythingElseIsRefused(_ text: String) {
        #expect(Timestamp.parse(iso8601: text) == nil)
    }

    @Test func daysOfTwentyFourCenturiesComeBack() {
        for day in stride(from: Int64(-719_000), to: 146_097, by: 17) {
            let moment = Timestamp(milliseconds: day * 86_400_000)
            #expect(Timestamp.parse(iso8601: moment.iso8601) == moment)
        }
    }

    @Test func extremeMomentsAreWrittenWithoutStopping() {
        #expect(!Timestamp(milliseconds: .max).iso8601.isEmpty)
        #expect(!Timestamp(milliseconds: .min).iso8601.isEmpty)
        #expect(Timestamp(milliseconds: .max).advanced(bySeconds: 1) == Timestamp(milliseconds: .max))
    }
}
