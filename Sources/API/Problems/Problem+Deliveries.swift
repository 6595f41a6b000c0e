import Vault

extension Problem {
    /// What is refused about deliveries and scheduled exports.
    static func cannotDeliver(_ refusal: VaultError.DeliveryRefusal) -> Problem {
        switch refusal {
        case .alreadyDelivered:
            Problem(
                409, "already_delivered", "This delivery has arrived; there is nothing to try again",
                fr: "Cette livraison est arrivée ; il n’y a rien à relancer")
        case .notConfigured(let target):
            Problem(
                409, "target_not_configured",
                "The server is not set up for the target \(target.rawValue); the operator sets it (`cloudspace serve --help`)",
                fr:
                    "Le serveur n’est pas réglé pour la destination \(target.rawValue) ; l’exploitant la règle (`cloudspace serve --help`)",
                field: "target")
        case .tooManySchedules(let maximum):
            Problem(
                409, "too_many_schedules", "There can be at most \(maximum) scheduled exports; delete one first",
                fr: "Il peut y avoir au plus \(maximum) exports programmés ; supprimez-en un d’abord")
        }
    }
}
