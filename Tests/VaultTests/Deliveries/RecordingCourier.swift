import Crypto
import Journal
import Synchronization
import Vault

/// A courier that keeps what it is given and fails when it is told to.
final class RecordingCourier: DeliveryCourier {
    struct Carried: Sendable {
        let consignment: Consignment
        let target: DeliveryTarget
        let receipt: DeliveryReceipt?
        let content: [UInt8]
    }

    private struct State {
        /// Called when something has arrived, before anybody can write that down.
        private let arrived: @Sendable () -> Void

        init(arrived: @escaping @Sendable () -> Void = {}) { self.arrived = arrived }

        var carried: [Carried] = []
        var attempts: [DeliveryTarget: Int] = [:]
        var failures: [DeliveryTarget: DeliveryFailure] = [:]
    }

    private let state = Mutex(State())

    /// Called when something has arrived, before anybody can write that down.
    private let arrived: @Sendable () -> Void

    init(arrived: @escaping @Sendable () -> Void = {}) { self.arrived = arrived }

    var carried: [Carried] { state.withLock { $0.carried } }
    func attempts(to target: DeliveryTarget) -> Int { state.withLock { $0.attempts[target] ?? 0 } }
    func fail(_ target: DeliveryTarget, with failure: DeliveryFailure?) {
        state.withLock { $0.failures[target] = failure }
    }

    func carry(_ consignment: Consignment, to target: DeliveryTarget) async throws -> DeliveryReceipt? {
        let failure = state.withLock { state in
            state.attempts[target, default: 0] += 1
            return state.failures[target]
        }
        if let failure { throw failure }
        var content: [UInt8] = []
        var receipt: DeliveryReceipt?
        if case .export(let order) = consignment.content {
            let export = order.begin()
            while let piece = try await export.next() { content += piece }
            var hasher = ContentHasher(md5: false)
            hasher.update(content)
            receipt = DeliveryReceipt(
                fileName: target == .exportDirectory ? order.fileName : nil,
                itemCount: Int64(content.count { $0 == 10 } - 2), sha256: hasher.finish().sha256)
        }
        let carried = Carried(consignment: consignment, target: target, receipt: receipt, content: content)
        state.withLock { $0.carried.append(carried) }
        arrived()
        return receipt
    }
}
