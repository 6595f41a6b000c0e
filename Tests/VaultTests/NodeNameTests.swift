import Testing

@testable import Vault

@Suite struct NodeNameTests {
    @Test(arguments: ["a", "Logo_V2.fig", "Été à Cotonou.pdf", "日本語.txt", "a..b", ".hidden", " spaced name ", "👩‍👩‍👧.png"])
    func anOrdinaryNameIsKept(_ text: String) throws {
        #expect(try NodeName(text).text == text)
    }

    @Test(arguments: [
        "", " ", "\u{3000}", ".", "..", "a/b", "/", "a\\b", "a\u{0}b", "a\nb", "\u{202E}gpj.exe", "a\u{2066}b",
        "a\u{2028}b", "\u{FEFF}a",
    ])
    func aNameThatCouldFoolSomebodyIsRefused(_ text: String) {
        #expect(throws: VaultError.self) { try NodeName(text) }
    }

    @Test func aNameOf255BytesIsTheLongest() throws {
        #expect(try NodeName(String(repeating: "é", count: 127) + "a").text.utf8.count == 255)
        #expect(throws: VaultError.invalid(field: "name", .tooLong(maximum: 255))) {
            try NodeName(String(repeating: "é", count: 128))
        }
        #expect(throws: VaultError.self) { try NodeName(String(repeating: "a", count: 1_000_000)) }
    }

    @Test func composedAndDecomposedSpellingsAreOneName() throws {
        let composed = try NodeName("r\u{E9}sum\u{E9}.pdf")
        let decomposed = try NodeName("re\u{301}sume\u{301}.pdf")
        #expect(Array(composed.text.utf8) == Array(decomposed.text.utf8))
        #expect(composed.folded == decomposed.folded)
    }

    @Test(arguments: [("Logo.FIG", "logo.fig"), ("ÉTÉ", "été"), ("STRASSE", "straße"), ("ΣΊΣΥΦΟΣ", "σίσυφοσ")])
    func caseDoesNotTellTwoNamesApart(_ pair: (String, String)) throws {
        #expect(try NodeName(pair.0).folded == NodeName(pair.1).folded)
    }

    @Test(arguments: [
        ("a.txt", "a (1).txt"), ("archive.tar.gz", "archive.tar (1).gz"), (".profile", ".profile (1)"),
        ("README", "README (1)"),
    ])
    func aSecondOneGetsItsNumberBeforeTheExtension(_ pair: (String, String)) throws {
        #expect(try NodeName(pair.0).numbered(1).text == pair.1)
    }

    @Test func aNumberedNameStaysWithinItsBytes() throws {
        let long = try NodeName(String(repeating: "é", count: 125) + ".txt")
        #expect(long.numbered(999).text.utf8.count <= 255)
        #expect(long.numbered(999).text.hasSuffix(" (999).txt"))
    }
}

@Suite struct EmailAddressTests {
    @Test(arguments: ["alex.davidson@cloudspace.com", "a+b@x.org", " padded@example.com ", "é@exämple.fr"])
    func anOrdinaryAddressIsTaken(_ text: String) throws { _ = try EmailAddress(text) }

    @Test(arguments: [
        "", "a", "@b.c", "a@", "a@b", "a@@b.c", "a b@c.de", ".a@b.c", "a.@b.c", "a..b@c.de", "a@-b.c", "a@b..c",
        "a@b.c\n", "<a@b.c>", String(repeating: "a", count: 65) + "@b.cc",
    ])
    func anImpossibleAddressIsRefused(_ text: String) {
        #expect(throws: VaultError.self) { try EmailAddress(text) }
    }

    @Test func oneMailboxInTwoSpellingsIsOneAddress() throws {
        #expect(try EmailAddress("Alex@Example.com").folded == EmailAddress("alex@example.COM").folded)
    }
}

@Suite struct IdentifierTests {
    @Test func anIdentifierSurvivesItsText() throws {
        let id = NodeID(0x0192_c5a0_1234_7abc_8def_0123_4567_89ab)
        #expect(id.description == "0192c5a0-1234-7abc-8def-0123456789ab")
        #expect(NodeID(id.description) == id)
        #expect(NodeID(id.description.uppercased()) == id)
    }

    @Test(arguments: [
        "", "0192c5a0-1234-7abc-8def-0123456789a", "0192c5a0-1234-7abc-8def-0123456789abc",
        "0192c5a0x1234-7abc-8def-0123456789ab", "g192c5a0-1234-7abc-8def-0123456789ab",
        "0192c5a012347abc8def0123456789abcdef",
    ])
    func anythingElseIsNoIdentifier(_ text: String) {
        #expect(NodeID(text) == nil)
    }
}
