import Crypto
import HTTP

extension Problem {
    /// What a sealed vault answers to everything it cannot do.
    static let vaultSealed = Problem(
        503, "vault_sealed", "The vault is sealed: its keys are not unlocked. An operator must unseal it",
        fr: "Le coffre est scellé : ses clés ne sont pas déverrouillées. Un opérateur doit le desceller", retryAfter: 30
    )

    init(_ refusal: UnsealRefusal) {
        switch refusal {
        case .notOfThisKind(let kind, let provider):
            self.init(
                409, "unseal_not_of_this_kind",
                "This vault is not unsealed with a \(kind.rawValue): its key provider is \(provider)",
                fr: "Ce coffre ne se descelle pas ainsi : son fournisseur de clés est \(provider)", field: kind.rawValue
            )
        case .passphraseWrong:
            self.init(
                403, "passphrase_wrong", "The passphrase does not open the key ring",
                fr: "La phrase secrète n’ouvre pas le trousseau", field: "passphrase")
        case .share(let refusal): self.init(refusal)
        case .custodianAway:
            self.init(
                503, "key_custodian_unavailable", "The token or service that keeps the key does not answer",
                fr: "Le module ou le service qui garde la clé ne répond pas", retryAfter: 5)
        case .custodianRefuses:
            self.init(
                502, "key_custodian_refuses",
                "The token or service that keeps the key refuses; the server’s log says why",
                fr: "Le module ou le service qui garde la clé refuse ; le journal du serveur dit pourquoi")
        case .cannotOpen:
            self.init(
                409, "cannot_open", "The vault cannot be opened with these keys; the server’s log says why",
                fr: "Le coffre ne s’ouvre pas avec ces clés ; le journal du serveur dit pourquoi")
        case .atTheMachineOnly:
            self.init(
                409, "unseal_at_the_machine",
                "An administrator sealed this vault, and its key needs no person: restart the server to open it",
                fr: "Un administrateur a scellé ce coffre, et sa clé ne demande personne : redémarrez le serveur")
        case .busy:
            self.init(
                503, "unseal_busy", "Another attempt to unseal is under way", fr: "Une autre tentative est en cours",
                retryAfter: 1)
        case .tooMany(let seconds):
            self.init(
                429, "rate_limited", "Too many attempts, try again later",
                fr: "Trop de tentatives, réessayez plus tard",
                retryAfter: seconds)
        }
    }

    private init(_ refusal: ShareRefusal) {
        switch refusal {
        case .malformed:
            self.init(
                400, "share_malformed", "This is not a share, or it has a typing error: its check sum does not fit",
                fr: "Ce n’est pas une part, ou elle comporte une faute de frappe : sa somme de contrôle est fausse",
                field: "share")
        case .anotherVault:
            self.init(
                403, "share_of_another_vault", "This share belongs to another vault",
                fr: "Cette part est celle d’un autre coffre", field: "share")
        case .anotherSplit:
            self.init(
                403, "share_replaced", "This share was replaced when the key was split anew; give one of the new ones",
                fr: "Cette part a été remplacée par un nouveau partage ; donnez-en une du dernier", field: "share")
        case .repeated(let index):
            self.init(
                409, "share_repeated", "Share \(index) is here already; another one is needed",
                fr: "La part \(index) est déjà là ; il en faut une autre", field: "share")
        case .wrongTogether(let count):
            self.init(
                403, "shares_wrong",
                "These \(count) shares do not open the key ring together; all were dropped, begin again",
                fr: "Ces \(count) parts n’ouvrent pas le trousseau ensemble ; toutes sont oubliées, recommencez",
                field: "share")
        }
    }
}
