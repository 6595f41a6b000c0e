import Crypto
import Database
import Journal
import PDF
import Vault

/// An export as PDF: what it is and to which checkpoint it belongs, then a table of events, oldest first.
///
/// Sequence, leaf index and leaf hash of a row lead to its proof (`GET /api/journal/proof`).
actor JournalPDF: JournalPieces {
    /// Events in one document.
    static let mostRows = 50_000

    private let export: AuditExport
    private let form: JournalForm
    private let listing: AuditListing
    private let report: PDFReport
    private var phase = Phase.head

    private enum Phase { case head, rows, done }

    /// - Throws: `Problem` for a selection of more than ``mostRows`` events; `PDFError`.
    init(_ export: AuditExport, _ form: JournalForm, at now: Timestamp) async throws {
        self.export = export
        self.form = form
        listing = export.listing()
        let title = Words.title.text(form.language)
        let made = "\(JournalLine.minute(now)) UTC"
        let line = "\(title) – \(export.checkpoint.origin) – \(made)"
        let page = Words.page.text(form.language)
        report = try PDFReport(
            .a4Landscape,
            PDFReport.Description(title: title, author: export.checkpoint.origin, created: now.iso8601)
        ) { number in "\(line) – \(page) \(number)" }
        try await Self.require(atMost: Self.mostRows, of: export.listing())
    }

    /// Counted before the first byte: a document that ends in the middle would look whole.
    private static func require(atMost limit: Int, of listing: AuditListing) async throws {
        var count = 0
        while let entries = try await listing.next() {
            count += entries.count
            guard count <= limit else { throw Problem.tooManyRows(limit) }
        }
    }

    func next() async throws -> [UInt8]? {
        switch phase {
        case .head:
            phase = .rows
            try await head()
            return try await rows()
        case .rows: return try await rows()
        case .done: return nil
        }
    }

    /// The next bytes of the document; pages come when they are full.
    private func rows() async throws -> [UInt8]? {
        while let entries = try await listing.next() {
            let bytes = try await report.rows(entries.map(row))
            if !bytes.isEmpty { return bytes }
        }
        phase = .done
        return try await report.finish()
    }

    private func head() async throws {
        let (language, checkpoint) = (form.language, export.checkpoint)
        let small = PDFTextStyle(size: 7.5)
        let fixed = PDFTextStyle(size: 6.5, isFixed: true)
        try await report.paragraph(Words.title.text(language), PDFTextStyle(size: 15, isBold: true), spaceAfter: 6)
        try await report.paragraph("\(Words.vault.text(language)) \(checkpoint.origin)", small)
        for line in Words.filter(export.filter, language) { try await report.paragraph(line, small) }
        try await report.paragraph(
            "\(Words.tree.text(language)) \(checkpoint.head.size) – \(Words.root.text(language)) "
                + Base64.encode(checkpoint.head.rootHash), small)
        try await report.paragraph("\(Words.key.text(language)) \(export.verifierKey)", small)
        try await report.paragraph(Words.checkpoint.text(language), small, spaceAfter: 2)
        try await report.paragraph(checkpoint.note, fixed, spaceAfter: 4)
        try await report.paragraph(Words.proving.text(language), small, spaceAfter: 8)
        let number = PDFTextStyle(size: 7, alignment: .right, mostLines: 1)
        try await report.table(
            PDFTable([
                .init(Words.sequence.text(language), share: 7, number), .init(Words.date.text(language), share: 12),
                .init(Words.event.text(language), share: 43), .init(Words.details.text(language), share: 17),
                .init(Words.leaf.text(language), share: 7, number),
                .init(Words.hash.text(language), share: 14, PDFTextStyle(size: 6, isFixed: true, mostLines: 3)),
            ]))
    }

    private func row(_ entry: AuditEntry) -> [String] {
        let shown = form.names == .shown ? entry : entry.withoutNames
        let address = entry.row.event.address
        return [
            String(entry.row.sequence), JournalLine.minute(entry.row.time), JournalSentence.text(shown, form.language),
            [address, shown.details].compactMap { $0 }.joined(separator: "\n"),
            entry.row.leafIndex.map { String($0) } ?? "", Base64.encode(entry.row.leafHash),
        ]
    }
}

/// What the document says in words.
private enum Words {
    static let title = Bilingual("Journal of activity", fr: "Journal d\u{2019}activité")
    static let page = Bilingual("page", fr: "page")
    static let vault = Bilingual("Vault:", fr: "Coffre :")
    static let tree = Bilingual("Events in the signed tree:", fr: "Événements dans l\u{2019}arbre signé :")
    static let root = Bilingual("root:", fr: "racine :")
    static let key = Bilingual("Verifier key:", fr: "Clé de vérification :")
    static let checkpoint = Bilingual("Signed checkpoint:", fr: "Point de contrôle signé :")
    static let proving = Bilingual(
        "Times are UTC. By its sequence every event can be proved: GET /api/journal/proof?sequence=…",
        fr: "Heures UTC. Chaque événement se prouve par son numéro : GET /api/journal/proof?sequence=…")
    static let sequence = Bilingual("No.", fr: "N°")
    static let date = Bilingual("Date", fr: "Date")
    static let event = Bilingual("Event", fr: "Événement")
    static let details = Bilingual("Address, details", fr: "Adresse, détails")
    static let leaf = Bilingual("Leaf", fr: "Feuille")
    static let hash = Bilingual("Leaf hash", fr: "Empreinte")

    /// What was selected, a condition a line.
    static func filter(_ filter: AuditFilter?, _ language: Language) -> [String] {
        guard let filter else { return [Bilingual("The whole journal", fr: "Le journal entier").text(language)] }
        func line(_ words: Bilingual, _ text: String?) -> String? { text.map { "\(words.text(language)) \($0)" } }
        let lines = [
            line(Bilingual("From:", fr: "Du :"), filter.from.map { JournalLine.minute($0) }),
            line(Bilingual("Before:", fr: "Avant le :"), filter.to.map { JournalLine.minute($0) }),
            line(Bilingual("User:", fr: "Utilisateur :"), filter.actor?.description),
            line(Bilingual("Kind of actor:", fr: "Type d\u{2019}acteur :"), filter.actorKind?.exportName),
            line(
                Bilingual("Actions:", fr: "Actions :"),
                filter.actions.isEmpty ? nil : filter.actions.joined(separator: ", ")),
            line(Bilingual("Kind of target:", fr: "Type de cible :"), filter.targetKind),
            line(Bilingual("Target:", fr: "Cible :"), filter.target.map { NodeID($0).description }),
            line(Bilingual("Space:", fr: "Espace :"), filter.space?.description),
            line(Bilingual("Folder:", fr: "Dossier :"), filter.folder?.description),
            line(Bilingual("Outcome:", fr: "Résultat :"), filter.outcome?.exportName),
            line(Bilingual("Address:", fr: "Adresse :"), filter.address),
            line(Bilingual("Search:", fr: "Recherche :"), filter.names),
        ].compactMap { $0 }
        return lines.isEmpty ? [Bilingual("All events", fr: "Tous les événements").text(language)] : lines
    }
}

extension Problem {
    static func tooManyRows(_ limit: Int) -> Problem {
        Problem(
            422, "too_many_rows",
            "A PDF holds at most \(limit) events: choose a shorter time or narrower filters, or export CSV or NDJSON",
            fr:
                "Un PDF contient au plus \(limit) événements : choisissez une période plus courte ou des filtres plus étroits, ou exportez en CSV ou NDJSON"
        )
    }
}
