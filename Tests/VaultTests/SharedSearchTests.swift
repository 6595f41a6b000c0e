import Database
import Testing
import Vault
import VaultTesting

/// The index of a shared folder follows what happens in its owner's drive.
@Suite struct SharedSearchTests {
    private func found(_ text: String, _ world: World, as principal: Principal) async throws -> Set<String> {
        let hits = try await world.vault.search(text, scope: .shared, limit: 100, as: principal).hits
        return Set(
            hits.compactMap { hit in
                guard case .node(let node, _, _, _) = hit else { return nil }
                return node.name.text
            })
    }

    @Test func aSharedFolderIsFollowedThroughEveryChange() async throws {
        let world = try await World()
        let (alex, sam) = (try await world.person(), try await world.person("Sam", "Stone"))
        func folder(_ name: String, in parent: NodeID? = nil) async throws -> NodeID {
            try await world.vault.createFolder(try NodeName(name), in: parent, as: alex).id
        }
        let (team, other) = (try await folder("Team"), try await folder("Other"))
        let inner = try await folder("x inner", in: team)
        let file = try await world.put("1", at: "x one", in: team, as: alex).node.id
        let outside = try await folder("x outside", in: other)
        try await world.put("2", at: "x below", in: outside, as: alex)
        try await world.grant(.viewer, on: team, to: sam, by: alex)
        #expect(try await found("x ", world, as: sam) == ["x inner", "x one"])

        try await world.put("3", at: "x elsewhere", in: other, as: alex)
        #expect(try await found("x ", world, as: sam) == ["x inner", "x one"])
        try await world.put("4", at: "x two", in: inner, as: alex)
        _ = try await world.vault.rename(file, to: try NodeName("x uno"), as: alex)
        #expect(try await found("x ", world, as: sam) == ["x inner", "x uno", "x two"])
        _ = try await world.vault.move(outside, to: inner, as: alex)
        #expect(try await found("x ", world, as: sam) == ["x inner", "x uno", "x two", "x outside", "x below"])
        _ = try await world.vault.move(inner, to: other, as: alex)
        #expect(try await found("x ", world, as: sam) == ["x uno"])
        _ = try await world.vault.move(inner, to: team, as: alex)
        _ = try await world.vault.trash.put(inner, as: alex)
        #expect(try await found("x ", world, as: sam) == ["x uno"])
        _ = try await world.vault.trash.restore(inner, as: alex)
        let all: Set<String> = ["x inner", "x uno", "x two", "x outside", "x below"]
        #expect(try await found("x ", world, as: sam) == all)
        // The whole folder away and back.
        _ = try await world.vault.move(team, to: other, as: alex)
        _ = try await world.vault.trash.put(other, as: alex)
        #expect(try await found("x ", world, as: sam) == [])
        _ = try await world.vault.trash.restore(other, as: alex)
        #expect(try await found("x ", world, as: sam) == all)
        await world.close()
    }

    @Test func countsKeepStepWithWhatIsShown() async throws {
        let world = try await World()
        let (alex, sam) = (try await world.person(), try await world.person("Sam", "Stone"))
        let team = try await world.vault.createFolder(try NodeName("Team"), in: nil, as: alex).id
        let away = try await world.vault.createFolder(try NodeName("Away"), in: nil, as: alex).id
        try await world.grant(.viewer, on: team, to: sam, by: alex)
        var random = SeededGenerator(seed: 20_261_121)
        var files: [NodeID] = []
        for number in 0..<60 {
            if number % 3 == 0 || files.isEmpty {
                files.append(try await world.put("x", at: "note \(number)", in: team, as: alex).node.id)
            } else if let file = files.randomElement(using: &random) {
                _ = try await world.vault.move(file, to: Bool.random(using: &random) ? team : away, as: alex)
            }
            let page = try await world.vault.search("note", scope: .shared, limit: 100, as: sam)
            let inTeam = try await world.vault.listFolder(team, as: alex).total
            #expect(page.total == inTeam && page.hits.count == inTeam, "after step \(number)")
        }
        await world.close()
    }

    @Test func aLargeFolderIsIndexedPageByPage() async throws {
        let world = try await World()
        let alex = try await world.person()
        let folder = try await world.vault.createFolder(try NodeName("Many"), in: nil, as: alex).id
        for number in 0..<2_050 { try await world.put("", at: "item \(number)", in: folder, as: alex) }
        #expect(try await world.vault.search("item", limit: 1, as: alex).total == 2_050)
        #expect(try await world.vault.search("item 2049", limit: 1, as: alex).total == 1)
        await world.close()
    }
}
