import Database
import HTTP
import Testing
import Vault
import VaultTesting

@testable import API

@Suite struct PresentationTests {
    // MARK: Sizes

    @Test(arguments: [
        (Int64(14_680_064), "14 MB"), (2_457_600, "2.3 MB"), (16_324_091_904, "15.2 GB"), (21_474_836_480, "20 GB"),
        (5_798_205_850, "5.4 GB"), (4_402_341_478, "4.1 GB"), (3_435_973_837, "3.2 GB"), (1_610_612_736, "1.5 GB"),
        (1_073_741_824, "1.0 GB"), (681_574_400, "650 MB"), (5_153_960_755, "4.8 GB"),
    ])
    func sizesReadAsInTheDocument(_ bytes: Int64, _ text: String) {
        #expect(ByteCountText.text(bytes) == text)
    }

    @Test(arguments: [
        (Int64(0), "0 B"), (1, "1 B"), (1_023, "1023 B"), (1_024, "1.0 KB"), (1_075, "1.0 KB"), (1_076, "1.1 KB"),
        (10_188, "9.9 KB"), (10_189, "10 KB"), (1_048_524, "1023.9 KB"), (1_048_525, "1.0 MB"), (1_048_576, "1.0 MB"),
        (-5, "0 B"), (.max, "8.0 EB"),
    ])
    func sizesAtTheEdgesOfUnitsRoundIntoTheNextUnit(_ bytes: Int64, _ text: String) {
        #expect(ByteCountText.text(bytes) == text)
    }

    // MARK: Times

    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp.parse(iso8601: text)) }

    @Test(arguments: [
        ("2024-10-26T14:59:30Z", "just now"), ("2024-10-26T15:00:10Z", "just now"),
        ("2024-10-26T14:50:00Z", "10 min ago"),
        ("2024-10-26T14:00:01Z", "59 min ago"), ("2024-10-26T13:00:00Z", "2h ago"), ("2024-10-25T15:00:01Z", "23h ago"),
        ("2024-10-25T15:00:00Z", "Yesterday"), ("2024-10-25T00:00:00Z", "Yesterday"),
        ("2024-10-24T23:59:59Z", "Oct 24"),
        ("2024-01-01T00:00:00Z", "Jan 1"), ("2023-12-31T23:59:59Z", "Dec 31, 2023"),
    ])
    func relativeTimesReadAsInTheDocument(_ then: String, _ text: String) throws {
        let times = RelativeTime(now: try moment("2024-10-26T15:00:00Z"))
        #expect(times.text(try moment(then)) == text)
    }

    @Test(arguments: [
        ("2024-10-26T10:23:00Z", "Today, 10:23 AM"), ("2024-10-26T00:05:00Z", "Today, 12:05 AM"),
        ("2024-10-25T18:05:00Z", "Yesterday, 6:05 PM"), ("2024-10-24T12:00:00Z", "Oct 24, 12:00 PM"),
        ("2023-10-24T12:00:00Z", "Oct 24, 2023, 12:00 PM"),
    ])
    func trashTimesReadAsInTheDocument(_ then: String, _ text: String) throws {
        let times = RelativeTime(now: try moment("2024-10-26T15:00:00Z"))
        #expect(times.dayAndTime(try moment(then)) == text)
    }

    @Test func momentsAreWrittenAsTheDatabaseWritesThem() throws {
        for milliseconds in [Int64(0), -1, 1_729_954_800_123, 951_782_400_000, 4_102_444_800_000, -62_135_596_800_000] {
            let moment = Timestamp(milliseconds: milliseconds)
            var bytes: [UInt8] = []
            moment.appendQuoted(to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == "\"\(moment.iso8601)\"")
        }
    }

    // MARK: Looks

    @Test(arguments: [
        ("a.pdf", "application/pdf", "picture_as_pdf", "red"), ("a.doc", "application/msword", "description", "blue"),
        (
            "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "description", "blue"
        ),
        ("a.xls", "application/vnd.ms-excel", "table_chart", "green"),
        ("a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "table_chart", "green"),
        ("a.ppt", "application/vnd.ms-powerpoint", "slideshow", "orange"),
        ("a.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", "slideshow", "orange"),
        ("a.png", "image/png", "image", "indigo"), ("a.mp4", "video/mp4", "video_file", "purple"),
        ("a.mp3", "audio/mpeg", "audio_file", "pink"), ("a.zip", "application/zip", "folder_zip", "gray"),
        ("a.rar", "application/x-rar-compressed", "folder_zip", "gray"),
        ("a.7z", "application/x-7z-compressed", "folder_zip", "gray"),
        ("a.js", "text/javascript", "data_object", "yellow"),
        ("a.json", "application/json", "data_object", "yellow"), ("a.html", "text/html", "data_object", "yellow"),
        ("a.css", "text/css", "data_object", "yellow"), ("Logo_V2.fig", "application/x-figma", "image", "indigo"),
        ("LOGO.FIG", "application/octet-stream", "image", "indigo"),
        ("a.bin", "application/octet-stream", "draft", "slate"),
        ("fig", "text/plain", "draft", "slate"),
    ])
    func looksFollowTheTableOfTheDocument(_ name: String, _ type: String, _ icon: String, _ hue: String) {
        let look = FileAppearance.of(name: name, mediaType: type)
        #expect(look.icon == icon)
        #expect(look.color == "text-\(hue)-500")
        #expect(look.background == "bg-\(hue)-50 dark:bg-\(hue)-500/10")
    }

    @Test func trashUsesTheStrongerPair() {
        let look = FileAppearance.of(name: "Old_Project_Archive_v1.zip", mediaType: "application/zip")
        #expect(look.strongBackground == "bg-gray-100 dark:bg-gray-900/40")
        #expect(look.strongColor == "text-gray-600 dark:text-gray-400")
    }

    /// requirements/1: what is shared, and what is in the trash.
    @Test func theStrongerClassesAreAsTheDocumentShowsThem() {
        let shared = FileAppearance.of(name: "Website_Mockups_V3.fig", mediaType: "application/x-figma")
        #expect(shared.strongBackground == "bg-purple-100 dark:bg-purple-900/40")
        #expect(shared.strongColor == "text-purple-600 dark:text-purple-400")
        let trashed = FileAppearance.of(name: "Old_Project_Archive_v1.zip", mediaType: "application/zip")
        #expect(trashed.strongBackground == "bg-gray-100 dark:bg-gray-900/40")
        #expect(trashed.strongColor == "text-gray-600 dark:text-gray-400")
    }

    @Test(arguments: [
        ("Logo_V2.fig", "application/x-figma", "Figma Design File"), ("a.pdf", "application/pdf", "PDF Document"),
        ("a.png", "image/png", "PNG Image"), ("README", "text/plain", "File"), ("a.txt", "text/plain", "TXT File"),
    ])
    func filesAreCalledWhatPeopleCallThem(_ name: String, _ type: String, _ words: String) throws {
        #expect(FileTypeName.of(name: try NodeName(name), mediaType: type) == words)
    }

    // MARK: Storage

    @Test func theBreakdownOfTheDocumentComesOut() {
        let sizes: [Int64] = [5_798_205_850, 4_402_341_478, 3_435_973_837, 1_610_612_736, 1_073_741_824]
        #expect(StorageShares.percents(sizes) == [36, 27, 21, 10, 6])
    }

    @Test func percentsAlwaysAddUpToAHundred() {
        var generator = SeededGenerator(seed: 20_241_026)
        for _ in 0..<2_000 {
            let sizes = (0..<5).map { _ in
                Bool.random(using: &generator) ? Int64.random(in: 0...1_000, using: &generator) : 0
            }
            let percents = StorageShares.percents(sizes)
            let isEmpty = sizes.allSatisfy { $0 == 0 }
            #expect(percents.reduce(0, +) == (isEmpty ? 0 : 100))
            #expect(percents.allSatisfy { $0 >= 0 })
            for (size, percent) in zip(sizes, percents) where size == 0 { #expect(percent == 0) }
        }
    }

    // MARK: Languages

    @Test(arguments: [
        (nil, Language.english), ("", .english), ("fr", .french), ("fr-FR,fr;q=0.9,en;q=0.8", .french),
        ("en-US,en;q=0.9,fr;q=0.8", .english), ("de,fr;q=0.5", .french), ("*", .english),
        ("en;q=0.1, fr;q=0.2", .french),
        ("fr;q=0", .english), ("fr;q=x", .english), (String(repeating: "fr,", count: 1_000), .english),
    ])
    func messagesComeInTheLanguageAskedFor(_ field: String?, _ language: Language) {
        #expect(Language(accepting: field) == language)
    }
}
