import Crypto
import Database
import HTTP
import Journal
import Outbound
import Vault

/// What is said to those who receive deliveries. Nothing about documents.
enum DeliveryWords {
    /// The body of a webhook: `type`, `timestamp`, `data` (docs/formats/webhooks.md).
    static func json(_ consignment: Consignment) -> [UInt8] {
        var json = JSONWriter()
        json.object { json in
            switch consignment.content {
            case .checkpoint(let checkpoint, let key):
                json.field("type", "journal.checkpoint")
                json.field("timestamp", consignment.moment.iso8601)
                json.object("data") { json in
                    json.field("origin", checkpoint.origin)
                    json.field("tree_size", checkpoint.head.size)
                    json.field("root_hash", Base64.encode(checkpoint.head.rootHash))
                    json.field("checkpoint", checkpoint.note)
                    json.field("verifier_key", key)
                }
            case .export, .probe:
                json.field("type", "vault.probe")
                json.field("timestamp", consignment.moment.iso8601)
                json.object("data") { _ in }
            }
        }
        return json.bytes
    }

    static func message(
        _ consignment: Consignment, from sender: MailAddress, to recipients: [MailAddress]
    ) throws(MailError) -> MailMessage {
        switch consignment.content {
        case .checkpoint(let checkpoint, let key):
            let size = checkpoint.head.size
            let attachment = MailAttachment(
                name: "checkpoint-\(size).txt", type: "text/plain; charset=utf-8", content: Array(checkpoint.note.utf8))
            return try MailMessage(
                from: sender, to: recipients, subject: "Checkpoint / Point de contrôle: \(size)",
                text: checkpointText(checkpoint, key), attachments: attachment.map { [$0] } ?? [],
                identifier: consignment.id.description, date: consignment.moment.milliseconds)
        case .export, .probe:
            return try MailMessage(
                from: sender, to: recipients, subject: "CloudSpace Vault: test",
                text: """
                    Mail from the vault arrives: checkpoints of its journal will come to this address.

                    Le courrier du coffre arrive : les points de contrôle de son journal viendront à cette adresse.

                    """, identifier: consignment.id.description, date: consignment.moment.milliseconds)
        }
    }

    private static func checkpointText(_ checkpoint: Checkpoint, _ key: String) -> String {
        """
        The journal of \(checkpoint.origin) has \(checkpoint.head.size) events. Keep this checkpoint where nobody who
        administers the vault can change it: it shows later whether the journal was cut or rewritten.

            cloudspace journal verify --checkpoints FILE
            scripts/verify_journal.py --key KEY --checkpoint FILE EXPORT

        Le journal de \(checkpoint.origin) compte \(checkpoint.head.size) événements. Gardez ce point de contrôle là où
        aucun administrateur du coffre ne peut le changer : il montrera si le journal a été tronqué ou réécrit.

        \(checkpoint.note)
        Key / Clé:
        \(key)

        """
    }
}
