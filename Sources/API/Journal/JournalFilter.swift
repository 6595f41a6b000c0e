public import Database
public import HTTP
import Journal
public import Vault

/// A filter of the journal as clients write it: texts by name, in the spelling of either language.
public struct JournalFilter: Sendable, Equatable {
    /// What may be filtered by, with every spelling of it, the first being the one it is kept by.
    enum Field: String, Sendable, CaseIterable {
        case from, to, last, user, actor, action, type, target, space, folder, outcome, address, q

        var spellings: [String] {
            switch self {
            case .from: ["from", "du", "depuis"]
            case .to: ["to", "au", "jusqu_a"]
            case .last: ["last", "derniers"]
            case .user: ["user", "utilisateur"]
            case .actor: ["actor", "acteur"]
            case .action: ["action"]
            case .type: ["type", "cible_type"]
            case .target: ["target", "cible"]
            case .space: ["space", "espace"]
            case .folder: ["folder", "dossier"]
            case .outcome: ["outcome", "resultat"]
            case .address: ["address", "adresse"]
            case .q: ["q", "recherche"]
            }
        }

        static func named(_ name: String) -> Field? { allCases.first { $0.spellings.contains(name) } }
    }

    private static let longestText = 200

    /// Texts given, none empty. Only actions may be several.
    private(set) var texts: [Field: [String]] = [:]

    public var isEmpty: Bool { texts.isEmpty }

    /// What the query says; other parameters are passed over.
    public init(_ query: Query) throws {
        for pair in query.pairs where !pair.value.isEmpty {
            if let field = Field.named(pair.name) { try add(pair.value, to: field, named: pair.name) }
        }
    }

    /// What an object of texts, or of lists of texts, says.
    /// - Throws: a refusal of a member that is none of ours.
    init(_ json: JSONValue) throws {
        guard case .object(let members) = json else { throw BadField("filtre", "an object") }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let field = Field.named(name) else {
                throw Problem.field(
                    name, must: "be a filter of the journal", fr: "n\u{2019}est pas un filtre du journal")
            }
            switch value {
            case .null: break
            case .string(let text): if !text.isEmpty { try add(text, to: field, named: name) }
            default:
                for text in try json.optionalStrings(name) ?? [] { try add(text, to: field, named: name) }
            }
        }
    }

    private mutating func add(_ text: String, to field: Field, named name: String) throws {
        guard text.utf8.count <= Self.longestText * 4, text.count <= Self.longestText else {
            throw VaultError.invalid(field: name, .tooLong(maximum: Self.longestText))
        }
        let given = field == .action ? text.split(separator: ",").map(String.init) : [text]
        texts[field, default: []] += given
        guard field == .action || texts[field]?.count == 1 else {
            throw Problem.field(name, must: "be given once", fr: "doit être donné une seule fois")
        }
    }

    /// This filter, with what `other` says beyond it.
    func filled(from other: JournalFilter) -> JournalFilter {
        var filter = self
        let times: Set<Field> = [.from, .to, .last]
        // A time of one's own replaces the whole time of the other.
        let hasTime = texts.keys.contains { times.contains($0) }
        for (field, given) in other.texts where filter.texts[field] == nil && !(hasTime && times.contains(field)) {
            filter.texts[field] = given
        }
        return filter
    }

    /// As it is kept and shown.
    var json: JSONValue {
        .object(
            Dictionary(
                uniqueKeysWithValues: texts.map { field, given in
                    (
                        field.rawValue,
                        field == .action ? .array(given.map { .string($0) }) : .string(given.first ?? "")
                    )
                }))
    }

    // MARK: What it means

    /// - Parameter now: what `last` counts back from.
    public func parsed(at now: Timestamp) throws -> AuditFilter {
        var filter = AuditFilter(
            from: try moment(.from), to: try moment(.to, dayEnd: true),
            actor: try identifier(.user).map { AccountID($0) }, target: try identifier(.target))
        if let span = texts[.last]?.first {
            guard filter.from == nil else {
                throw Problem.field("last", must: "not be given with from", fr: "ne va pas avec du")
            }
            filter.from = now.advanced(bySeconds: -(try Self.seconds(span)))
        }
        filter.actions = try actions()
        filter.targetKind = try texts[.type]?.first.map { try Self.choice($0, of: Self.kinds, "type") }
        filter.space = try identifier(.space).map { SpaceID($0) }
        filter.folder = try identifier(.folder).map { NodeID($0) }
        filter.outcome = try texts[.outcome]?.first.map { try Self.choice($0, of: Self.outcomes, "outcome") }
        filter.actorKind = try texts[.actor]?.first.map { try Self.choice($0, of: Self.actors, "actor") }
        filter.address = texts[.address]?.first
        filter.names = texts[.q]?.first
        return filter
    }

    /// RFC 3339; a date alone is a whole day, so as an end it is the day's end.
    private func moment(_ field: Field, dayEnd: Bool = false) throws -> Timestamp? {
        guard let text = texts[field]?.first else { return nil }
        guard let moment = Timestamp.parse(iso8601: text) else {
            throw Problem.field(
                field.rawValue, must: "be a date or a time of RFC 3339", fr: "doit être une date ou une heure RFC 3339")
        }
        return dayEnd && text.utf8.count == 10 ? moment.advanced(bySeconds: 86_400) : moment
    }

    private func identifier(_ field: Field) throws -> UInt128? {
        guard let text = texts[field]?.first else { return nil }
        guard let id = NodeID(text) else {
            throw Problem.field(field.rawValue, must: "be an identifier", fr: "doit être un identifiant")
        }
        return id.value
    }

    private func actions() throws -> [String] {
        let given = texts[.action] ?? []
        guard given.count <= AuditFilter.mostActions else {
            throw VaultError.invalid(field: "action", .tooLong(maximum: AuditFilter.mostActions))
        }
        return given.map { $0.filter { $0 != " " } }
    }

    /// "24h", "7d" or "7j", "4w" or "4s".
    private static func seconds(_ text: String) throws -> Int64 {
        let units: [Character: Int64] = ["h": 3_600, "d": 86_400, "j": 86_400, "w": 604_800, "s": 604_800]
        guard let unit = text.last.flatMap({ units[$0] }), let count = Int64(text.dropLast()),
            (1...10_000).contains(count)
        else {
            throw Problem.field(
                "last", must: "be hours, days or weeks: 24h, 7d, 4w",
                fr: "doit être un nombre d\u{2019}heures, de jours ou de semaines : 24h, 7j, 4s")
        }
        return count * unit
    }

    private static func choice<Value>(_ text: String, of values: [String: Value], _ field: String) throws -> Value {
        guard let value = values[text] else {
            throw VaultError.invalid(field: field, .unknownValue(allowed: values.keys.sorted()))
        }
        return value
    }

    private static let outcomes: [String: Outcome] = [
        "success": .success, "refused": .refused, "failed": .failed, "succes": .success, "refuse": .refused,
        "echec": .failed,
    ]
    private static let actors: [String: ActorKind] = [
        "user": .user, "api_key": .apiKey, "system": .system, "anonymous": .anonymous, "utilisateur": .user,
        "cle_api": .apiKey, "systeme": .system, "anonyme": .anonymous,
    ]
    private static let kinds: [String: String] = [
        "fichier": "fichier", "dossier": "dossier", "casier": "casier", "armoire": "armoire",
        "utilisateur": "utilisateur", "journal": "journal", "systeme": "systeme", "conservation": "conservation",
        "gel": "gel", "livraison": "livraison", "export_programme": "export_programme",
        "sauvegarde": "sauvegarde", "sauvegarde_programmee": "sauvegarde_programmee", "backup": "sauvegarde",
        "file": "fichier",
        "folder": "dossier", "locker": "casier", "cabinet": "armoire", "user": "utilisateur", "system": "systeme",
    ]
}
