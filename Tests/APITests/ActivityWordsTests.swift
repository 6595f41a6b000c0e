import Database
import HTTP
import Testing
import Vault

@testable import API

/// Words, icons and badges against the tables of requirements/1.
@Suite struct ActivityWordsTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp.parse(iso8601: text)) }

    @Test(arguments: [
        (ActivityAction.fileEdited, "edited", "edit_document"), (.fileUploaded, "uploaded", "upload_file"),
        (.fileShared, "shared", "share"), (.fileRenamed, "renamed", "drive_file_rename_outline"),
        (.fileTrashed, "moved to trash", "delete"), (.commentAdded, "commented on", "comment"),
        (.fileDownloaded, "downloaded", "download"), (.folderCreated, "created folder", "create_new_folder"),
        (.fileUnshared, "removed sharing on", "person_remove"),
        (.fileRestored, "restored from trash", "restore_from_trash"), (.fileLocked, "locked", "lock"),
        (.fileCopied, "made a copy of", "content_copy"), (.fileMoved, "moved", "drive_file_move"),
    ])
    func historyReadsAsTheTableOfTheDocument(_ action: ActivityAction, _ verb: String, _ icon: String) {
        #expect(ActivityWords.of(action).verb == verb)
        #expect(ActivityWords.of(action).icon == icon)
    }

    @Test func everyActHasWordsAnIconAndClasses() {
        for action in ActivityAction.allCases {
            let words = ActivityWords.of(action)
            #expect(!words.verb.isEmpty && !words.sentence.isEmpty && !words.icon.isEmpty)
            #expect(words.color.hasPrefix("text-") && words.color.hasSuffix("-500"))
            #expect(words.background == words.color.replacing("text-", with: "bg-") + "/10")
        }
        #expect(ActivityWords.of(.fileEdited).color == "text-blue-500")
        #expect(ActivityWords.of(.fileEdited).background == "bg-blue-500/10")
        #expect(ActivityWords.of(.fileEdited).sentence == "Uploaded a new version")
        #expect(ActivityWords.of(.commentAdded).sentence == "Commented on file")
        #expect(ActivityWords.of(.commentAdded, isFolder: true).sentence == "Commented on folder")
    }

    @Test func everyFilterButAllNamesItsActsOnce() {
        let named = ActivityFilter.allCases.filter { $0 != .all }.flatMap(\.actions)
        #expect(Set(named).count == named.count)
        #expect(ActivityFilter.all.actions == ActivityAction.allCases)
    }

    @Test(arguments: [
        ("2024-10-26T14:59:30Z", "just now"), ("2024-10-26T15:00:10Z", "just now"), ("2024-10-26T14:50:00Z", "10m ago"),
        ("2024-10-26T14:55:00Z", "5m ago"), ("2024-10-26T14:00:01Z", "59m ago"), ("2024-10-26T13:00:00Z", "2h ago"),
        ("2024-10-25T12:00:00Z", "yesterday"), ("2024-10-24T23:59:59Z", "Oct 24"),
        ("2023-12-31T23:59:59Z", "Dec 31, 2023"),
    ])
    func timesInPhrasesReadAsInTheDocument(_ then: String, _ text: String) throws {
        #expect(RelativeTime(now: try moment("2024-10-26T15:00:00Z")).phrase(try moment(then)) == text)
    }

    @Test(arguments: [
        ("2024-10-26T00:00:00Z", "Today"), ("2024-10-26T23:00:00Z", "Today"), ("2024-10-25T23:59:59Z", "Yesterday"),
        ("2024-10-24T00:00:00Z", "Oct 24"), ("2023-10-24T00:00:00Z", "Oct 24, 2023"),
    ])
    func historyIsCutByDays(_ then: String, _ label: String) throws {
        #expect(RelativeTime(now: try moment("2024-10-26T15:00:00Z")).day(try moment(then)) == label)
    }

    /// 26 October 2024 is a Saturday; its week began on Monday, the 21st.
    @Test(arguments: [
        ("2024-10-26T00:00:00Z", "Today"), ("2024-10-25T00:00:00Z", "Yesterday"), ("2024-10-24T23:59:59Z", "This Week"),
        ("2024-10-21T00:00:00Z", "This Week"), ("2024-10-20T23:59:59Z", "Last Week"),
        ("2024-10-14T00:00:00Z", "Last Week"), ("2024-10-13T23:59:59Z", "October 2024"),
        ("2024-09-30T23:59:59Z", "September 2024"), ("2023-10-26T00:00:00Z", "October 2023"),
    ])
    func recentFilesAreCutByStretchesOfTime(_ then: String, _ label: String) throws {
        #expect(RelativeTime(now: try moment("2024-10-26T15:00:00Z")).stretch(try moment(then)) == label)
    }

    /// On a Monday yesterday is of last week, and still yesterday.
    @Test(arguments: [
        ("2024-10-27T12:00:00Z", "Yesterday"), ("2024-10-26T12:00:00Z", "Last Week"),
        ("2024-10-21T00:00:00Z", "Last Week"), ("2024-10-20T23:59:59Z", "October 2024"),
    ])
    func weeksBeginOnMonday(_ then: String, _ label: String) throws {
        #expect(RelativeTime(now: try moment("2024-10-28T09:00:00Z")).stretch(try moment(then)) == label)
    }

    @Test(arguments: [
        ("2024-10-26T10:42:00Z", "10:42 AM"), ("2024-10-25T18:05:00Z", "6:05 PM"), ("2024-10-20T18:05:00Z", "Oct 20"),
        ("2023-10-20T18:05:00Z", "Oct 20, 2023"),
    ])
    func recentFilesTellTheClockOrTheDay(_ then: String, _ text: String) throws {
        #expect(RelativeTime(now: try moment("2024-10-26T15:00:00Z")).clockOrDay(try moment(then)) == text)
    }

    @Test(arguments: [
        ("a.pdf", "PDF", "red"), ("a.doc", "DOC", "blue"), ("a.docx", "DOC", "blue"), ("a.xls", "XLS", "green"),
        ("a.xlsx", "XLS", "green"), ("a.ppt", "PPT", "orange"), ("a.pptx", "PPT", "orange"), ("a.jpg", "IMG", "indigo"),
        ("a.jpeg", "IMG", "indigo"), ("a.png", "IMG", "indigo"), ("a.gif", "IMG", "indigo"),
        ("a.webp", "IMG", "indigo"),
        ("a.svg", "IMG", "indigo"), ("a.mp4", "MP4", "purple"), ("a.avi", "MP4", "purple"), ("a.mov", "MP4", "purple"),
        ("a.mkv", "MP4", "purple"), ("a.mp3", "MP3", "pink"), ("a.wav", "MP3", "pink"), ("a.flac", "MP3", "pink"),
        ("a.zip", "ZIP", "gray"), ("a.rar", "ZIP", "gray"), ("a.7z", "ZIP", "gray"), ("a.fig", "FIG", "indigo"),
        ("a.FIG", "FIG", "indigo"), ("a.txt", "FILE", "slate"), ("README", "FILE", "slate"),
    ])
    func badgesFollowTheTableOfTheDocument(_ name: String, _ text: String, _ hue: String) throws {
        let badge = TypeBadge.of(name: try NodeName(name), mediaType: nil)
        #expect(badge.text == text)
        #expect(badge.color == "bg-\(hue)-100 text-\(hue)-600 dark:bg-\(hue)-500/20 dark:text-\(hue)-400")
    }

    @Test func aNameWithoutAnExtensionHasTheBadgeOfItsType() throws {
        #expect(TypeBadge.of(name: try NodeName("scan"), mediaType: "application/pdf") == .pdf)
        #expect(TypeBadge.of(name: try NodeName("scan"), mediaType: "image/png") == .image)
    }

    @Test func softAndLightLooksAreThoseOfTheDocument() {
        let look = FileAppearance.of(name: "Project_Brief_v3.docx", mediaType: "application/msword")
        #expect(look.softBackground == "bg-blue-500/10")
        #expect(look.lightColor == "text-blue-400")
    }

    @Test func neighboursUnderOneHeadingStayTogether() {
        let groups = [1, 3, 2, 4, 5].grouped { $0 % 2 == 0 ? "even" : "odd" }
        #expect(groups.map(\.label) == ["odd", "even", "odd"])
        #expect(groups.map(\.members) == [[1, 3], [2, 4], [5]])
    }
}
