import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct CommentTests {
    @Test func commentsComeBackInOrderAndInPages() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            for number in 1...5 {
                world.clock.advance(seconds: 1)
                _ = try await world.vault.comments.add(try CommentText("  Number \(number)\n"), to: file, as: alex)
            }
            func texts(_ order: ListOrder) async throws -> [String] {
                var texts: [String] = []
                var cursor: String?
                repeat {
                    let page = try await world.vault.comments.list(
                        of: file, order: order, limit: 2, cursor: cursor, as: alex)
                    #expect(page.total == 5)
                    texts += page.comments.map(\.text.text)
                    cursor = page.next
                } while cursor != nil
                return texts
            }
            let written = (1...5).map { "Number \($0)" }
            #expect(try await texts(.ascending) == written)
            #expect(try await texts(.descending) == written.reversed())
        }
    }

    @Test(arguments: [
        ("", VaultError.InvalidReason.empty), (" \n\t ", .empty),
        (String(repeating: "é", count: 5_001), .tooLong(maximum: 5_000)), ("a\u{202e}b", .forbiddenCharacter),
    ])
    func aTextThatIsNoneIsRefused(_ text: String, _ reason: VaultError.InvalidReason) {
        #expect(throws: VaultError.invalid(field: "text", reason)) { try CommentText(text) }
    }

    @Test func aTextMayBeAsLongAsItIsSaid() throws {
        #expect(try CommentText(String(repeating: "é", count: 5_000)).text.count == 5_000)
        #expect(try CommentText("two\nlines").text == "two\nlines")
    }

    @Test func theAuthorEditsAndTheAuthorOrTheOwnerDeletes() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let kim = try await world.person("Kim", "Reed")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            let elsewhere = try await world.put("x", at: "b.txt", as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
            try await world.share(file, with: kim, .editor, as: alex)
            let vault = world.vault
            let comment = try await vault.comments.add(try CommentText("Nice"), to: file, as: sam)
            #expect(!comment.isEdited)
            for other in [alex, kim] {
                await #expect(throws: VaultError.forbidden) {
                    try await vault.comments.edit(comment.id, on: file, to: try CommentText("Bad"), as: other)
                }
            }
            await #expect(throws: VaultError.forbidden) {
                try await vault.comments.delete(comment.id, on: file, as: kim)
            }
            await #expect(throws: VaultError.notFound(.comment)) {
                try await vault.comments.delete(comment.id, on: elsewhere, as: alex)
            }
            let edited = try await vault.comments.edit(comment.id, on: file, to: try CommentText("Nicer"), as: sam)
            #expect(edited.isEdited)
            #expect(try await vault.comments.list(of: file, as: kim).comments.map(\.text.text) == ["Nicer"])
            try await vault.comments.delete(comment.id, on: file, as: alex)
            #expect(try await vault.comments.list(of: file, as: kim).comments.isEmpty)
            // What quoted it is gone, too.
            #expect(try await vault.notifications.list(as: alex).entries.isEmpty)
        }
    }

    @Test func theOwnerIsToldAndWhoIsMentionedIs() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let kim = try await world.person("Kim", "Reed")
            let stranger = try await world.person("Joe", "Public")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
            try await world.share(file, with: kim, .viewer, as: alex)
            let vault = world.vault
            for person in [sam, kim] { try await vault.notifications.markAllRead(as: person) }

            _ = try await vault.comments.add(
                try CommentText("@kim reed, look; and @Joe Public, @sam.stone@example.com"), to: file, as: sam)
            #expect(try await vault.notifications.list(as: alex).entries.map(\.kind) == [.comment])
            #expect(try await vault.notifications.list(unreadOnly: true, as: kim).entries.map(\.kind) == [.mention])
            #expect(try await vault.notifications.list(unreadOnly: true, as: sam).entries.isEmpty)
            #expect(try await vault.notifications.list(as: stranger).entries.isEmpty)

            // Who is mentioned is told once; nobody is told of what they wrote themselves.
            let own = try await vault.comments.add(try CommentText("@Sam Stone see"), to: file, as: alex)
            _ = try await vault.comments.add(try CommentText("@Alex Davidson yes"), to: file, as: sam)
            let told = try await vault.notifications.list(as: alex).entries
            #expect(told.map(\.kind) == [.mention, .comment])
            #expect(told.first?.actor?.fullName == "Sam Stone")
            #expect(told.first?.excerpt == "@Alex Davidson yes")
            #expect(told.first?.node?.name.text == "a.txt")

            _ = try await vault.comments.edit(
                own.id, on: file, to: try CommentText("@Sam Stone and @kim.reed@example.com"), as: alex)
            #expect(try await vault.notifications.list(unreadOnly: true, as: sam).unread == 1)
            #expect(try await vault.notifications.list(unreadOnly: true, as: kim).unread == 2)
        }
    }

    private static let people = [
        ("Sam", "", "sam@b.com"), ("Sam", "Stone", "stone@b.com"), ("Éva", "Nagy", "eva@b.com"),
        ("Bob", "Au", "bob@x.com"),
    ].enumerated().map { index, person in
        Person(
            id: AccountID(UInt128(index)), firstName: person.0, lastName: person.1, email: person.2, avatarURL: nil,
            title: nil)
    }

    @Test(arguments: [
        ("@Sam Stone!", [1]), ("@sam", [0]), ("@Sam Stones", [0]), ("@Samuel", []), ("x@Sam", []),
        ("(@ÉVA NAGY)", [2]), ("@e\u{301}va nagy", [2]), ("mail @bob@x.com.", [3]), ("@bob@x.com.au", []),
        ("@bob@x.community", []), ("@Bob Au @sam@b.com", [0, 3]), ("@", []), ("Sam Stone", []),
    ])
    func mentionsAreWholeNamesAfterAMark(_ text: String, _ found: [Int]) throws {
        let wanted = Set(found.map { AccountID(UInt128($0)) })
        #expect(Mentions.find(in: try CommentText(text).text, among: Self.people) == wanted)
    }

    @Test func aFlimsyTextOfMarksCostsLittle() throws {
        let text = try CommentText(String(repeating: "@ ", count: 2_400) + "@Sam Stone")
        #expect(Mentions.find(in: text.text, among: Self.people).isEmpty)
    }

    @Test func shreddingTakesCommentsAlong() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
            _ = try await world.vault.comments.add(try CommentText("MARKER-91f3"), to: file, as: sam)
            let stored = try await world.database.read { snapshot in
                try snapshot.all("SELECT sealed_text FROM comments") { String(decoding: $0.bytes(0), as: UTF8.self) }
            }
            #expect(stored.allSatisfy { !$0.contains("MARKER") })
            #expect(try await world.count("SELECT COUNT(*) FROM comments") == 1)
            _ = try await world.vault.trash.put(file, as: alex)
            await #expect(throws: VaultError.notFound(.file)) {
                try await world.vault.comments.list(of: file, as: alex)
            }
            _ = try await world.vault.purge(file, as: alex)
            #expect(try await world.count("SELECT COUNT(*) FROM comments") == 0)
            #expect(try await world.count("SELECT COUNT(*) FROM notifications") == 0)
        }
    }

    @Test func aCommentMovedToAnotherRowDoesNotOpen() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            let first = try await world.vault.comments.add(try CommentText("one"), to: file, as: alex).id
            let second = try await world.vault.comments.add(try CommentText("two"), to: file, as: alex).id
            try await world.database.write { transaction in
                _ = try transaction.run(
                    """
                    UPDATE comments SET sealed_text = (SELECT sealed_text FROM comments WHERE id = \(first))
                    WHERE id = \(second)
                    """)
            }
            await #expect(throws: VaultError.tampered(file)) {
                try await world.vault.comments.list(of: file, as: alex)
            }
        }
    }

    @Test func textsAreFoundByTheirIdsForWhatQuotesThem() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            let kept = try await world.vault.comments.add(try CommentText("kept"), to: file, as: alex).id
            let gone = try await world.vault.comments.add(try CommentText("gone"), to: file, as: alex).id
            try await world.vault.comments.delete(gone, on: file, as: alex)
            let core = world.core
            let texts = try await world.database.read { snapshot in
                let key = try core.keyring.nodeKey(file, in: snapshot)
                return try CommentTexts.texts([kept, gone], on: file, key: key, in: snapshot)
            }
            #expect(texts == [kept: "kept"])
        }
    }
}
