import Database
import Testing
import Vault
import VaultTesting

@testable import struct Vault.BestMatches
@testable import struct Vault.NameIndex

@Suite struct SearchTests {
    private func withWorld(_ settings: VaultSettings = VaultSettings(), _ body: (World) async throws -> Void)
        async throws
    {
        let world = try await World(settings: settings)
        do {
            try await body(world)
        } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    private func names(
        _ text: String, _ world: World, as principal: Principal, kinds: SearchedKinds = .all, scope: SearchScope = .all,
        limit: Int = 100
    ) async throws -> [String] {
        try await world.vault.search(text, kinds: kinds, scope: scope, limit: limit, as: principal).hits.map { hit in
            switch hit {
            case .node(let node, let path, _, _): (path + [node.name.text]).joined(separator: "/")
            case .person(let person): person.email
            }
        }
    }

    @Test func exactNamesComeFirstThenBeginningsThenTheRest() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            for name in ["my logo.fig", "Logo_V2.fig", "LOGO.png", "Logo", "catalogo.txt", "other.txt"] {
                try await world.put("x", at: name, as: alex)
            }
            let found = try await names("logo", world, as: alex)
            #expect(found == ["Logo", "LOGO.png", "Logo_V2.fig", "catalogo.txt", "my logo.fig"])
        }
    }

    @Test(arguments: ["RESUME", "résumé", "re\u{301}sume\u{301}", "  resume  ", "sumé"])
    func caseAndAccentsDoNotMatter(_ text: String) async throws {
        try await withWorld { world in
            let alex = try await world.person()
            try await world.put("x", at: "Résumé.pdf", as: alex)
            #expect(try await names(text, world, as: alex) == ["Résumé.pdf"])
        }
    }

    @Test func whatChangedIsFoundAsItIsNow() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let folder = try await world.vault.createFolder(try NodeName("Q4"), in: nil, as: alex)
            let saved = try await world.put("x", at: "plan.txt", in: folder.id, as: alex)
            #expect(try await names("plan", world, as: alex) == ["Q4/plan.txt"])

            _ = try await world.vault.rename(saved.node.id, to: try NodeName("budget.txt"), as: alex)
            #expect(try await names("plan", world, as: alex) == [])
            #expect(try await names("budget", world, as: alex) == ["Q4/budget.txt"])

            _ = try await world.vault.trash.put(folder.id, as: alex)
            #expect(try await names("budget", world, as: alex) == [], "it went with its folder")
            #expect(try await names("q4", world, as: alex, scope: .trash) == ["Q4"])

            _ = try await world.vault.trash.restore(folder.id, as: alex)
            #expect(try await names("budget", world, as: alex) == ["Q4/budget.txt"], "and came back with it")
        }
    }

    @Test func kindsAndScopesNarrowTheSearch() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            _ = try await world.person("Sarah", "Plan")
            _ = try await world.vault.createFolder(try NodeName("plans"), in: nil, as: alex)
            try await world.put("x", at: "plan.txt", as: alex)
            #expect(try await names("plan", world, as: alex).count == 3)
            #expect(try await names("plan", world, as: alex, kinds: .file) == ["plan.txt"])
            #expect(try await names("plan", world, as: alex, kinds: .folder) == ["plans"])
            #expect(try await names("plan", world, as: alex, kinds: .user) == ["sarah.plan@example.com"])
            #expect(try await names("plan", world, as: alex, scope: .drive) == ["plan.txt", "plans"])
            #expect(try await names("plan", world, as: alex, scope: .shared) == [])
        }
    }

    @Test func othersFilesAreFoundOnlyWhenTheyAreShared() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sarah = try await world.person("Sarah", "Miller")
            let folder = try await world.vault.createFolder(try NodeName("Shared"), in: nil, as: alex)
            try await world.put("x", at: "secret plan.txt", as: alex)
            try await world.put("x", at: "open plan.txt", in: folder.id, as: alex)
            #expect(try await names("plan", world, as: sarah) == [])
            try await world.grant(.viewer, on: folder.id, to: sarah, by: alex)
            #expect(try await names("plan", world, as: sarah) == ["Shared/open plan.txt"])
            try await world.put("x", at: "newer plan.txt", in: folder.id, as: alex)
            #expect(try await names("plan", world, as: sarah, scope: .shared).count == 2)
            try await world.database.write { _ = try $0.run("DELETE FROM grants") }
            #expect(try await names("plan", world, as: sarah) == [])
        }
    }

    @Test func thePageIsBoundedAndAllHitsAreCounted() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            for number in 0..<25 { try await world.put("x", at: "report \(number).txt", as: alex) }
            let page = try await world.vault.search("report", limit: 10, as: alex)
            #expect(page.hits.count == 10)
            #expect(page.total == 25)
        }
    }

    @Test func aDriveTooLargeToBeKeptIsSearchedAllTheSame() async throws {
        var settings = VaultSettings()
        settings.searchedNames = 3
        try await withWorld(settings) { world in
            let alex = try await world.person()
            for number in 0..<5 { try await world.put("x", at: "report \(number).txt", as: alex) }
            for _ in 0..<2 { #expect(try await names("report", world, as: alex).count == 5) }
        }
    }

    @Test(arguments: ["", "   ", String(repeating: "a", count: 201)])
    func aTextThatSaysNothingOrTooMuchIsRefused(_ text: String) async throws {
        try await withWorld { world in
            let alex = try await world.person()
            await #expect(throws: VaultError.self) { try await world.vault.search(text, limit: 10, as: alex) }
        }
    }

    @Test func anIndexWithManyChangesEqualsOneMadeAnew() {
        var dice = SeededGenerator(seed: 7)
        var index = NameIndex(upTo: 0)
        var names: [UInt64: [UInt8]] = [:]
        func word() -> [UInt8] {
            (0..<Int.random(in: 1...6, using: &dice)).map { _ in UInt8.random(in: 97...99, using: &dice) }
        }
        for number in 0..<500 as Range<UInt64> {
            names[number] = word()
            index.append(NodeID(UInt128(number)), names[number] ?? [], isFolder: false)
        }
        for _ in 0..<300 {
            let number = UInt64.random(in: 0..<600, using: &dice)
            names[number] = Bool.random(using: &dice) ? word() : nil
            index.change(NodeID(UInt128(number)), to: names[number])
        }
        for needle in ["a", "ab", "abc", "cc", "bca"].map({ Array($0.utf8) }) {
            let wanted = Set(names.filter { $0.value.firstRange(of: needle) != nil }.keys)
            for index in [index, index.renewed()] {
                var found: [UInt64] = []
                index.forEachMatch(needle) { found.append(UInt64(truncatingIfNeeded: $0.id.value)) }
                #expect(found.count == wanted.count)
                #expect(Set(found) == wanted)
            }
        }
    }
}
