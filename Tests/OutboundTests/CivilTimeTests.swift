import Glibc
import Testing
import VaultTesting

@testable import Outbound

@Suite struct CivilTimeTests {
    @Test(arguments: [
        ("2009-10-12T17:50:30.000Z", 1_255_369_830_000), ("2026-11-21T14:00:27Z", 1_795_269_627_000),
        ("1970-01-01T00:00:00.5Z", 500), ("2000-02-29T23:59:59.123456Z", 951_868_799_123),
        ("2024-12-31T00:00:00.001Z", 1_735_603_200_001),
    ])
    func timesOfListsAreRead(_ text: String, _ milliseconds: Int64) {
        #expect(CivilTime.milliseconds(iso: text) == milliseconds)
    }

    @Test(arguments: [
        "", "2009-10-12", "2009-10-12T17:50:30", "2009-10-12T17:50:30.Z", "2009-13-12T17:50:30Z",
        "2009-10-32T17:50:30Z",
        "2009-10-12T24:50:30Z", "2009-10-12T17:60:30Z", "2009/10/12T17:50:30Z", "-009-10-12T17:50:30Z",
        "2009-10-12T17:50:30+02:00", "2009-10-12T17:50:30.12aZ", "２009-10-12T17:50:30Z", "2009-10-12T17:50:30xZ",
    ])
    func whatIsNoTimeIsRefused(_ text: String) {
        #expect(CivilTime.milliseconds(iso: text) == nil)
    }

    @Test func theDateOfAnAnswerIsRead() {
        #expect(CivilTime.seconds(http: "Fri, 24 May 2013 00:00:00 GMT") == 1_369_353_600)
        for text in ["", "Fri, 24 Mai 2013 00:00:00 GMT", "Fri, 24 May 2013 00:00:00 CET", "24 May 2013"] {
            #expect(CivilTime.seconds(http: text) == nil)
        }
    }

    /// The C library is the slow twin.
    @Test func everyMomentIsTheCLibrarysToo() {
        let seed = UInt64.random(in: 0..<1_000_000)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            let seconds = Int64.random(in: 0...253_402_300_799, using: &generator)
            var instant = time_t(seconds)
            var parts = tm()
            gmtime_r(&instant, &parts)
            let moment = CivilTime(secondsSince1970: seconds)
            #expect(moment.year == Int(parts.tm_year) + 1900 && moment.month == Int(parts.tm_mon) + 1, "seed \(seed)")
            #expect(moment.day == Int(parts.tm_mday) && moment.hour == Int(parts.tm_hour), "seed \(seed)")
            #expect(moment.minute == Int(parts.tm_min) && moment.second == Int(parts.tm_sec), "seed \(seed)")
            #expect(moment.secondsSince1970 == seconds, "seed \(seed)")
        }
    }
}
