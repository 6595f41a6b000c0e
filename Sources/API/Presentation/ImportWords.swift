import Archive
import Backup

/// Why an entry of an archive was left out, in words.
enum ImportWords {
    static func text(_ refusal: ImportRefusal, in language: Language) -> String {
        let words: Bilingual =
            switch refusal {
            case .entry(let refusal): words(refusal)
            case .place(let refusal): words(refusal)
            }
        return words.text(language)
    }

    private static func words(_ refusal: EntryRefusal) -> Bilingual {
        switch refusal {
        case .pathTraversal:
            Bilingual("Its path leads out of the folder", fr: "Son chemin sort du dossier")
        case .absolutePath:
            Bilingual("Its path begins at a root or a drive", fr: "Son chemin part d’une racine ou d’un lecteur")
        case .controlCharacter:
            Bilingual("Its name has control characters", fr: "Son nom contient des caractères de contrôle")
        case .brokenName:
            Bilingual("Its name is not the UTF-8 it claims to be", fr: "Son nom n’est pas l’UTF-8 qu’il prétend être")
        case .forbiddenName: Bilingual("Its name is not allowed here", fr: "Son nom n’est pas permis ici")
        case .tooDeep: Bilingual("It lies in too many folders", fr: "Il est dans trop de dossiers")
        case .link: Bilingual("It is a symbolic link", fr: "C’est un lien symbolique")
        case .device: Bilingual("It is a device or a socket", fr: "C’est un périphérique ou une socket")
        case .duplicateName:
            Bilingual("An entry before it has the same name", fr: "Une entrée avant elle porte le même nom")
        case .fileAndFolder:
            Bilingual("A file and a folder share this path", fr: "Un fichier et un dossier partagent ce chemin")
        case .ambiguousName: Bilingual("It has two different names", fr: "Elle a deux noms différents")
        case .overlap:
            Bilingual("Its bytes are also another entry’s", fr: "Ses octets sont aussi ceux d’une autre entrée")
        case .headerMismatch:
            Bilingual("Its header contradicts the directory", fr: "Son en-tête contredit le répertoire")
        case .compressionRatio:
            Bilingual("It would unpack to far more than it is", fr: "Décompressée, elle grossirait démesurément")
        case .unsupportedMethod:
            Bilingual("Compressed in a way that is not read here", fr: "Compressée d’une façon qui n’est pas lue ici")
        case .unsupportedEncryption:
            Bilingual("Encrypted in a way that is not read here", fr: "Chiffrée d’une façon qui n’est pas lue ici")
        case .passwordNeeded:
            Bilingual(
                "Encrypted: send the password with the archive", fr: "Chiffrée : envoyez le mot de passe avec l’archive"
            )
        case .wrongPassword:
            Bilingual("The password does not open it", fr: "Le mot de passe ne l’ouvre pas")
        case .wrongCRC:
            Bilingual(
                "Its content does not match its checksum", fr: "Son contenu ne correspond pas à sa somme de contrôle")
        case .damagedContent: Bilingual("Its content is damaged", fr: "Son contenu est endommagé")
        }
    }

    private static func words(_ refusal: ImportRefusal.PlaceRefusal) -> Bilingual {
        switch refusal {
        case .nameTaken: Bilingual("Something has this name already", fr: "Ce nom est déjà pris")
        case .locked: Bilingual("The file there is locked", fr: "Le fichier présent est verrouillé")
        case .quota: Bilingual("The storage limit is reached", fr: "La limite de stockage est atteinte")
        case .denied: Bilingual("Access denied", fr: "Accès refusé")
        case .tooLarge: Bilingual("Larger than one upload may be", fr: "Plus grand qu’un envoi permis")
        case .name: Bilingual("Its name or place is not allowed here", fr: "Son nom ou sa place n’est pas permis ici")
        case .kept: Bilingual("A rule keeps the file there", fr: "Une règle garde le fichier présent")
        case .gone: Bilingual("The folder is gone", fr: "Le dossier n’est plus là")
        case .other: Bilingual("It could not be stored", fr: "Elle n’a pas pu être stockée")
        }
    }
}
