import Database
public import Journal
public import Vault

/// In what form the journal is exported.
public enum JournalFormat: String, Sendable, CaseIterable {
    /// Sealed names and a proof for every event, for verifiers.
    case ndjson
    /// For spreadsheets.
    case csv
    /// For people.
    case pdf

    public var contentType: String {
        switch self {
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8; header=present"
        case .pdf: "application/pdf"
        }
    }
}

/// How an export looks.
public struct JournalForm: Sendable {
    /// Whether names and details are shown where their keys still open them. NDJSON never shows any.
    public enum Names: Sendable { case shown, withheld }

    public var format: JournalFormat
    public var language: Language
    public var names: Names
    /// Whether CSV begins with a byte order mark, by which spreadsheets know UTF-8.
    public var marksByteOrder: Bool

    public init(
        _ format: JournalFormat, language: Language = .french, names: Names = .shown, marksByteOrder: Bool = false
    ) {
        self.format = format
        self.language = language
        self.names = names
        self.marksByteOrder = marksByteOrder
    }
}

/// Exports of the journal, of all of it or of what a filter selects: for the route, for the command, and for whatever
/// sends them somewhere. The beginning is journalled.
public struct JournalExporter: Sendable {
    private let vault: Vault

    public init(_ vault: Vault) { self.vault = vault }

    /// - Parameter filter: nil for the whole journal.
    /// - Returns: the checkpoint the export belongs to, and its pieces.
    /// - Throws: `VaultError.roleForbids`, and what a filter can be refused for. Pieces throw what the store does, and
    ///   `VaultError.tooManyItems` where a form has a bound.
    public func callAsFunction(
        _ filter: AuditFilter?, _ form: JournalForm, as principal: Principal
    ) async throws -> (checkpoint: Checkpoint, pieces: any JournalPieces) {
        let export = try await vault.auditTrail.export(filter, format: form.format.rawValue, as: principal)
        let pieces: any JournalPieces =
            switch form.format {
            case .ndjson: JournalProofs(export: export.proofs())
            case .csv: JournalCSV(export, form)
            case .pdf: try await JournalPDF(export, form, at: vault.core.clock.now())
            }
        return (export.checkpoint, pieces)
    }
}

private struct JournalProofs: JournalPieces {
    let export: JournalExport

    func next() async throws -> [UInt8]? { try await export.next() }
}
