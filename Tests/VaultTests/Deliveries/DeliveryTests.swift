import Crypto
import Database
import Journal
import Synchronization
import Testing
import VaultTesting

@testable import Vault

@Suite struct DeliveryTests {
    private static func world(
        _ targets: Set<DeliveryTarget> = [.checkpointWebhook], _ change: (inout DeliverySettings) -> Void = { _ in }
    ) async throws -> World {
        var settings = VaultSettings()
        settings.deliveries.targets = targets
        change(&settings.deliveries)
        return try await World(settings: settings)
    }

    private static func all(_ world: World, _ state: Delivery.State? = nil) async throws -> [Delivery] {
        try await world.vault.deliveries.list(in: state, limit: 200, as: .localOperator).entries
    }

    private static func events(_ world: World, _ action: AuditAction) async throws -> [JournalEvent] {
        try await world.database.read { snapshot in
            try world.journal.events(JournalQuery(action: action.rawValue, limit: 1_000), in: snapshot).map(\.event)
        }
    }

    @Test func everyNewCheckpointIsQueuedOnceForEachTarget() async throws {
        let world = try await Self.world([.checkpointWebhook, .checkpointMail])
        let ama = try await world.person("Ama", "Mensah")
        let first = try await world.core.sequencer.makeCheckpoint()
        _ = try await world.core.sequencer.makeCheckpoint()
        #expect(try await Self.all(world).map(\.treeSize) == [first.head.size, first.head.size])
        try await world.put("text", at: "a.txt", as: ama)
        let second = try await world.core.sequencer.makeCheckpoint()
        let queued = try await Self.all(world)
        // Mail waits for its day.
        #expect(
            queued.filter { $0.target == .checkpointWebhook }.map(\.treeSize).sorted()
                == [first, second].map(\.head.size))
        #expect(queued.count { $0.target == .checkpointMail } == 1)
        world.clock.advance(seconds: 86_400)
        try await world.put("text", at: "b.txt", as: ama)
        _ = try await world.core.sequencer.makeCheckpoint()
        #expect(try await Self.all(world).count { $0.target == .checkpointMail } == 2)
    }

    @Test func nothingIsQueuedWithoutATarget() async throws {
        let world = try await Self.world([])
        _ = try await world.person()
        _ = try await world.core.sequencer.makeCheckpoint()
        #expect(try await Self.all(world).isEmpty)
    }

    @Test func aDeliveryArrivesWithTheCheckpointThatWasSignedAndIsJournalled() async throws {
        let world = try await Self.world()
        _ = try await world.person()
        let checkpoint = try await world.core.sequencer.makeCheckpoint()
        let courier = RecordingCourier()
        try await DeliveryRound(world.core, courier: courier).run()
        guard case .checkpoint(let carried, let key) = courier.carried.first?.consignment.content else {
            Issue.record("nothing was carried")
            return
        }
        #expect(try carried == checkpoint && key == world.journal.verifierKey().text)
        let delivery = try #require(try await Self.all(world).first)
        #expect(delivery.state == .delivered && delivery.attempts == 1 && delivery.failure == nil)
        #expect(delivery.id == courier.carried.first?.consignment.id)
        let event = try #require(try await Self.events(world, .checkpointDelivered).first)
        #expect(event.targetID == delivery.id.value)
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.count == 1)
    }

    /// Otherwise every delivery would be the reason for the next.
    @Test func aDeliveryIsNoNewsToDeliver() async throws {
        let world = try await Self.world()
        let ama = try await world.person()
        let courier = RecordingCourier()
        for _ in 0..<4 {
            _ = try await world.core.sequencer.makeCheckpoint()
            try await DeliveryRound(world.core, courier: courier).run()
            world.clock.advance(seconds: 600)
        }
        #expect(courier.carried.count == 1)
        try await world.put("text", at: "a.txt", as: ama)
        _ = try await world.core.sequencer.makeCheckpoint()
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.count == 2)
    }

    @Test func aFailedDeliveryRestsLongerEachTimeAndKeepsItsIdentity() async throws {
        let world = try await Self.world()
        _ = try await world.person()
        _ = try await world.core.sequencer.makeCheckpoint()
        let courier = RecordingCourier()
        courier.fail(.checkpointWebhook, with: DeliveryFailure(.refused, status: 500))
        var pauses: [Int64] = []
        for attempt in 1...12 {
            try await DeliveryRound(world.core, courier: courier).run()
            try await DeliveryRound(world.core, courier: courier).run()
            #expect(courier.attempts(to: .checkpointWebhook) == attempt)
            let delivery = try #require(try await Self.all(world).first)
            #expect(delivery.state == .waiting && delivery.failure == "refused" && delivery.failureStatus == 500)
            let pause = delivery.nextAt.milliseconds - world.clock.now().milliseconds
            pauses.append(pause)
            world.clock.advance(seconds: pause / 1_000 + 1)
        }
        for (index, pause) in pauses.enumerated() {
            let base = min(Int64(10_000) << Int64(index), 3_600_000)
            #expect((base...base + base / 4).contains(pause), "\(index): \(pause)")
        }
        let waiting = try #require(try await Self.all(world).first)
        courier.fail(.checkpointWebhook, with: nil)
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.first?.consignment.id == waiting.id)
        #expect(try await Self.all(world, .delivered).count == 1)
    }

    @Test func aReceiverThatSaysWhenToComeBackIsListenedTo() async throws {
        let world = try await Self.world()
        _ = try await world.person()
        _ = try await world.core.sequencer.makeCheckpoint()
        let courier = RecordingCourier()
        courier.fail(.checkpointWebhook, with: DeliveryFailure(.refused, status: 429, retryAfter: 7_200))
        try await DeliveryRound(world.core, courier: courier).run()
        let delivery = try #require(try await Self.all(world).first)
        #expect(delivery.nextAt.milliseconds - world.clock.now().milliseconds == 7_200_000)
    }

    @Test func whatWaitsForATargetThatFailsRestsWithItAndGoesWhenItIsBack() async throws {
        let world = try await Self.world()
        let ama = try await world.person()
        let courier = RecordingCourier()
        courier.fail(.checkpointWebhook, with: DeliveryFailure(.unreachable))
        for number in 0..<5 {
            try await world.put("text", at: "\(number).txt", as: ama)
            _ = try await world.core.sequencer.makeCheckpoint()
            world.clock.advance(seconds: 1)
        }
        try await DeliveryRound(world.core, courier: courier).run()
        try await DeliveryRound(world.core, courier: courier).run()
        // One that comes meanwhile does not overtake them.
        try await world.put("text", at: "late.txt", as: ama)
        _ = try await world.core.sequencer.makeCheckpoint()
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.attempts(to: .checkpointWebhook) == 1)
        courier.fail(.checkpointWebhook, with: nil)
        world.clock.advance(seconds: 15)
        try await DeliveryRound(world.core, courier: courier).run()
        let sizes = courier.carried.compactMap { carried -> Int64? in
            guard case .checkpoint(let checkpoint, _) = carried.consignment.content else { return nil }
            return checkpoint.head.size
        }
        #expect(sizes.count == 6 && sizes == sizes.sorted())
    }

    @Test func oneTargetThatFailsDoesNotHoldUpTheOther() async throws {
        let world = try await Self.world([.checkpointWebhook, .checkpointMail])
        _ = try await world.person()
        _ = try await world.core.sequencer.makeCheckpoint()
        let courier = RecordingCourier()
        courier.fail(.checkpointWebhook, with: DeliveryFailure(.timedOut))
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.map(\.target) == [.checkpointMail])
    }

    @Test func afterItsTimeADeliveryIsGivenUpToldOfAndMayBeTriedAgain() async throws {
        let world = try await Self.world { $0.patience = 3_600 }
        let admin = try await world.person("Admin", "One", role: .admin)
        let ama = try await world.person("Ama", "Mensah")
        _ = try await world.core.sequencer.makeCheckpoint()
        let courier = RecordingCourier()
        courier.fail(.checkpointWebhook, with: DeliveryFailure(.refused, status: 503))
        for _ in 0..<12 {
            try await DeliveryRound(world.core, courier: courier).run()
            world.clock.advance(seconds: 600)
        }
        let failed = try #require(try await Self.all(world, .failed).first)
        let event = try #require(try await Self.events(world, .deliveryFailed).first)
        #expect(event.outcome == .failed && event.targetID == failed.id.value)
        let told = try await world.vault.notifications.list(limit: 10, as: admin)
        #expect(told.entries.map(\.kind) == [.deliveryFailed])
        #expect(try await world.vault.notifications.list(limit: 10, as: ama).entries.isEmpty)

        await #expect(throws: VaultError.roleForbids(.manageDeliveries)) {
            try await world.vault.deliveries.retry(failed.id, as: ama)
        }
        courier.fail(.checkpointWebhook, with: nil)
        let again = try await world.vault.deliveries.retry(failed.id, as: admin)
        #expect(again.state == .waiting && again.id == failed.id)
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(try await Self.all(world, .delivered).map(\.id) == [failed.id])
        #expect(try await Self.events(world, .deliveryRetried).count == 1)
        await #expect(throws: VaultError.cannotDeliver(.alreadyDelivered)) {
            try await world.vault.deliveries.retry(failed.id, as: admin)
        }
    }

    @Test func theQueueIsBoundedAndTheOldestGoes() async throws {
        let world = try await Self.world { $0.mostWaiting = 3 }
        let ama = try await world.person()
        for number in 0..<5 {
            try await world.put("text", at: "\(number).txt", as: ama)
            _ = try await world.core.sequencer.makeCheckpoint()
            world.clock.advance(seconds: 1)
        }
        let waiting = try await Self.all(world, .waiting)
        let failed = try await Self.all(world, .failed)
        #expect(waiting.count == 3 && failed.count == 2)
        #expect(failed.allSatisfy { $0.failure == "queue_full" })
        #expect((failed.map(\.treeSize).max() ?? 0) < (waiting.map(\.treeSize).min() ?? 0))
        #expect(try await Self.events(world, .deliveryFailed).count == 2)
    }

    @Test func aServerThatDiesWhileItSendsSendsAgainWithTheSameIdentity() async throws {
        let world = try await Self.world()
        _ = try await world.person()
        _ = try await world.core.sequencer.makeCheckpoint()
        // The receiver has it, and nobody can write that down.
        let faults = world.faults
        let isFirst = Mutex(true)
        let courier = RecordingCourier {
            let isNow = isFirst.withLock { first in
                defer { first = false }
                return first
            }
            if isNow { faults.failWrites() }
        }
        await #expect(throws: (any Error).self) { try await DeliveryRound(world.core, courier: courier).run() }
        world.faults.heal()
        #expect(courier.carried.count == 1)
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.count == 1)
        world.clock.advance(seconds: 15)
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(courier.carried.count == 2)
        #expect(Set(courier.carried.map(\.consignment.id)).count == 1)
        #expect(try await Self.all(world, .delivered).count == 1)
    }

    @Test func aNodeThatLostTheLeaseSendsNothing() async throws {
        let world = try await Self.world()
        _ = try await world.person()
        _ = try await world.core.sequencer.makeCheckpoint()
        let courier = RecordingCourier()
        await #expect(throws: LeaseLost.self) {
            try await DeliveryRound(world.core, courier: courier).run(under: Lease(name: .deliveries, term: 99))
        }
        #expect(courier.carried.isEmpty)
    }

    @Test func oldDeliveriesAreForgottenButTheNewestIsKept() async throws {
        let world = try await Self.world { $0.kept = 1_000 }
        let ama = try await world.person()
        let courier = RecordingCourier()
        for number in 0..<3 {
            try await world.put("text", at: "\(number).txt", as: ama)
            _ = try await world.core.sequencer.makeCheckpoint()
            try await DeliveryRound(world.core, courier: courier).run()
            world.clock.advance(seconds: 2_000)
        }
        try await world.put("text", at: "last.txt", as: ama)
        _ = try await world.core.sequencer.makeCheckpoint()
        try await DeliveryRound(world.core, courier: courier).run()
        #expect(try await Self.all(world).count <= 2)
        #expect(courier.carried.count == 4)
    }

    @Test func nobodyButThoseWhoReadTheJournalSeesDeliveries() async throws {
        let world = try await Self.world()
        for (role, sees) in [(Role.admin, true), (.auditeur, true), (.contributeur, false), (.lecteur, false)] {
            let person = try await world.person("Role", role.rawValue, role: role)
            let list = try? await world.vault.deliveries.list(limit: 1, as: person)
            #expect((list != nil) == sees, "\(role)")
        }
    }

    @Test func listsArePaged() async throws {
        let world = try await Self.world()
        let ama = try await world.person()
        for number in 0..<5 {
            try await world.put("text", at: "\(number).txt", as: ama)
            _ = try await world.core.sequencer.makeCheckpoint()
            world.clock.advance(seconds: 1)
        }
        var seen: [DeliveryID] = []
        var cursor: String?
        repeat {
            let page = try await world.vault.deliveries.list(before: cursor, limit: 2, as: .localOperator)
            seen += page.entries.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(seen.count == 5 && Set(seen).count == 5)
        #expect(try await Self.all(world).map(\.id) == seen)
    }
}
