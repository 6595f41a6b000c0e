import Database
import Testing
import VaultTesting

@testable import Vault

/// Nodes that write at the same time: the rules hold for all of them together.
@Suite struct SharedWorkTests {
    private func nodes(_ allowance: FixedAllowance = FixedAllowance()) async throws -> [World] {
        let one = try await World(allowance: allowance)
        return [one, try await one.another(), try await one.another()]
    }

    private func close(_ nodes: [World]) async { for node in nodes.reversed() { await node.close() } }

    @Test func uploadsOfOneNameOnAllNodesAreVersionsWithoutGaps() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        let saved = try await withThrowingTaskGroup { group in
            for number in 0..<30 {
                let node = nodes[number % nodes.count]
                group.addTask { try await node.put("content \(number)", at: "same.txt", as: alex) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(saved.map(\.node.id)).count == 1)
        #expect(saved.map(\.version.number).sorted() == Array(1...30))
        #expect(saved.filter(\.created).count == 1)
        // Each acknowledged version is there, and says what was uploaded as it.
        for one in saved.prefix(5) {
            _ = try await nodes[2].text(of: one.node.id, version: one.version.number, as: alex)
        }
        await close(nodes)
    }

    @Test func versionsOfOneFileFromAllNodesHaveNumbersOfTheirOwn() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        let file = try await nodes[0].put("0", at: "a.txt", as: alex).node.id
        // Large enough for the blob store.
        let content = [UInt8](repeating: 7, count: 70_000)
        let numbers = try await withThrowingTaskGroup { group in
            for number in 0..<24 {
                let node = nodes[number % nodes.count]
                group.addTask {
                    try await node.vault.save(SaveRequest(target: .file(file)), .bytes(content), as: alex).version
                        .number
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(2...25))
        await close(nodes)
    }

    @Test func aConditionIsMetOnOneNodeOnly() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        let first = try await nodes[0].put("0", at: "a.txt", as: alex)
        let wins = await withTaskGroup { group in
            for node in nodes {
                group.addTask {
                    let request = SaveRequest(target: .file(first.node.id), expectedHead: first.version.id)
                    do { _ = try await node.vault.save(request, .bytes([1]), as: alex) } catch {
                        #expect(error as? VaultError == .versionMismatch)
                        return 0
                    }
                    return 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(wins == 1)
        await close(nodes)
    }

    @Test func aQuotaHoldsForAllNodesTogether() async throws {
        let nodes = try await nodes(FixedAllowance(bytes: 100))
        let alex = try await nodes[0].person()
        let stored = await withTaskGroup { group in
            for number in 0..<30 {
                let node = nodes[number % nodes.count]
                group.addTask {
                    do { try await node.put("0123456789", at: "\(number).txt", as: alex) } catch {
                        guard case VaultError.quotaExceeded? = error as? VaultError else {
                            Issue.record(error)
                            return 0
                        }
                        return 0
                    }
                    return 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(stored == 10)
        #expect(try await nodes[1].vault.accounts.usage(of: alex).used == 100)
        await close(nodes)
    }

    @Test func ofTwoWhoLockOneGetsIt() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        let sam = try await nodes[0].person("Sam", "Stone")
        let file = try await nodes[0].put("x", at: "a.txt", as: alex).node.id
        try await nodes[0].grant(.owner, on: file, to: sam, by: alex)
        let holders = await withTaskGroup { group in
            for (node, person) in [(nodes[1], alex), (nodes[2], sam)] {
                group.addTask {
                    do { return try await node.vault.locks.toggle(file, as: person) ? [person.account] : [] } catch {
                        #expect(error as? VaultError == .locked)
                        return []
                    }
                }
            }
            return await group.reduce([]) { $0 + $1 }
        }
        #expect(holders.count == 1)
        let other = holders == [alex.account] ? sam : alex
        for node in nodes {
            await #expect(throws: VaultError.locked) {
                try await node.vault.rename(file, to: try NodeName("b.txt"), as: other)
            }
        }
        await close(nodes)
    }

    @Test func aRequestRetriedOnAnotherNodeIsOneAct() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        let request = SaveRequest(
            target: .place(parent: nil, name: try NodeName("a.txt"), conflict: .rename), idempotencyKey: "k-1")
        let saved = try await withThrowingTaskGroup { group in
            for number in 0..<9 {
                let node = nodes[number % nodes.count]
                group.addTask { try await node.vault.save(request, .bytes([1, 2, 3]), as: alex) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(saved.map(\.version.id)).count == 1)
        #expect(saved.filter { !$0.replayed }.count == 1)
        #expect(try await nodes[2].vault.listFolder(nil, as: alex).total == 1)
        await #expect(throws: VaultError.idempotencyMismatch) {
            try await nodes[1].vault.save(request, .bytes([9]), as: alex)
        }
        await close(nodes)
    }

    @Test func readsAreJournalledOncePerNode() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        let file = try await nodes[0].put("x", at: "a.txt", as: alex).node.id
        for node in nodes { for _ in 0..<3 { _ = try await node.text(of: file, as: alex) } }
        let events = try await nodes[0].database.read { snapshot in
            try snapshot.first(
                "SELECT count(*) FROM journal_events WHERE action = 'file_downloaded'", { $0.int(0) })
        }
        #expect(events == nodes.count, "each node tells of its own first one; the journal never tells too little")
        await close(nodes)
    }

    @Test func everyNodeCollectsTheSameTrashOnce() async throws {
        let nodes = try await nodes()
        let alex = try await nodes[0].person()
        for number in 0..<10 {
            let file = try await nodes[0].put("x", at: "\(number).txt", as: alex)
            _ = try await nodes[0].vault.trash.put(file.node.id, as: alex)
        }
        nodes[0].clock.advance(seconds: 31 * 86_400)
        let collected = try await withThrowingTaskGroup { group in
            for node in nodes { group.addTask { try await node.vault.purge.expired() } }
            return try await group.reduce(0, +)
        }
        #expect(collected == 10)
        let events = try await nodes[0].database.read { snapshot in
            try snapshot.first("SELECT count(*) FROM journal_events WHERE action = 'file_deleted'", { $0.int(0) })
        }
        #expect(events == 10)
        await close(nodes)
    }
}
