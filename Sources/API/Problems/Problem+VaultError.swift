import Vault

extension Problem {
    /// No `default`: a new case does not compile until someone decides its status.
    init(_ error: VaultError) {
        switch error {
        case .notFound(let subject): self = .notFound(subject)
        case .forbidden: self.init(403, "access_denied", "Access denied", fr: "Accès refusé")
        case .roleForbids: self.init(403, "role_forbids", "Access denied", fr: "Accès refusé")
        case .invalid(let field, let reason): self = .invalid(field, reason)
        case .nameTaken(isFolder: true):
            self.init(
                400, "name_taken", "Folder name already exists in this location",
                fr: "Un dossier de ce nom existe déjà à cet emplacement", field: "name")
        case .nameTaken(isFolder: false):
            self.init(
                400, "name_taken", "A file with this name already exists in this location",
                fr: "Un fichier de ce nom existe déjà à cet emplacement", field: "name")
        case .intoItself:
            self.init(
                400, "into_itself", "Cannot move a folder into itself",
                fr: "Impossible de déplacer un dossier dans lui-même", field: "destination_id")
        case .destinationNotFound:
            self.init(
                404, "destination_not_found", "Destination folder not found", fr: "Dossier de destination introuvable",
                field: "destination_id")
        case .locked: self.init(423, "file_locked", "File is locked", fr: "Le fichier est verrouillé")
        case .quotaExceeded(let remaining):
            let left = ByteCountText.text(remaining)
            self.init(
                413, "storage_limit_exceeded", "Storage limit exceeded. You have \(left) remaining",
                fr: "Limite de stockage dépassée. Il vous reste \(left)")
        case .tooManyItems(let limit):
            self.init(
                422, "too_many_items", "More than \(limit) files and folders at once",
                fr: "Plus de \(limit) fichiers et dossiers à la fois")
        case .emailTaken:
            self.init(
                409, "email_taken", "Email already exists", fr: "Cette adresse e-mail existe déjà", field: "email")
        case .wrongCredentials:
            self.init(
                401, "wrong_credentials", "Invalid email or password", fr: "Adresse e-mail ou mot de passe incorrect")
        case .wrongPassword:
            self.init(
                401, "wrong_password", "Current password is incorrect", fr: "Le mot de passe actuel est incorrect",
                field: "current_password")
        case .codeNeeded:
            self.init(
                400, "code_required", "A code from your authenticator is required",
                fr: "Un code de votre application d’authentification est requis", field: "code")
        case .wrongCode:
            self.init(
                400, "wrong_code", "The code is not right, or was used already",
                fr: "Le code n’est pas bon, ou a déjà servi", field: "code")
        case .noSetUp:
            self.init(
                409, "no_two_factor_setup", "Begin the set-up first: call without a code",
                fr: "Commencez la configuration : appelez sans code", field: "code")
        case .challengeOver:
            self.init(
                401, "challenge_over", "This sign-in has ended, begin again",
                fr: "Cette connexion a expiré, recommencez", field: "challenge")
        case .rateLimited(let seconds):
            self.init(
                429, "rate_limited", "Too many attempts, try again later",
                fr: "Trop de tentatives, réessayez plus tard", retryAfter: Int(clamping: seconds))
        case .notSignedIn: self.init(401, "not_signed_in", "Authentication required", fr: "Authentification requise")
        case .accountDisabled: self.init(403, "account_disabled", "Account disabled", fr: "Compte désactivé")
        case .notInTrash:
            self.init(404, "not_in_trash", "File not found in trash", fr: "Fichier introuvable dans la corbeille")
        case .versionMismatch:
            self.init(
                412, "version_mismatch", "The file has changed since that version",
                fr: "Le fichier a changé depuis cette version")
        case .idempotencyMismatch:
            self.init(
                422, "idempotency_mismatch", "This Idempotency-Key was used for another request",
                fr: "Cette clé Idempotency-Key a servi à une autre requête", field: "Idempotency-Key")
        case .tampered:
            self.init(
                500, "integrity_failure", "The stored content failed its integrity check",
                fr: "Le contenu stocké n’a pas passé le contrôle d’intégrité")
        case .bodyCutOff:
            self.init(
                400, "body_cut_off", "The request body ended too early",
                fr: "Le corps de la requête s’est arrêté trop tôt")
        case .uploadTooLarge(let limit):
            let most = ByteCountText.text(limit)
            self.init(
                413, "upload_too_large", "File too large. Max \(most)", fr: "Fichier trop volumineux. Maximum \(most)")
        case .storageFull: self = .storageFull
        case .unavailable: self = .unavailable
        case .lastAdministrator:
            self.init(
                409, "last_administrator", "The last administrator must stay one",
                fr: "Le dernier administrateur doit le rester")
        case .notAnAvatar:
            self.init(
                400, "invalid_file_type", "Invalid file type. Allowed: jpg, png, gif, webp",
                fr: "Type de fichier non valide. Autorisés : jpg, png, gif, webp", field: "file")
        case .avatarTooLarge:
            self.init(
                413, "file_too_large", "File too large. Max 5MB", fr: "Fichier trop volumineux. Maximum 5 Mo",
                field: "file")
        case .noPictureProgram:
            self.init(
                503, "no_picture_program", "This server cannot make pictures: its preview program is not installed",
                fr: "Ce serveur ne peut pas faire d’images : son programme d’aperçus n’est pas installé")
        case .cannotShare(let refusal): self = .cannotShare(refusal)
        case .tooManyStreams(.ofPerson):
            self.init(
                429, "too_many_streams", "Too many open notification streams, close one first",
                fr: "Trop de flux de notifications ouverts, fermez-en un d’abord", retryAfter: 30)
        case .tooManyStreams(.ofServer):
            self.init(
                503, "streams_full", "The server has no room for another notification stream",
                fr: "Le serveur n’a plus de place pour un flux de notifications", retryAfter: 30)
        case .wrongLinkPassword:
            self.init(403, "wrong_link_password", "Wrong password", fr: "Mot de passe incorrect", field: "password")
        case .kept(let refusal): self = .kept(refusal)
        case .versionExpired(let number):
            self.init(
                410, "version_expired",
                "The content of version \(number) is gone: it expired under a retention policy. Its entry is left as proof",
                fr:
                    "Le contenu de la version \(number) n’existe plus : il a expiré selon une règle de conservation. Sa fiche reste comme preuve"
            )
        case .retention(let refusal): self = .retention(refusal)
        case .hold(let refusal): self = .hold(refusal)
        case .erasure(.underWay):
            self.init(
                409, "erasure_under_way", "This account is being erased: ask for the report of its erasure",
                fr: "Ce compte est en cours d’effacement : consultez le rapport de son effacement")
        case .past(let refusal): self = .past(refusal)
        case .restore(let refusal): self = .restore(refusal)
        case .tooManyJournalFilters(let maximum):
            self.init(
                409, "too_many_filters", "At most \(maximum) filters are kept for one person: delete one first",
                fr: "Au plus \(maximum) filtres sont gardés par personne : supprimez-en un d’abord")
        case .keys(let refusal): self = .keys(refusal)
        case .cannotImport(let refusal): self = .cannotImport(refusal)
        case .backup(let refusal): self = .backup(refusal)
        case .tooManyLinks(let maximum):
            self.init(
                409, "too_many_links", "A file can have at most \(maximum) links",
                fr: "Un fichier peut avoir au plus \(maximum) liens")
        case .cannotDeliver(let refusal): self = .cannotDeliver(refusal)
        }
    }

    /// As requirements/1 spells it for copies; uploads add how much is left.
    static let storageLimitExceeded = Problem(
        413, "storage_limit_exceeded", "Storage limit exceeded", fr: "Limite de stockage dépassée")
    static let storageFull = Problem(
        507, "storage_full", "The server has no space left", fr: "Le serveur n’a plus de place")
    static let unavailable = Problem(
        503, "unavailable", "The service is busy, try again shortly", fr: "Le service est occupé, réessayez sous peu",
        retryAfter: 1)

    static let databaseUnavailable = Problem(
        503, "database_unavailable", "The database is not available, try again shortly",
        fr: "La base de données n’est pas disponible, réessayez sous peu", retryAfter: 2)
    static let storageUnavailable = Problem(
        503, "storage_unavailable", "The storage of contents is not available, try again shortly",
        fr: "Le stockage des contenus n’est pas disponible, réessayez sous peu", retryAfter: 2)

    private static func notFound(_ subject: VaultError.Subject) -> Problem {
        switch subject {
        case .file: Problem(404, "file_not_found", "File not found", fr: "Fichier introuvable")
        case .folder: Problem(404, "folder_not_found", "Folder not found", fr: "Dossier introuvable")
        case .version: Problem(404, "version_not_found", "Version not found", fr: "Version introuvable")
        case .account: Problem(404, "user_not_found", "User not found", fr: "Utilisateur introuvable")
        case .journalFilter: Problem(404, "filter_not_found", "Filter not found", fr: "Filtre introuvable")
        case .restore: Problem(404, "restore_not_found", "Restore not found", fr: "Restauration introuvable")
        case .delivery: Problem(404, "delivery_not_found", "Delivery not found", fr: "Livraison introuvable")
        case .journalSchedule:
            Problem(404, "schedule_not_found", "Scheduled export not found", fr: "Export programmé introuvable")
        case .backup: Problem(404, "backup_not_found", "Backup not found", fr: "Sauvegarde introuvable")
        case .backupSchedule:
            Problem(
                404, "backup_schedule_not_found", "Scheduled backup not found", fr: "Sauvegarde programmée introuvable")
        case .space: Problem(404, "space_not_found", "Space not found", fr: "Espace introuvable")
        case .event: Problem(404, "event_not_found", "Event not found", fr: "Événement introuvable")
        case .picture: Problem(404, "picture_not_found", "Picture not found", fr: "Image introuvable")
        case .retentionPolicy:
            Problem(
                404, "retention_policy_not_found", "There is no such retention policy",
                fr: "Cette règle de conservation n’existe pas")
        case .importing: Problem(404, "import_not_found", "Import not found", fr: "Import introuvable")
        case .hold: Problem(404, "hold_not_found", "There is no such legal hold", fr: "Ce gel juridique n’existe pas")
        case .erasure:
            Problem(
                404, "erasure_not_found", "No erasure was asked for this account",
                fr: "Aucun effacement n’a été demandé pour ce compte")
        case .share:
            Problem(
                404, "share_not_found", "File is not shared with this user",
                fr: "Le fichier n’est pas partagé avec cette personne")
        case .comment: Problem(404, "comment_not_found", "Comment not found", fr: "Commentaire introuvable")
        case .notification:
            Problem(404, "notification_not_found", "Notification not found", fr: "Notification introuvable")
        case .link:
            Problem(
                404, "link_not_found", "This link does not exist or is no longer valid",
                fr: "Ce lien n’existe pas ou n’est plus valable")
        }
    }

    private static func cannotShare(_ refusal: VaultError.ShareRefusal) -> Problem {
        switch refusal {
        case .withOneself:
            Problem(
                400, "share_with_oneself", "You cannot share a file with yourself",
                fr: "Vous ne pouvez pas partager un fichier avec vous-même", field: "email")
        case .withOwner:
            Problem(
                400, "share_with_owner", "This user already owns the file",
                fr: "Cette personne est déjà propriétaire du fichier", field: "email")
        case .root:
            Problem(
                400, "share_root", "My Drive itself cannot be shared, share a folder in it",
                fr: "Le drive lui-même ne se partage pas, partagez un de ses dossiers")
        case .alreadyShared:
            Problem(
                409, "already_shared", "File already shared with this user",
                fr: "Fichier déjà partagé avec cette personne", field: "email")
        case .tooManyPeople:
            Problem(
                409, "too_many_shares", "A file can be shared with at most \(Sharing.maximumPeople) people",
                fr: "Un fichier peut être partagé avec au plus \(Sharing.maximumPeople) personnes")
        }
    }

    private static func invalid(_ name: String, _ reason: VaultError.InvalidReason) -> Problem {
        switch reason {
        case .missing where registrationFields.contains(name), .empty where registrationFields.contains(name):
            var problem = Problem.missingFields
            problem.field = name
            return problem
        case .malformed where name == "email", .tooLong where name == "email": return .invalidEmail
        case .missing where name == "text", .empty where name == "text":
            return Problem(
                400, "comment_text_required", "Comment text is required", fr: "Le texte du commentaire est obligatoire",
                field: name)
        case .missing, .empty: return .field(name, must: "not be empty", fr: "ne doit pas être vide")
        case .tooLong(let maximum) where name == "name":
            return .field(name, must: "be at most \(maximum) bytes long", fr: "doit faire au plus \(maximum) octets")
        case .tooLong(let maximum):
            return .field(
                name, must: "be at most \(maximum) characters long", fr: "doit faire au plus \(maximum) caractères")
        case .tooShort(let minimum) where name == "password":
            return Problem(
                400, "password_too_short", "Password must be at least \(minimum) characters",
                fr: "Le mot de passe doit faire au moins \(minimum) caractères", field: name)
        case .tooShort(let minimum) where name == "new_password":
            return Problem(
                400, "password_too_short", "New password must be at least \(minimum) characters",
                fr: "Le nouveau mot de passe doit faire au moins \(minimum) caractères", field: name)
        case .tooShort(let minimum):
            return .field(
                name, must: "be at least \(minimum) characters long", fr: "doit faire au moins \(minimum) caractères")
        case .forbiddenCharacter:
            return .field(name, must: "not contain that character", fr: "contient un caractère interdit")
        case .malformed: return .field(name, must: "be well formed", fr: "n’est pas bien formé")
        case .notAFile:
            return Problem(400, "not_a_file", "This is not a file", fr: "Ce n’est pas un fichier", field: name)
        case .notAFolder:
            return Problem(400, "not_a_folder", "This is not a folder", fr: "Ce n’est pas un dossier", field: name)
        case .tooDeep:
            return .field(name, must: "not be that deep in the tree", fr: "est trop profond dans l’arborescence")
        case .inThePast: return .field(name, must: "be in the future", fr: "doit être dans le futur")
        case .unknownValue(let allowed):
            let values = allowed.joined(separator: ", ")
            return .field(name, must: "be one of: \(values)", fr: "doit être l’une de ces valeurs : \(values)")
        }
    }

    private static let registrationFields: Set<String> = ["first_name", "last_name", "email", "password"]
}
