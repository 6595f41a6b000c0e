import Vault

extension Problem {
    /// Why a backup is not made, changed or given out like that, and what to do.
    static func backup(_ refusal: VaultError.BackupRefusal) -> Problem {
        switch refusal {
        case .wrongKind(let asked, let found):
            Problem(
                400, "wrong_target_kind", "That is a \(found), not a \(asked); ask with type \(found)",
                fr: "C’est un élément de type \(found), et non \(asked) ; demandez avec le type \(found)", field: "type"
            )
        case .passwordNeeded(let minimum):
            Problem(
                400, "password_needed", "A portable archive needs a password of at least \(minimum) characters",
                fr: "Une archive portable demande un mot de passe d’au moins \(minimum) caractères",
                field: "mot_de_passe")
        case .passwordTooShort(let minimum):
            Problem(
                400, "password_too_short", "The archive's password must have at least \(minimum) characters",
                fr: "Le mot de passe de l’archive doit faire au moins \(minimum) caractères", field: "mot_de_passe")
        case .passwordNotUsed:
            Problem(
                400, "password_not_used",
                "A sealed archive has no password, it is opened by the vault's keys; leave it out, or ask for forme portable",
                fr:
                    "Une archive scellée n’a pas de mot de passe, les clés du coffre l’ouvrent ; retirez-le, ou demandez la forme portable",
                field: "mot_de_passe")
        case .reasonNeeded:
            Problem(
                400, "reason_needed",
                "A portable archive of other people's files is an export: say why in motif; the journal keeps it and the owner is told",
                fr:
                    "Une archive portable des fichiers d’autrui est un export : dites pourquoi dans motif ; le journal le garde et le propriétaire est prévenu",
                field: "motif")
        case .portableIsFull:
            Problem(
                400, "portable_is_full", "A portable archive is always complete",
                fr: "Une archive portable est toujours complète",
                field: "mode")
        case .noBase:
            Problem(
                409, "no_base",
                "There is no complete sealed backup of this target to go on from; make one with mode complete",
                fr: "Il n’y a pas de sauvegarde scellée terminée de cette cible ; faites-en une avec le mode complete",
                field: "mode")
        case .baseUnfit:
            Problem(
                409, "base_unfit",
                "base_id must name a finished sealed backup of the same target",
                fr: "base_id doit désigner une sauvegarde scellée terminée de la même cible", field: "base_id")
        case .tooManyWaiting(let maximum):
            Problem(
                429, "too_many_backups_waiting", "\(maximum) backups wait already; cancel one or try again later",
                fr: "\(maximum) sauvegardes attendent déjà ; annulez-en une ou réessayez plus tard", retryAfter: 60)
        case .storeFull(let needed, let free):
            Problem(
                507, "backup_store_full",
                "The archive needs at least \(ByteCountText.text(needed)), and \(ByteCountText.text(free)) are free where archives are kept; delete old backups or make room",
                fr:
                    "L’archive demande au moins \(ByteCountText.text(needed)), il reste \(ByteCountText.text(free)) là où sont les archives ; supprimez d’anciennes sauvegardes ou faites de la place"
            )
        case .hasIncrements(let ids):
            Problem(
                409, "backup_has_increments",
                "Increments stand on this backup: \(words(ids)). Delete them first, or all together with ?chaine=true",
                fr:
                    "Des sauvegardes incrémentales reposent sur celle-ci : \(words(ids)). Supprimez-les d’abord, ou toutes ensemble avec ?chaine=true"
            )
        case .busy:
            Problem(
                409, "backup_busy", "This backup is being made, checked or deleted; wait for the end, or cancel it",
                fr:
                    "Cette sauvegarde est en cours de création, de contrôle ou de suppression ; attendez la fin, ou annulez-la",
                retryAfter: 5)
        case .ended:
            Problem(
                409, "backup_ended", "This backup has ended; there is nothing to cancel",
                fr: "Cette sauvegarde est terminée ; il n’y a rien à annuler")
        case .notCompleted:
            Problem(
                409, "backup_not_completed", "There is no archive: this backup has not been completed",
                fr: "Il n’y a pas d’archive : cette sauvegarde n’est pas terminée")
        case .sealedOnly:
            Problem(
                409, "sealed_only",
                "Only sealed backups are drilled: the password of a portable archive is not kept. Ask for a verification",
                fr:
                    "Seules les sauvegardes scellées passent un exercice : le mot de passe d’une archive portable n’est pas gardé. Demandez une vérification"
            )
        case .volumeNeeded(let count):
            Problem(
                400, "volume_needed", "The archive has \(count) volumes; name one with ?volume=1 to \(count)",
                fr: "L’archive a \(count) volumes ; nommez-en un avec ?volume=1 à \(count)", field: "volume")
        case .archiveGone:
            Problem(
                410, "archive_gone",
                "The archive's files are no longer where they were kept; put them back, or make another backup",
                fr: "Les fichiers de l’archive ne sont plus à leur place ; remettez-les, ou faites une autre sauvegarde"
            )
        case .tooManySchedules(let maximum):
            Problem(
                409, "too_many_schedules", "There can be at most \(maximum) scheduled backups; delete one first",
                fr: "Il peut y avoir au plus \(maximum) sauvegardes programmées ; supprimez-en une d’abord")
        case .notConfigured:
            Problem(
                503, "backups_not_configured",
                "This server keeps no archives; the operator sets a place (--backup-store)",
                fr: "Ce serveur ne garde pas d’archives ; l’exploitant règle un endroit (--backup-store)")
        }
    }

    private static func words(_ ids: [BackupID]) -> String {
        ids.prefix(5).map(\.description).joined(separator: ", ") + (ids.count > 5 ? ", …" : "")
    }
}
