import Database
import Vault

extension Problem {
    /// Why the master keys cannot be changed like that now, and what to do.
    static func keys(_ refusal: VaultError.KeyRefusal) -> Problem {
        switch refusal {
        case .rotationUnderWay:
            Problem(
                409, "rotation_under_way",
                "A rotation is under way; wait for its end, or look at /api/admin/keys/rotation",
                fr: "Une rotation est en cours ; attendez sa fin, ou consultez /api/admin/keys/rotation")
        case .noRotation:
            Problem(
                409, "no_rotation", "No rotation is under way; start one first",
                fr: "Aucune rotation n’est en cours ; lancez-en une d’abord")
        case .alreadyPaused:
            Problem(
                409, "rotation_paused", "The rotation is paused already; resume it to go on",
                fr: "La rotation est déjà en pause ; reprenez-la pour continuer")
        case .notPaused:
            Problem(409, "rotation_not_paused", "The rotation is not paused", fr: "La rotation n’est pas en pause")
        case .unknownGeneration(let number):
            Problem(
                404, "generation_not_found", "There never was a generation \(number); GET /api/admin/keys lists them",
                fr: "Il n’y a jamais eu de génération \(number) ; GET /api/admin/keys les liste")
        case .generationInUse(let number):
            Problem(
                409, "generation_in_use", "Generation \(number) wraps new keys; rotate first",
                fr: "La génération \(number) protège les nouvelles clés ; faites d’abord une rotation")
        case .generationNeeded(let number, let keys):
            Problem(
                409, "generation_needed",
                "Generation \(number) still wraps \(keys) keys, or its rotation was not completed; rotate again first",
                fr: "La génération \(number) protège encore \(keys) clés, ou sa rotation n’est pas terminée ; "
                    + "refaites d’abord une rotation")
        case .generationDestroyed(let number):
            Problem(
                409, "generation_destroyed", "Generation \(number) is destroyed already",
                fr: "La génération \(number) est déjà détruite")
        case .nodesBehind(let count):
            Problem(
                409, "nodes_behind",
                "\(count) living servers do not have the active generation yet; `cloudspace nodes` lists them",
                fr: "\(count) serveurs actifs n’ont pas encore la génération active ; `cloudspace nodes` les liste",
                retryAfter: 5)
        case .signInsLast(let until):
            Problem(
                409, "sign_ins_last", "Sign-ins of that generation last until \(until.iso8601); destroy it after that",
                fr: "Des connexions de cette génération durent jusqu’au \(until.iso8601) ; détruisez-la ensuite")
        case .ringNotChangeable:
            Problem(
                409, "ring_not_changeable", "This server cannot change its key ring",
                fr: "Ce serveur ne peut pas changer son trousseau de clés")
        }
    }
}
