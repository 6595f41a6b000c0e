import BlobStore
import Crypto
import Database
import HTTP
import Journal
import Vault

extension Problem {
    /// The refusal for any error a handler threw; `nil` for what nobody foresaw.
    init?(foreseen error: any Error) {
        switch error {
        case let error as Problem: self = error
        case let error as VaultError: self.init(error)
        case let error as DatabaseError:
            guard let problem = Self.of(error) else { return nil }
            self = problem
        case let error as BlobStoreError: self = Self.of(error)
        case let error as CryptoError:
            guard let problem = Self.of(error) else { return nil }
            self = problem
        case let error as JournalError:
            guard let problem = Self.of(error) else { return nil }
            self = problem
        case is CancellationError: self = .unavailable
        default:
            guard let problem = HTTPProblem(error) else { return nil }
            self.init(problem, field: (error as? BadField)?.name)
        }
    }

    private static func of(_ error: DatabaseError) -> Problem? {
        switch error {
        case .full: .storageFull
        case .unreachable, .io: .databaseUnavailable
        case .busy, .overloaded, .closed, .conflict: .unavailable
        case .constraint, .corrupt, .cannotOpen, .schemaTooNew, .other: nil
        }
    }

    private static func of(_ error: BlobStoreError) -> Problem {
        switch error {
        case .full: .storageFull
        case .io, .unavailable, .refused: .storageUnavailable
        case .missing, .tampered: .integrity
        }
    }

    private static func of(_ error: CryptoError) -> Problem? {
        switch error {
        case .openFailed, .unsupportedFormat: .integrity
        // A new generation is on its way to this node; it is there within a second or two.
        case .unavailable, .unknownGeneration: .unavailable
        case .passphraseWrong, .keyFile, .custody: nil
        }
    }

    private static func of(_ error: JournalError) -> Problem? {
        switch error {
        case .outsideTree:
            Problem(
                400, "outside_tree", "The journal's tree is not that large", fr: "L’arbre du journal n’est pas si grand"
            )
        case .unknownEvent: Problem(.notFound(.event))
        case .notSequenced:
            Problem(
                503, "not_sequenced", "The event is not in the tree yet, try again shortly",
                fr: "L’événement n’est pas encore dans l’arbre, réessayez sous peu", retryAfter: 1)
        case .damagedEvent, .damagedTree, .inconsistentTree: .integrity
        case .invalidEvent, .malformedNote, .badSignature: nil
        }
    }

    private static let integrity = Problem(
        500, "integrity_failure", "The stored content failed its integrity check",
        fr: "Le contenu stocké n’a pas passé le contrôle d’intégrité")
}

extension Problem {
    /// A refusal of the HTTP layer, with French words for the codes it has.
    init(_ problem: HTTPProblem, field: String? = nil) {
        self.init(
            problem.status, problem.code, problem.message, fr: Self.french[problem.code] ?? problem.message,
            field: field,
            retryAfter: problem.status == 503 ? 1 : nil)
        allow = problem.allow
    }

    private static let french: [String: String] = [
        "not_found": "Introuvable", "method_not_allowed": "Méthode non autorisée",
        "content_too_large": "Le corps de la requête est trop volumineux",
        "body_cut_off": "Le corps de la requête s’est arrêté trop tôt",
        "request_timeout": "La requête a mis trop de temps à arriver",
        "malformed_body": "Le corps de la requête est mal formé",
        "unsupported_media_type": "Type de contenu non pris en charge", "stopping": "Le serveur s’arrête",
        "invalid_json": "JSON invalide", "invalid_field": "Un champ n’a pas la valeur attendue",
        "malformed_target": "Adresse de requête mal formée", "internal_error": "Erreur interne du serveur",
    ]
}
