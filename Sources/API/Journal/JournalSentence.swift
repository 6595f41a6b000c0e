import Journal
import Vault

/// What happened, in a sentence without an end: who, did what, to what.
enum JournalSentence {
    /// Of one line, whatever a name holds.
    static func text(_ entry: AuditEntry, _ language: Language) -> String {
        let event = entry.row.event
        let words = AuditAction(rawValue: event.action)?.words ?? unknown(event.action)
        let target = Target(entry)
        var sentence = words.text(language)
        // One place in each: a name that holds another stays as it is.
        if let form = Target.Form.allCases.first(where: { sentence.contains($0.rawValue) }) {
            sentence = sentence.replacing(form.rawValue, with: target.text(form, language))
        }
        while sentence.last == " " { sentence.removeLast() }
        let end: Bilingual? =
            switch event.outcome {
            case .success: nil
            case .refused: tellsItsOutcome.contains(event.action) ? nil : Bilingual(" – refused", fr: " – refusé")
            case .failed: tellsItsOutcome.contains(event.action) ? nil : Bilingual(" – failed", fr: " – échec")
            }
        return oneLine("\(actor(event, language)) \(sentence)\(end?.text(language) ?? "")")
    }

    private static func actor(_ event: JournalEvent, _ language: Language) -> String {
        let id = event.actorID.map { AccountID($0).description } ?? "?"
        return switch event.actorKind {
        case .user: "user_id=\(id)"
        case .apiKey: Bilingual("api_key=\(id)", fr: "cle_api=\(id)").text(language)
        case .system: Bilingual("the system", fr: "le système").text(language)
        case .anonymous:
            Bilingual("somebody unknown", fr: "un inconnu").text(language)
                + (event.address.map { " (\($0))" } ?? "")
        }
    }

    private static func unknown(_ action: String) -> Bilingual {
        Bilingual("did \(action) to {le}", fr: "a fait \(action) sur {le}")
    }

    /// A name may hold anything; a line holds no control characters.
    private static func oneLine(_ text: String) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let isControl =
                scalar.properties.generalCategory == .control || scalar.value == 0x2028 || scalar.value == 0x2029
            scalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(scalars)
    }

    /// Acts whose words say already that they did not succeed.
    private static let tellsItsOutcome: Set<String> = Set(
        [
            AuditAction.accessRefused, .loginFailed, .linkRefused, .signInLimited, .integrityFailed, .unsealRefused,
            .deliveryFailed, .witnessContradicted, .rotationFailed, .erasureRefused, .holdReleaseRefused,
        ].map(\.rawValue))

    /// What an act was on, with its article.
    private struct Target {
        /// The place it takes in a sentence: `{le}` direct, `{du}` of, `{au}` to.
        enum Form: String, CaseIterable {
            case direct = "{le}"
            case of = "{du}"
            case to = "{au}"
        }

        private let kind: String?
        private let name: String

        init(_ entry: AuditEntry) {
            let event = entry.row.event
            kind = event.targetKind
            name =
                (event.targetID.map { " ID=\(NodeID($0))" } ?? "")
                + (entry.targetName.map { " \u{201C}\($0)\u{201D}" } ?? "")
        }

        func text(_ form: Form, _ language: Language) -> String {
            switch language {
            case .english:
                guard let noun = Self.english[kind ?? ""] else { return "" }
                return switch form {
                case .direct: "the \(noun)\(name)"
                case .of: "of the \(noun)\(name)"
                case .to: "to the \(noun)\(name)"
                }
            case .french:
                guard let noun = Self.french[kind ?? ""] else { return "" }
                return switch form {
                case .direct: "\(noun.direct)\(name)"
                case .of: "\(noun.of)\(name)"
                case .to: "\(noun.to)\(name)"
                }
            }
        }

        /// A noun with its article.
        private struct Noun {
            let direct: String
            let of: String
            let to: String

            static func le(_ noun: String) -> Noun { Noun(direct: "le \(noun)", of: "du \(noun)", to: "au \(noun)") }

            static func la(_ noun: String) -> Noun {
                Noun(direct: "la \(noun)", of: "de la \(noun)", to: "à la \(noun)")
            }

            /// Before a vowel the article loses its own.
            static func elided(_ noun: String) -> Noun {
                Noun(direct: "l\u{2019}\(noun)", of: "de l\u{2019}\(noun)", to: "à l\u{2019}\(noun)")
            }
        }

        /// By the word of requirements/2 for the kind; the system is nothing that an act is on.
        private static let french: [String: Noun] = [
            "fichier": .le("fichier"), "dossier": .le("dossier"), "casier": .le("casier"),
            "armoire": .elided("armoire"), "utilisateur": .le("compte"), "journal": .le("journal"),
            "conservation": .la("règle de conservation"), "gel": .le("gel juridique"),
            "livraison": .la("livraison"), "export_programme": .elided("export programmé"),
            "sauvegarde": .la("sauvegarde"), "sauvegarde_programmee": .la("sauvegarde programmée"),
        ]
        private static let english = [
            "fichier": "file", "dossier": "folder", "casier": "locker", "armoire": "cabinet",
            "utilisateur": "account", "journal": "journal", "conservation": "retention policy", "gel": "legal hold",
            "livraison": "delivery", "export_programme": "scheduled export", "sauvegarde": "backup",
            "sauvegarde_programmee": "scheduled backup",
        ]
    }
}

extension AuditEntry {
    /// As somebody sees it who may not see names.
    var withoutNames: AuditEntry { AuditEntry(row: row, targetName: nil, details: nil) }
}
