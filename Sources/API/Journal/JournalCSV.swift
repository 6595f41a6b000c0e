import Crypto
import Database
import Journal
import Vault

/// An export as CSV: a header, a record with the signed checkpoint, then one record for each event, oldest first.
///
/// Sequence, leaf index and leaf hash of a record lead to its proof (`GET /api/journal/proof`).
actor JournalCSV: JournalPieces {
    private let export: AuditExport
    private let form: JournalForm
    private let listing: AuditListing
    private var isBegun = false

    init(_ export: AuditExport, _ form: JournalForm) {
        self.export = export
        self.form = form
        listing = export.listing()
    }

    func next() async throws -> [UInt8]? {
        var text = CSVText()
        if !isBegun {
            isBegun = true
            text.record(Self.columns(form.language))
            text.record(checkpoint)
            return (form.marksByteOrder ? [0xEF, 0xBB, 0xBF] : []) + text.bytes
        }
        guard let entries = try await listing.next() else { return nil }
        for entry in entries { text.record(record(entry)) }
        return text.bytes
    }

    private static func columns(_ language: Language) -> [String] {
        switch language {
        case .french:
            [
                "sequence", "date", "acteur", "user_id", "action", "cible_type", "cible_id", "cible_nom", "espace",
                "adresse", "requete", "resultat", "details", "phrase", "feuille", "empreinte",
            ]
        case .english:
            [
                "sequence", "time", "actor", "user_id", "action", "target_type", "target_id", "target_name", "space",
                "address", "request", "outcome", "details", "sentence", "leaf_index", "leaf_hash",
            ]
        }
    }

    /// The tree size and root stand where an event's leaf does.
    private var checkpoint: [String] {
        let head = export.checkpoint.head
        return ["", "", "", "", "checkpoint"] + [String](repeating: "", count: 7) + [
            export.checkpoint.note, export.verifierKey, String(head.size), Base64.encode(head.rootHash),
        ]
    }

    private func record(_ entry: AuditEntry) -> [String] {
        let (row, event) = (entry.row, entry.row.event)
        let shown = form.names == .shown ? entry : entry.withoutNames
        return [
            String(row.sequence), row.time.iso8601, event.actorKind.exportName,
            event.actorID.map { AccountID($0).description } ?? "", event.action, event.targetKind ?? "",
            event.targetID.map { NodeID($0).description } ?? "", shown.targetName ?? "",
            event.spaceID.map { SpaceID($0).description } ?? "", event.address ?? "", event.requestID ?? "",
            event.outcome.exportName, shown.details ?? "", JournalSentence.text(shown, form.language),
            row.leafIndex.map { String($0) } ?? "", Base64.encode(row.leafHash),
        ]
    }
}
