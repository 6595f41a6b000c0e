import API
import Database
import HTTP
import Vault

/// What `journal export` selects and how it writes it, from the command line; the filters are those of `GET /api/journal`.
enum JournalOptions {
    static let format = Option(
        name: "format", placeholder: "FORM", summary: "ndjson (the default, with proofs), csv or pdf")
    static let language = Option(
        name: "language", placeholder: "LANGUAGE", summary: "Of sentences in CSV and PDF: fr (the default) or en")
    static let withoutNames = Option(
        name: "without-names", placeholder: nil, summary: "Leave names and details out of CSV and PDF")
    static let byteOrderMark = Option(
        name: "byte-order-mark", placeholder: nil, summary: "Begin CSV with a byte order mark, for spreadsheets")

    /// Each sets the filter of its name.
    static let filters = [
        Option(name: "from", placeholder: "TIME", summary: "From this moment on: a date, or a time of RFC 3339"),
        Option(name: "to", placeholder: "TIME", summary: "Before this moment; a date counts to its end"),
        Option(name: "last", placeholder: "SPAN", summary: "Instead of --from: 24h, 7d, 4w"),
        Option(name: "user", placeholder: "UUID", summary: "Who acted"),
        Option(name: "actor", placeholder: "KIND", summary: "user, api_key, system or anonymous"),
        Option(name: "action", placeholder: "ACTIONS", summary: "One action, or several with commas between them"),
        Option(name: "type", placeholder: "KIND", summary: "What was acted on: fichier, dossier, utilisateur …"),
        Option(name: "target", placeholder: "UUID", summary: "What was acted on"),
        Option(name: "space", placeholder: "UUID", summary: "In which space"),
        Option(name: "folder", placeholder: "UUID", summary: "What is or was in this folder, at any depth"),
        Option(name: "outcome", placeholder: "OUTCOME", summary: "success, refused or failed"),
        Option(name: "address", placeholder: "ADDRESS", summary: "The client's address"),
        Option(name: "q", placeholder: "TEXT", summary: "A part of a target's name or of the details"),
    ]

    static let all = [format] + filters + [language, withoutNames, byteOrderMark]

    /// - Returns: nil when nothing is filtered by: the whole journal.
    static func filter(_ invocation: Invocation) throws -> AuditFilter? {
        let pairs = filters.compactMap { option in invocation.text(option).map { Query.Pair(option.name, $0) } }
        let filter = try JournalFilter(Query(pairs))
        return filter.isEmpty ? nil : try filter.parsed(at: SystemClock().now())
    }

    static func form(_ invocation: Invocation) throws(ProgramError) -> JournalForm {
        let format = try choice(format, invocation) ?? JournalFormat.ndjson
        return JournalForm(
            format, language: try choice(language, invocation) ?? .french,
            names: invocation.has(withoutNames) ? .withheld : .shown, marksByteOrder: invocation.has(byteOrderMark))
    }

    private static func choice<Choice: RawRepresentable & CaseIterable>(
        _ option: Option, _ invocation: Invocation
    ) throws(ProgramError) -> Choice? where Choice.RawValue == String {
        guard let text = invocation.text(option) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw .usage("--\(option.name) must be one of \(known)", invocation.command.path)
        }
        return choice
    }
}
