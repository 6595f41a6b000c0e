import Vault

/// Refusals of archives as a whole. Nothing of such an archive was taken.
extension Problem {
    static func cannotImport(_ refusal: VaultError.ImportRefusal) -> Problem {
        switch refusal {
        case .notAnArchive:
            Problem(
                422, "not_an_archive", "This is no ZIP archive, or its end is missing. Send the whole file again",
                fr: "Ce n’est pas une archive ZIP, ou sa fin manque. Renvoyez le fichier entier", field: "file")
        case .damaged:
            Problem(
                422, "archive_damaged", "The archive is damaged or contradicts itself. Make it again and send it again",
                fr: "L’archive est endommagée ou se contredit. Refaites-la puis renvoyez-la", field: "file")
        case .multiDisk:
            Problem(
                422, "archive_split", "This is one part of an archive in several files. Make it as one file",
                fr: "Ceci est une partie d’une archive en plusieurs fichiers. Faites-en un seul fichier", field: "file")
        case .empty:
            Problem(422, "archive_empty", "The archive holds nothing", fr: "L’archive ne contient rien", field: "file")
        case .tooManyEntries(let limit):
            Problem(
                413, "archive_too_many_entries", "The archive has more than \(limit) entries. Split it",
                fr: "L’archive a plus de \(limit) entrées. Divisez-la", field: "file")
        case .tooLarge(let limit):
            Problem(
                413, "archive_too_large",
                "Unpacked, the archive would be larger than \(ByteCountText.text(limit)). Split it",
                fr: "Décompressée, l’archive dépasserait \(ByteCountText.text(limit)). Divisez-la", field: "file")
        case .wrongPassword:
            Problem(
                422, "archive_wrong_password", "The password does not open the archive",
                fr: "Le mot de passe n’ouvre pas l’archive", field: "password")
        case .badPassword:
            Problem(
                422, "archive_bad_password", "A password has 1 to 1,024 bytes, none of them zero",
                fr: "Un mot de passe a de 1 à 1 024 octets, aucun nul", field: "password")
        case .tooManyRunning(let maximum):
            Problem(
                429, "too_many_imports", "\(maximum) imports are under way already. Wait until one has ended",
                fr: "\(maximum) imports sont déjà en cours. Attendez que l’un d’eux soit fini", retryAfter: 10)
        case .alreadyOver:
            Problem(409, "import_over", "This import has ended already", fr: "Cet import est déjà terminé")
        }
    }
}
