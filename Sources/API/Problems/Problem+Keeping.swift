import Database
import Vault

/// Refusals of what retention policies and legal holds keep. The status is that of a lock, 423: the request is in order,
/// the resource is not free (docs/decisions/0040).
extension Problem {
    static func kept(_ refusal: VaultError.KeptRefusal) -> Problem {
        switch refusal {
        case .retention(let name, let mode, let until):
            let rule = Words(name)
            let end = until.iso8601
            switch mode {
            case .governance:
                return Problem(
                    423, "retention_active",
                    "The retention policy\(rule.english) keeps this until \(end). Wait until then, or ask who manages retention",
                    fr:
                        "La règle de conservation\(rule.french) garde ce document jusqu’au \(end). Attendez cette date ou adressez-vous au responsable de la conservation"
                )
            case .compliance:
                return Problem(
                    423, "retention_active",
                    "The retention policy\(rule.english) keeps this until \(end), and nobody can shorten it. Wait until then",
                    fr:
                        "La règle de conservation\(rule.french) garde ce document jusqu’au \(end) et personne ne peut l’abréger. Attendez cette date"
                )
            }
        case .bearsPolicy(let name, let mode):
            let rule = Words(name)
            switch mode {
            case .governance:
                return Problem(
                    423, "retention_active",
                    "The retention policy\(rule.english) lies on this folder or on one in it. Have it lifted first",
                    fr:
                        "La règle de conservation\(rule.french) porte sur ce dossier ou sur un dossier qu’il contient. Faites-la d’abord lever"
                )
            case .compliance:
                return Problem(
                    423, "retention_active",
                    "The retention policy\(rule.english) lies on this folder or on one in it, in compliance mode: the folder stays",
                    fr:
                        "La règle de conservation\(rule.french) porte sur ce dossier ou sur un dossier qu’il contient, en mode conformité : le dossier reste"
                )
            }
        case .legalHold(let name):
            let rule = Words(name)
            return Problem(
                423, "legal_hold_active",
                "The legal hold\(rule.english) keeps this until two people release it. Ask your compliance officer",
                fr:
                    "Le gel juridique\(rule.french) garde ce document jusqu’à sa levée par deux personnes. Adressez-vous au responsable de la conformité"
            )
        }
    }

    static func retention(_ refusal: VaultError.RetentionRefusal) -> Problem {
        switch refusal {
        case .compliance:
            Problem(
                409, "retention_compliance",
                "A policy in compliance mode can be made longer, but never shorter, weaker or lifted",
                fr: "Une règle en mode conformité peut être allongée, jamais abrégée, affaiblie ni levée")
        case .lifted:
            Problem(
                409, "retention_lifted", "This policy was lifted: set a new one",
                fr: "Cette règle a été levée : créez-en une nouvelle")
        case .tooMany(let maximum):
            Problem(
                409, "too_many_policies", "A folder bears at most \(maximum) policies: change one of them",
                fr: "Un dossier porte au plus \(maximum) règles : modifiez l’une d’elles")
        case .nothingToBypass:
            Problem(
                409, "nothing_to_bypass", "No retention policy keeps this: delete it the usual way",
                fr: "Aucune règle de conservation ne garde ce document : supprimez-le de la façon habituelle")
        case .noExpiry:
            Problem(
                409, "no_version_expiry",
                "This policy lets no versions expire: give it keep_versions or keep_for first",
                fr: "Cette règle ne fait expirer aucune version : donnez-lui d’abord keep_versions ou keep_for")
        }
    }

    static func hold(_ refusal: VaultError.HoldRefusal) -> Problem {
        switch refusal {
        case .released:
            Problem(
                409, "hold_released", "This legal hold was released: open a new one",
                fr: "Ce gel juridique a été levé : ouvrez-en un nouveau")
        case .releasePending:
            Problem(
                409, "release_pending", "A release is asked for already: have it confirmed or refused first",
                fr: "Une levée est déjà demandée : faites-la d’abord confirmer ou refuser")
        case .noReleasePending:
            Problem(
                409, "no_release_pending", "Nobody asked for a release: ask first, another person confirms",
                fr: "Aucune levée n’est demandée : demandez-la d’abord, une autre personne la confirmera")
        case .samePerson:
            Problem(
                403, "second_person_required", "Whoever asked for the release cannot confirm it: another person must",
                fr: "La personne qui a demandé la levée ne peut pas la confirmer : il en faut une autre")
        case .notListed:
            Problem(
                409, "not_listed",
                "The hold does not lie on that node itself: name one of those it lists, or what it holds through a folder stays held",
                fr:
                    "Le gel ne porte pas directement sur cet élément : nommez l’un de ceux de sa liste ; ce qu’il gèle par un dossier le reste",
                field: "node_ids")
        case .tooMany(let maximum):
            Problem(
                409, "too_many_held", "A hold lies on at most \(maximum) nodes: hold the folders they are in",
                fr: "Un gel porte sur au plus \(maximum) éléments : gelez les dossiers qui les contiennent")
        }
    }

    /// The name of a rule within a sentence, where it may be told.
    private struct Words {
        let english: String
        let french: String

        init(_ name: String?) {
            english = name.map { " “\($0)”" } ?? ""
            french = name.map { " « \($0) »" } ?? ""
        }
    }
}
