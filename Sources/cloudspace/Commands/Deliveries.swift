import Database
import Journal
import Vault

/// `cloudspace deliveries …`: what of the journal leaves the machine.
enum DeliveryCommands {
    static let all = [list, retry, test]

    private static let list = Command(
        "deliveries list", summary: "Show what waits to leave the machine, what arrived and what was given up",
        details: """
            One line a delivery, newest first, at most 200: state, target, what it is, attempts, why the latest one failed.
            """,
        settings: Settings.vault, options: [.state],
        examples: ["deliveries list --data data --keys keys", "deliveries list --data data --keys keys --state failed"]
    ) { invocation in
        let state = try invocation.text(.state).map { word throws(ProgramError) in
            guard let state = Delivery.State.allCases.first(where: { $0.word == word }) else {
                throw .usage("--state is one of waiting, delivered, failed", invocation.command.path)
            }
            return state
        }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let page = try await parts.vault.deliveries.list(
                in: state, limit: Deliveries.maximumLimit, as: .localOperator)
            if page.entries.isEmpty { StandardStream.output.print("there are no deliveries") }
            for delivery in page.entries { StandardStream.output.print(line(delivery)) }
        }
    }

    static func line(_ delivery: Delivery) -> String {
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        var line = "\(delivery.id)  \(padded(delivery.state.word, 9))  \(padded(delivery.target.rawValue, 18))  "
        line += delivery.receipt?.fileName ?? delivery.reference
        line += "  attempts \(delivery.attempts)"
        if let failure = delivery.failure {
            line += "  \(failure)" + (delivery.failureStatus.map { " (\($0))" } ?? "")
        }
        if delivery.state == .waiting { line += "  next \(delivery.nextAt.iso8601)" }
        if let ended = delivery.endedAt { line += "  \(ended.iso8601)" }
        return line
    }

    private static let retry = Command(
        "deliveries retry", summary: "Have a delivery tried again at once",
        details: """
            For one that was given up or waits; a running server sends it within seconds. Without --id all that were given up \
            are tried again.
            """,
        settings: Settings.vault, options: [.delivery],
        examples: [
            "deliveries retry --data data --keys keys --id 01928a7e-5c00-7000-8000-000000000001",
            "deliveries retry --data data --keys keys",
        ]
    ) { invocation in
        let id = try invocation.text(.delivery).map { text throws(ProgramError) in
            guard let id = DeliveryID(text) else {
                throw .usage("--id is no id of a delivery", invocation.command.path)
            }
            return id
        }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let deliveries = parts.vault.deliveries
            var chosen: [DeliveryID]
            if let id {
                chosen = [id]
            } else {
                let page = try await deliveries.list(in: .failed, limit: Deliveries.maximumLimit, as: .localOperator)
                chosen = page.entries.map(\.id)
            }
            for id in chosen { _ = try await deliveries.retry(id, as: .localOperator) }
            StandardStream.output.print("\(chosen.count) will be tried again")
        }
    }

    private static let test = Command(
        "deliveries test", summary: "Send a probe to every target that is set up",
        details: """
            Posts a signed `vault.probe` to the webhooks, sends a short mail, makes and removes a file in the directory of \
            exports, and says of each whether it arrived. Exit status 1 when one did not. Give it the settings of the server.
            """,
        settings: Settings.vault + Settings.outbound,
        examples: ["deliveries test --config /etc/cloudspace.conf"]
    ) { invocation in
        let places = try OutboundPlaces(invocation.configuration)
        let opened = try await ExistingVault.open(invocation.configuration)
        await opened.database.close()
        let courier = OutboundCourier(places, journal: opened.journal)
        let targets = DeliveryTarget.allCases.filter(places.settings.targets.contains)
        guard !targets.isEmpty else {
            throw ProgramError.setting(
                "no target is set up; give --checkpoint-webhook-url, --checkpoint-email, --journal-export-dir or "
                    + "--journal-export-webhook-url")
        }
        var status: Int32 = 0
        let ids = IDGenerator(clock: SystemClock())
        for target in targets {
            let probe = Consignment(id: ids.next(), moment: SystemClock().now(), content: .probe)
            do {
                _ = try await courier.carry(probe, to: target)
                StandardStream.output.print("\(target.rawValue): arrived")
            } catch let failure as DeliveryFailure {
                status = 1
                let number = failure.status.map { " (\($0))" } ?? ""
                let words = failure.words.isEmpty ? "" : ": \(failure.words.printable)"
                StandardStream.output.print("\(target.rawValue): \(failure.code.rawValue)\(number)\(words)")
            }
        }
        return status
    }
}
