import Database
import Vault

/// Refusals of time travel.
extension Problem {
    static func past(_ refusal: VaultError.PastRefusal) -> Problem {
        switch refusal {
        case .inTheFuture:
            Problem(
                400, "as_of_in_the_future", "as_of must be a moment that has passed",
                fr: "as_of doit être un moment passé", field: "as_of")
        case .beforeTheSpace(let since):
            Problem(
                400, "as_of_too_early", "This drive began on \(since.iso8601): as_of must not be before that",
                fr: "Ce drive a commencé le \(since.iso8601) : as_of ne doit pas être avant", field: "as_of")
        }
    }

    static func restore(_ refusal: VaultError.RestoreRefusal) -> Problem {
        switch refusal {
        case .underWay:
            Problem(
                409, "restore_under_way",
                "A restore of this drive is under way: wait for its end, or cancel it",
                fr: "Une restauration de ce drive est en cours : attendez sa fin ou annulez-la")
        case .notSealed:
            Problem(
                409, "archive_not_sealed",
                "Only sealed archives are brought back in place: import a portable one with POST /api/drive/import",
                fr:
                    "Seules les archives scellées se restaurent sur place : importez une archive portable avec POST /api/drive/import"
            )
        case .ended:
            Problem(
                409, "restore_ended", "This restore has ended: there is nothing to cancel",
                fr: "Cette restauration est terminée : il n’y a rien à annuler")
        }
    }
}
