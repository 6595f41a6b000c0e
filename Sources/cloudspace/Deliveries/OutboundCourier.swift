import Crypto
import Database
import HTTP
import Journal
import Outbound
import Vault

/// Carries deliveries to mail servers, other servers and a directory.
struct OutboundCourier: DeliveryCourier {
    private let places: OutboundPlaces
    private let journal: Journal
    private let webhooks: WebhookClient
    private let engine: TransferEngine

    init(_ places: OutboundPlaces, journal: Journal) {
        self.places = places
        self.journal = journal
        engine = TransferEngine(limits: TransferLimits(active: 8, waiting: 32))
        webhooks = WebhookClient(engine: engine)
    }

    func carry(_ consignment: Consignment, to target: DeliveryTarget) async throws -> DeliveryReceipt? {
        switch target {
        case .checkpointWebhook: try await post(consignment, to: places.checkpointWebhook)
        case .checkpointMail: try await mail(consignment)
        case .exportWebhook: return try await export(consignment, to: places.exportWebhook)
        case .exportDirectory: return try await write(consignment)
        }
        return nil
    }

    private func post(_ consignment: Consignment, to target: WebhookTarget?) async throws {
        guard let target else { throw Self.notConfigured }
        let message = WebhookMessage(
            id: consignment.id.description, timestamp: consignment.moment.seconds,
            body: [DeliveryWords.json(consignment)])
        do {
            try await webhooks.post(message, to: target)
        } catch let failure as WebhookFailure {
            throw DeliveryFailure(failure)
        }
    }

    private func mail(_ consignment: Consignment) async throws {
        guard let mail = places.mail else { throw Self.notConfigured }
        do {
            let message = try DeliveryWords.message(consignment, from: mail.sender, to: mail.recipients)
            try await MailClient(mail.server, engine: engine).send(message)
        } catch let error as MailError {
            throw DeliveryFailure(error)
        }
    }

    /// Most of an export that is posted: it is held in memory, since its signature goes before it.
    static let largestPosted = 32 << 20

    private func export(_ consignment: Consignment, to target: WebhookTarget?) async throws -> DeliveryReceipt? {
        guard let target else { throw Self.notConfigured }
        guard case .export(let order) = consignment.content else {
            try await post(consignment, to: target)
            return nil
        }
        let export = order.begin()
        var pieces: [[UInt8]] = []
        var tally = ExportTally()
        while let piece = try await export.next() {
            tally.add(piece)
            guard tally.byteCount <= Self.largestPosted else {
                throw DeliveryFailure(
                    .tooLarge, words: "more than 32 MiB in one period: shorten it, or use --journal-export-dir")
            }
            pieces.append(piece)
        }
        let receipt = tally.receipt(fileName: nil)
        let message = WebhookMessage(
            id: consignment.id.description, timestamp: consignment.moment.seconds, contentType: "application/x-ndjson",
            headers: [("x-cloudspace-file", order.fileName)], body: pieces)
        do {
            try await webhooks.post(message, to: target)
        } catch let failure as WebhookFailure {
            throw DeliveryFailure(failure)
        }
        return receipt
    }

    private func write(_ consignment: Consignment) async throws -> DeliveryReceipt? {
        guard let directory = places.exportDirectory else { throw Self.notConfigured }
        let exports = ExportDirectory(path: directory, key: try journal.verifierKey())
        do {
            guard case .export(let order) = consignment.content else {
                try await exports.probe()
                return nil
            }
            return try await exports.write(order)
        } catch let error as ProgramError {
            throw DeliveryFailure(.notWritten, words: error.message)
        }
    }

    private static let notConfigured = DeliveryFailure(
        .notConfigured, words: "the settings no longer name this target")
}

extension DeliveryFailure {
    init(_ failure: WebhookFailure) {
        switch failure {
        case .noAnswer(let failure): self.init(failure)
        case .redirected(let status): self.init(.redirected, status: status, words: "redirections are not followed")
        case .refused(let status, let retryAfter): self.init(.refused, status: status, retryAfter: retryAfter)
        }
    }

    init(_ error: MailError) {
        switch error {
        case .invalid(let part): self.init(.refused, words: "the message's \(part.rawValue) cannot be sent")
        case .rejected(let status): self.init(.refused, status: status)
        case .notSent(let failure): self.init(failure)
        }
    }

    private init(_ failure: TransferFailure) {
        switch failure {
        case .hostUnknown: self.init(.unreachable, words: "the host has no address")
        case .refused: self.init(.unreachable, words: "nothing answers there")
        case .timedOut: self.init(.timedOut)
        case .tls(let words): self.init(.tls, words: words)
        case .cutOff: self.init(.unreachable, words: "the connection broke")
        case .malformed: self.init(.unreachable, words: "what answers does not speak the protocol")
        case .tooLarge: self.init(.unreachable, words: "the answer has no end")
        case .overloaded, .stopped: self.init(.unreachable, words: "the server is busy or stops")
        case .other(let code): self.init(.unreachable, words: "libcurl \(code)")
        }
    }
}
