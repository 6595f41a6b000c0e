import Vault

extension AuditAction {
    /// Behind who did it. `{le}`, `{du}` and `{au}` stand for the target with its article; where an act has none, for nothing.
    ///
    /// No `default`: a new act does not compile until it has its sentence.
    var words: Bilingual {
        switch self {
        case .fileCreated: Bilingual("created {le}", fr: "a créé {le}")
        case .fileUploaded: Bilingual("uploaded {le}", fr: "a déposé {le}")
        case .fileEdited: Bilingual("added a version {au}", fr: "a ajouté une version {au}")
        case .fileViewed: Bilingual("viewed {le}", fr: "a consulté {le}")
        case .fileDownloaded: Bilingual("downloaded {le}", fr: "a téléchargé {le}")
        case .fileRenamed: Bilingual("renamed {le}", fr: "a renommé {le}")
        case .fileMoved: Bilingual("moved {le}", fr: "a déplacé {le}")
        case .fileLocked: Bilingual("locked {le}", fr: "a verrouillé {le}")
        case .fileUnlocked: Bilingual("unlocked {le}", fr: "a déverrouillé {le}")
        case .fileStarred: Bilingual("starred {le}", fr: "a ajouté aux favoris {le}")
        case .fileUnstarred: Bilingual("took the star from {le}", fr: "a retiré des favoris {le}")
        case .fileTrashed: Bilingual("moved to the trash {le}", fr: "a mis à la corbeille {le}")
        case .fileRestored: Bilingual("restored from the trash {le}", fr: "a restauré depuis la corbeille {le}")
        case .fileDeleted: Bilingual("deleted {le}", fr: "a supprimé {le}")
        case .folderCreated: Bilingual("created {le}", fr: "a créé {le}")
        case .settingsUpdated: Bilingual("changed the settings {du}", fr: "a modifié les réglages {du}")
        case .fileCopied: Bilingual("copied {le}", fr: "a copié {le}")
        case .fileShared: Bilingual("shared {le}", fr: "a partagé {le}")
        case .fileUnshared: Bilingual("ended a share {du}", fr: "a retiré un partage {du}")
        case .commentAdded: Bilingual("commented on {le}", fr: "a commenté {le}")
        case .avatarChanged: Bilingual("changed the picture {du}", fr: "a changé la photo {du}")
        case .passwordChanged: Bilingual("changed the password {du}", fr: "a changé le mot de passe {du}")
        case .shareChanged: Bilingual("changed a share {du}", fr: "a modifié un partage {du}")
        case .commentEdited: Bilingual("changed a comment on {le}", fr: "a modifié un commentaire {du}")
        case .commentDeleted: Bilingual("deleted a comment on {le}", fr: "a supprimé un commentaire {du}")
        case .linkCreated: Bilingual("made a link {au}", fr: "a créé un lien vers {le}")
        case .linkChanged: Bilingual("changed a link {au}", fr: "a modifié un lien vers {le}")
        case .linkRevoked: Bilingual("revoked a link {au}", fr: "a révoqué un lien vers {le}")
        case .linkUsed: Bilingual("used a link {au}", fr: "a utilisé un lien vers {le}")
        case .linkRefused: Bilingual("was refused by a link {au}", fr: "s’est vu refuser un lien vers {le}")
        case .notificationsRead: Bilingual("read notifications {du}", fr: "a lu des notifications {du}")
        case .notificationsExpired: Bilingual("cleared old notifications", fr: "a effacé d’anciennes notifications")
        case .twoFactorPrepared:
            Bilingual("prepared the second factor {du}", fr: "a préparé la double authentification {du}")
        case .twoFactorEnabled:
            Bilingual("turned on the second factor {du}", fr: "a activé la double authentification {du}")
        case .twoFactorDisabled:
            Bilingual("turned off the second factor {du}", fr: "a désactivé la double authentification {du}")
        case .recoveryCodeUsed: Bilingual("used a recovery code {du}", fr: "a utilisé un code de secours {du}")
        case .presenceExpired: Bilingual("cleared old presence", fr: "a effacé d’anciennes présences")
        case .tokensExpired: Bilingual("cleared expired sessions", fr: "a effacé des sessions expirées")
        case .uploadsExpired: Bilingual("cleared abandoned uploads", fr: "a effacé des envois abandonnés")
        case .versionRestored: Bilingual("restored a version {du}", fr: "a restauré une version {du}")
        case .trashEmptied: Bilingual("emptied the trash {du}", fr: "a vidé la corbeille {du}")
        case .accountRegistered, .accountCreated: Bilingual("created {le}", fr: "a créé {le}")
        case .roleChanged: Bilingual("changed the role {du}", fr: "a changé le rôle {du}")
        case .loginSucceeded: Bilingual("signed in {au}", fr: "s’est connecté {au}")
        case .loginFailed: Bilingual("failed to sign in {au}", fr: "n’a pas pu se connecter {au}")
        case .loginChallenged: Bilingual("began to sign in {au}", fr: "a commencé à se connecter {au}")
        case .loggedOut: Bilingual("signed out {du}", fr: "s’est déconnecté {du}")
        case .signInLimited: Bilingual("used up the attempts to sign in", fr: "a épuisé les essais de connexion")
        case .journalRead: Bilingual("read {le}", fr: "a lu {le}")
        case .journalExported: Bilingual("exported {le}", fr: "a exporté {le}")
        case .checkpointMade: Bilingual("signed a checkpoint {du}", fr: "a signé un point de contrôle {du}")
        case .integrityFailed: Bilingual("found damage {au}", fr: "a constaté une altération {du}")
        case .accessRefused: Bilingual("was refused access {au}", fr: "s’est vu refuser l’accès {au}")
        case .orphansCollected:
            Bilingual("cleared contents without a document", fr: "a effacé des contenus sans document")
        case .leaseTakenOver: Bilingual("took over the work of another node", fr: "a repris le travail d’un autre nœud")
        case .vaultSealed: Bilingual("sealed the vault", fr: "a scellé le coffre")
        case .vaultUnsealed: Bilingual("unsealed the vault", fr: "a descellé le coffre")
        case .unsealRefused: Bilingual("failed to unseal the vault", fr: "n’a pas pu desceller le coffre")
        case .keyProviderChanged: Bilingual("changed the key provider", fr: "a changé le fournisseur de clés")
        case .rotationStarted:
            Bilingual("started the rotation of the master key", fr: "a commencé la rotation de la clé maître")
        case .rotationPaused:
            Bilingual("paused the rotation of the master key", fr: "a suspendu la rotation de la clé maître")
        case .rotationResumed:
            Bilingual("resumed the rotation of the master key", fr: "a repris la rotation de la clé maître")
        case .rotationFailed:
            Bilingual(
                "could not complete the rotation of the master key",
                fr: "n’a pas pu terminer la rotation de la clé maître")
        case .rotationCompleted:
            Bilingual("completed the rotation of the master key", fr: "a terminé la rotation de la clé maître")
        case .generationDestroyed:
            Bilingual("destroyed a generation of the master key", fr: "a détruit une génération de la clé maître")
        case .encryptionRead: Bilingual("looked at the encryption {du}", fr: "a consulté le chiffrement {du}")
        case .journalFilterSaved: Bilingual("saved a filter {du}", fr: "a enregistré un filtre {du}")
        case .journalFilterDeleted: Bilingual("deleted a filter {du}", fr: "a supprimé un filtre {du}")
        case .journalScheduleSaved: Bilingual("saved {le}", fr: "a enregistré {le}")
        case .journalScheduleDeleted: Bilingual("deleted {le}", fr: "a supprimé {le}")
        case .journalDelivered: Bilingual("delivered an export of the journal", fr: "a livré un export du journal")
        case .checkpointDelivered:
            Bilingual("delivered a checkpoint of the journal", fr: "a livré un point de contrôle du journal")
        case .deliveryFailed: Bilingual("gave up {le}", fr: "a abandonné {le}")
        case .deliveryRetried: Bilingual("retried {le}", fr: "a relancé {le}")
        case .witnessContradicted:
            Bilingual(
                "found the journal to contradict a kept checkpoint",
                fr: "a constaté que le journal contredit un point de contrôle gardé")
        case .receiptIssued: Bilingual("issued a receipt {du}", fr: "a délivré une preuve {du}")
        case .usersRead: Bilingual("looked at the list of accounts", fr: "a consulté la liste des comptes")
        case .retentionSet: Bilingual("set {le}", fr: "a fixé {le}")
        case .retentionChanged: Bilingual("changed {le}", fr: "a modifié {le}")
        case .retentionLifted: Bilingual("lifted {le}", fr: "a levé {le}")
        case .retentionBypassed: Bilingual("bypassed {le}", fr: "a passé outre {au}")
        case .versionExpired: Bilingual("removed an expired version {du}", fr: "a retiré une version expirée {du}")
        case .holdOpened: Bilingual("opened {le}", fr: "a ouvert {le}")
        case .holdExtended: Bilingual("extended {le}", fr: "a étendu {le}")
        case .holdReleaseAsked:
            Bilingual("asked for the release {du}", fr: "a demandé la levée {du}")
        case .holdReleased: Bilingual("released {le}", fr: "a levé {le}")
        case .holdReleaseRefused:
            Bilingual("refused the release {du}", fr: "a refusé la levée {du}")
        case .erasureAsked: Bilingual("asked for the erasure {du}", fr: "a demandé l’effacement {du}")
        case .erasureRefused: Bilingual("was refused the erasure {du}", fr: "s’est vu refuser l’effacement {du}")
        case .accountErased: Bilingual("erased {le}", fr: "a effacé {le}")
        case .backupAsked: Bilingual("asked for {le}", fr: "a demandé {le}")
        case .backupCompleted: Bilingual("completed {le}", fr: "a terminé {le}")
        case .backupFailed: Bilingual("could not complete {le}", fr: "n’a pas pu terminer {le}")
        case .backupCancelled: Bilingual("cancelled {le}", fr: "a annulé {le}")
        case .backupDeleted: Bilingual("deleted {le}", fr: "a supprimé {le}")
        case .backupDownloaded: Bilingual("downloaded {le}", fr: "a téléchargé {le}")
        case .backupVerified: Bilingual("verified {le}", fr: "a vérifié {le}")
        case .backupDrilled: Bilingual("drilled the restore {du}", fr: "a répété la restauration {du}")
        case .backupScheduleSaved: Bilingual("saved {le}", fr: "a enregistré {le}")
        case .backupScheduleDeleted: Bilingual("deleted {le}", fr: "a supprimé {le}")
        case .recoveryKeyChanged: Bilingual("changed the recovery key", fr: "a changé la clé de secours")
        case .keyBundleMade: Bilingual("made a key bundle", fr: "a produit un trousseau de clés")
        case .restoreAsked: Bilingual("asked to restore {le}", fr: "a demandé la restauration {du}")
        case .restoreCompleted: Bilingual("restored {le}", fr: "a restauré {le}")
        case .restoreFailed: Bilingual("could not restore {le}", fr: "n’a pas pu restaurer {le}")
        case .vaultRestored:
            Bilingual("restored the vault from a backup", fr: "a restauré le coffre depuis une sauvegarde")
        case .archiveImported: Bilingual("imported an archive {au}", fr: "a importé une archive dans {le}")
        case .folderRewound: Bilingual("brought back as it was {le}", fr: "a ramené à un état antérieur {le}")
        case .pastViewed: Bilingual("looked at the past {du}", fr: "a consulté le passé {du}")
        case .versionsCompared: Bilingual("compared versions {du}", fr: "a comparé des versions {du}")
        case .rewriteBurstNoticed:
            Bilingual(
                "noticed an unusual rate of rewrites {du}", fr: "a constaté un rythme inhabituel de réécritures {du}")
        }
    }
}
