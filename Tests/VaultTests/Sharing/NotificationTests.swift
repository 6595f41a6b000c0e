import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct NotificationTests {
    /// Shares `count` new files with somebody, oldest first.
    private func share(
        _ count: Int, with sam: Principal, as alex: Principal, _ world: World, from first: Int = 0
    ) async throws {
        for number in first..<(first + count) {
            let file = try await world.put("x", at: "\(number).txt", as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
        }
    }

    @Test func theyAreListedNewestFirstInPagesAndByTheirPresentNames() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            try await share(5, with: sam, as: alex, world)
            let newest = try await world.vault.notifications.list(limit: 2, as: sam)
            #expect(newest.entries.map(\.node?.name.text) == ["4.txt", "3.txt"])
            #expect(newest.unread == 5)
            let id = try #require(newest.entries.first?.node?.id)
            _ = try await world.vault.rename(id, to: try NodeName("renamed.txt"), as: alex)
            _ = try await world.vault.accounts.update(ProfileChange(firstName: "Alexandra"), as: alex)
            #expect(
                try await world.vault.notifications.list(limit: 1, as: sam).entries.first?.node?.name.text
                    == "renamed.txt")
            #expect(
                try await world.vault.notifications.list(limit: 1, as: sam).entries.first?.actor?.firstName
                    == "Alexandra")
            let next = try await world.vault.notifications.list(limit: 10, cursor: newest.next, as: sam)
            #expect(next.entries.map(\.node?.name.text) == ["2.txt", "1.txt", "0.txt"])
            #expect(next.next == nil)
        }
    }

    @Test func readingThemIsOnesOwnAffairAndJournalled() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            try await share(3, with: sam, as: alex, world)
            let vault = world.vault
            let first = try #require(try await vault.notifications.list(as: sam).entries.first)
            await #expect(throws: VaultError.notFound(.notification)) {
                try await vault.notifications.markRead(first.id, as: alex)
            }
            try await vault.notifications.markRead(first.id, as: sam)
            try await vault.notifications.markRead(first.id, as: sam)
            #expect(try await vault.notifications.list(as: sam).unread == 2)
            #expect(try await vault.notifications.list(unreadOnly: true, as: sam).entries.count == 2)
            try await vault.notifications.markAllRead(as: sam)
            try await vault.notifications.markAllRead(as: sam)
            #expect(try await vault.notifications.list(as: sam).unread == 0)
            #expect(try await vault.notifications.list(as: sam).entries.count == 3)
            #expect(
                try await world.count("SELECT COUNT(*) FROM journal_events WHERE action = 'notifications_read'") == 2)
        }
    }

    @Test func whatMovedOutOfReachIsNeitherShownNorCounted() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let shared = try await world.folder("Shared", as: alex)
            let file = try await world.put("x", at: "a.txt", in: shared, as: alex).node.id
            try await world.share(shared, with: sam, .viewer, as: alex)
            _ = try await world.vault.comments.add(try CommentText("@Sam Stone"), to: file, as: alex)
            #expect(try await world.vault.notifications.list(as: sam).unread == 2)
            _ = try await world.vault.move(file, to: nil, as: alex)
            let page = try await world.vault.notifications.list(as: sam)
            #expect(page.entries.map(\.kind) == [.share])
            #expect(page.unread == 1)
        }
    }

    @Test func aThousandAreKept() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .viewer, as: alex)
            let notices = world.core.notices
            try await world.database.write { transaction in
                for _ in 0..<1_005 {
                    try notices.post(.share, to: sam.account, by: alex.account, about: file, in: transaction)
                }
            }
            #expect(
                try await world.count("SELECT COUNT(*) FROM notifications WHERE account_id = \(sam.account)") == 1_000)
            #expect(try await world.vault.notifications.list(as: sam).unread == 1_000)
        }
    }

    @Test func readOnesAreForgottenAfterNinetyDays() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            try await share(2, with: sam, as: alex, world)
            let first = try #require(try await world.vault.notifications.list(as: sam).entries.last)
            try await world.vault.notifications.markRead(first.id, as: sam)
            world.clock.advance(seconds: 90 * 86_400)
            #expect(try await world.vault.housekeeping.run().expiredNotifications == 0)
            world.clock.advance(seconds: 1)
            #expect(try await world.vault.housekeeping.run().expiredNotifications == 1)
            #expect(try await world.vault.housekeeping.run().expiredNotifications == 0)
            #expect(try await world.vault.notifications.list(as: sam).unread == 1)
            #expect(
                try await world.count("SELECT COUNT(*) FROM journal_events WHERE action = 'notifications_expired'")
                    == 1)
        }
    }

    @Test func whoeverIsNearlyFullIsToldOnce() async throws {
        try await withWorld(allowance: FixedAllowance(bytes: 100)) { world in
            let alex = try await world.person()
            try await world.put(String(repeating: "x", count: 89), at: "a.txt", as: alex)
            #expect(try await world.vault.notifications.list(as: alex).entries.isEmpty)
            let more = try await world.put("1", at: "b.txt", as: alex).node.id
            let told = try await world.vault.notifications.list(as: alex).entries
            #expect(told.map(\.kind) == [.storageNearlyFull])
            #expect(told.first?.usage?.counted == 90)
            // Down and up again: not told a second time before the first was read.
            _ = try await world.vault.trash.put(more, as: alex)
            _ = try await world.vault.purge(more, as: alex)
            try await world.put("1", at: "b.txt", as: alex)
            #expect(try await world.vault.notifications.list(as: alex).entries.count == 1)
        }
    }

    @Test func aCommentsBeginningIsOneLine() {
        let text = "two\n lines  " + String(repeating: "é", count: 200)
        let excerpt = NotificationReading.excerpt(text)
        #expect(excerpt.count == 140)
        #expect(excerpt.hasPrefix("two lines é") && excerpt.hasSuffix("…"))
        #expect(NotificationReading.excerpt("short") == "short")
    }
}

/// Notifications as they come.
@Suite struct NotificationFeedTests {
    private func names(_ event: NotificationFeed.Event) -> [String]? {
        guard case .notifications(let entries) = event else { return nil }
        return entries.map { $0.node?.name.text ?? "" }
    }

    @Test func whatIsCommittedHereComesAtOnceAndWhatWasMissedComesFirst() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let notifications = world.vault.notifications
            for name in ["a", "b", "c"] {
                try await world.share(world.put("x", at: name, as: alex).node.id, with: sam, .viewer, as: alex)
            }
            let first = try #require(try await notifications.list(as: sam).entries.last)
            let resumed = try await notifications.listen(after: first.id, as: sam)
            #expect(names(try await resumed.next()) == ["b", "c"])
            let fresh = try await notifications.listen(as: sam)
            try await world.share(world.put("x", at: "d", as: alex).node.id, with: sam, .viewer, as: alex)
            #expect(names(try await fresh.next()) == ["d"])
            #expect(names(try await resumed.next()) == ["d"])
            // Others hear nothing of it: the next thing Alex gets is a sign of life.
            let other = try await notifications.listen(as: alex)
            world.clock.advance(seconds: 20)
            try await notifications.tick()
            guard case .heartbeat = try await other.next() else {
                Issue.record("more than a sign of life")
                return
            }
        }
    }

    @Test func aPlaceThatIsGoneIsGoneOnFromTheOneBefore() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let notifications = world.vault.notifications
            var files: [NodeID] = []
            for name in ["a", "b", "c"] {
                files.append(try await world.put("x", at: name, as: alex).node.id)
                try await world.share(files[files.count - 1], with: sam, .viewer, as: alex)
                world.clock.advance(seconds: 1)
            }
            let middle = try await notifications.list(as: sam).entries[1]
            try await world.vault.sharing.remove(files[1], from: sam.account, as: alex)
            let resumed = try await notifications.listen(after: middle.id, as: sam)
            #expect(names(try await resumed.next()) == ["c"])
        }
    }

    @Test func anotherNodeHearsOfItWithItsNextLook() async throws {
        try await withWorld { world in
            let other = try await world.another()
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let feed = try await other.vault.notifications.listen(as: sam)
            try await world.share(world.put("x", at: "a", as: alex).node.id, with: sam, .viewer, as: alex)
            try await other.vault.notifications.tick()
            #expect(names(try await feed.next()) == ["a"])
            // A look that finds nothing new wakes nobody.
            try await other.vault.notifications.tick()
            world.clock.advance(seconds: 20)
            try await other.vault.notifications.tick()
            guard case .heartbeat = try await feed.next() else {
                Issue.record("woken for nothing")
                return
            }
            await other.close()
        }
    }

    @Test func itEndsWithItsSession() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let feed = try await world.vault.notifications.listen(as: alex)
            try await world.vault.sessions.logOut(alex)
            world.clock.advance(seconds: 20)
            try await world.vault.notifications.tick()
            guard case .ended = try await feed.next() else {
                Issue.record("outlived its session")
                return
            }
        }
    }

    @Test func nothingIsSentToASessionThatIsOver() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let feed = try await world.vault.notifications.listen(as: sam)
            try await world.vault.sessions.logOut(sam)
            try await world.share(world.put("x", at: "a", as: alex).node.id, with: sam, .viewer, as: alex)
            guard case .ended = try await feed.next() else {
                Issue.record("sent after the end of the session")
                return
            }
        }
    }

    @Test func itEndsWhenItsTaskIsCancelledAndMakesRoom() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let feed = try await world.vault.notifications.listen(as: alex)
            let waiting = Task { try await feed.next() }
            waiting.cancel()
            guard case .ended = try await waiting.value else {
                Issue.record("waits on")
                return
            }
            #expect(world.core.listeners.count == 0)
        }
    }

    @Test func streamsAreFewPerPersonAndBoundedInAll() async throws {
        var settings = VaultSettings()
        settings.notifications.maximumStreams = 5
        settings.notifications.maximumStreamsPerPerson = 3
        try await withWorld(settings) { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            var feeds: [NotificationFeed] = []
            for _ in 0..<3 { feeds.append(try await world.vault.notifications.listen(as: alex)) }
            await #expect(throws: VaultError.tooManyStreams(.ofPerson)) {
                try await world.vault.notifications.listen(as: alex)
            }
            for _ in 0..<2 { feeds.append(try await world.vault.notifications.listen(as: sam)) }
            await #expect(throws: VaultError.tooManyStreams(.ofServer)) {
                try await world.vault.notifications.listen(as: sam)
            }
            feeds[0].close()
            feeds.append(try await world.vault.notifications.listen(as: sam))
            world.core.listeners.stop()
            #expect(world.core.listeners.count == 0)
            for feed in feeds {
                guard case .ended = try await feed.next() else {
                    Issue.record("goes on after the stop")
                    return
                }
            }
            await #expect(throws: VaultError.unavailable) { try await world.vault.notifications.listen(as: sam) }
        }
    }

    /// Fewer readers than listeners: waiting holds none of them.
    @Test func manyListenersHoldNothingOfTheDatabase() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            var feeds: [NotificationFeed] = []
            for _ in 0..<8 { feeds.append(try await world.vault.notifications.listen(as: sam)) }
            let waiting = feeds.map { feed in Task { try await feed.next() } }
            try await world.share(world.put("x", at: "a", as: alex).node.id, with: sam, .viewer, as: alex)
            for task in waiting { #expect(names(try await task.value) == ["a"]) }
        }
    }
}
