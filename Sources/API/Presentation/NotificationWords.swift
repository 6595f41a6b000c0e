import Database
import Vault

/// What a notification says, in the language of whoever reads it (requirements/1, "Notifications").
enum NotificationWords {
    static func title(_ notification: Notification, in language: Language) -> String {
        let name = notification.actor.map(\.fullName).flatMap { $0.isEmpty ? nil : $0 }
        let who = name.map { Bilingual($0, fr: $0) } ?? Bilingual("Someone", fr: "Quelqu’un")
        let isFolder = notification.node?.kind.isFolder == true
        let words: Bilingual =
            switch notification.kind {
            case .share where isFolder:
                Bilingual("\(who.english) shared a folder with you", fr: "\(who.french) a partagé un dossier avec vous")
            case .share:
                Bilingual("\(who.english) shared a file with you", fr: "\(who.french) a partagé un fichier avec vous")
            case .comment where isFolder:
                Bilingual("\(who.english) commented on your folder", fr: "\(who.french) a commenté votre dossier")
            case .comment:
                Bilingual("\(who.english) commented on your file", fr: "\(who.french) a commenté votre fichier")
            case .mention:
                Bilingual(
                    "\(who.english) mentioned you in a comment",
                    fr: "\(who.french) vous a mentionné dans un commentaire")
            case .storageNearlyFull:
                Bilingual("Your storage is almost full", fr: "Votre espace de stockage est presque plein")
            case .deliveryFailed:
                Bilingual(
                    "Checkpoints or exports of the journal do not arrive",
                    fr: "Des points de contrôle ou des exports du journal n’arrivent pas")
            case .journalContradicted:
                Bilingual(
                    "The journal contradicts a checkpoint kept elsewhere",
                    fr: "Le journal contredit un point de contrôle conservé ailleurs")
            case .rewriteBurst:
                Bilingual(
                    "\(who.english) changed an unusual number of files within a minute",
                    fr: "\(who.french) a modifié un nombre inhabituel de fichiers en une minute")
            case .backupFailed:
                Bilingual("A scheduled backup failed", fr: "Une sauvegarde programmée a échoué")
            case .backupUnproven:
                Bilingual(
                    "A backup did not stand its proof", fr: "Une sauvegarde n’a pas passé son exercice de restauration")
            case .contentExported:
                Bilingual(
                    "\(who.english) exported your files to a portable archive",
                    fr: "\(who.french) a exporté vos fichiers dans une archive portable")
            }
        return words.text(language)
    }

    /// The file's present name, the beginning of the comment, or what is used; nil when there is nothing to say.
    static func message(_ notification: Notification, in language: Language) -> String? {
        switch notification.kind {
        case .share: return notification.node?.name.text
        case .comment, .mention: return notification.excerpt
        case .deliveryFailed:
            return Bilingual(
                "See /api/admin/deliveries for the reason, mend it and have them tried again.",
                fr: "Voyez la raison dans /api/admin/deliveries, corrigez-la et relancez-les."
            ).text(language)
        case .journalContradicted:
            return Bilingual(
                "It was cut, rewritten or put back from an older copy. Keep the files as evidence; `cloudspace doctor` says more.",
                fr:
                    "Il a été tronqué, réécrit ou remis d’une copie plus ancienne. Gardez les fichiers comme preuve ; `cloudspace doctor` en dit plus."
            ).text(language)
        case .rewriteBurst:
            guard let burst = notification.burst else { return nil }
            return Bilingual(
                "\(burst.files) files were rewritten, renamed or put into the trash. If that was not meant, bring everything back as it was on \(burst.moment.iso8601).",
                fr:
                    "\(burst.files) fichiers ont été réécrits, renommés ou mis à la corbeille. Si ce n’était pas voulu, ramenez tout à l’état du \(burst.moment.iso8601)."
            ).text(language)
        case .backupFailed:
            return Bilingual(
                "See /api/sauvegardes?statut=echouee for the reason, mend it; the next one is made at its time.",
                fr:
                    "Voyez la raison dans /api/sauvegardes?statut=echouee, corrigez-la ; la suivante se fera à son heure."
            ).text(language)
        case .backupUnproven:
            return Bilingual(
                "Make another full backup now; /api/sauvegardes says what was found.",
                fr: "Faites dès maintenant une autre sauvegarde complète ; /api/sauvegardes dit ce qui a été trouvé."
            ).text(language)
        case .contentExported: return notification.node?.name.text
        case .storageNearlyFull:
            guard let usage = notification.usage else { return nil }
            let (used, limit) = (ByteCountText.text(usage.counted), ByteCountText.text(usage.limit))
            return Bilingual("\(used) of \(limit) used", fr: "\(used) utilisés sur \(limit)").text(language)
        }
    }

    /// The word of requirements/1, Notification.
    static func type(_ kind: NotificationKind) -> String {
        switch kind {
        case .share, .comment, .mention: kind.rawValue
        case .storageNearlyFull, .deliveryFailed, .journalContradicted, .backupFailed, .backupUnproven,
            .contentExported, .rewriteBurst:
            "system"
        }
    }
}
