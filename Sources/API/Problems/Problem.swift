public import HTTP

/// A refusal as a client gets it: status, stable code, one sentence. Families only spell it.
///
/// English sentences that the requirement documents give are theirs word for word.
public struct Problem: Error, Sendable, Equatable {
    /// 400…599.
    public let status: Int
    /// Stable, in snake case.
    public let code: String
    public let message: Bilingual
    /// The one field that is wrong.
    public var field: String?
    /// Seconds after which trying again makes sense.
    public var retryAfter: Int?
    /// Methods the path has, for 405.
    public var allow: String?

    public init(
        _ status: Int, _ code: String, _ english: String, fr french: String, field: String? = nil,
        retryAfter: Int? = nil
    ) {
        self.status = status
        self.code = code
        message = Bilingual(english, fr: french)
        self.field = field
        self.retryAfter = retryAfter
    }

    /// `{"error": message, "code": code}`, with `"field"` where one field is wrong.
    public func response(in language: Language) -> Response {
        var response = Response.json(status) { json in
            json.object { json in self.write(to: &json, in: language) }
        }
        response.headers.append("Content-Language", language.rawValue)
        if let allow { response.headers.append("Allow", allow) }
        if let retryAfter { response.headers.append("Retry-After", String(retryAfter)) }
        if status == 401 { response.headers.append("WWW-Authenticate", "Bearer") }
        return response
    }

    /// The members alone, for answers that carry more beside them.
    func write(to json: inout JSONWriter, in language: Language) {
        json.field("error", message.text(language))
        json.field("code", code)
        if let field { json.field("field", field) }
    }
}

extension Request {
    /// The language of this request's messages.
    var language: Language { Language(accepting: headers.first("Accept-Language")) }
}

// MARK: Refusals of routes, not of the core

extension Problem {
    static let missingFields = Problem(
        400, "missing_fields", "Missing required fields", fr: "Champs obligatoires manquants")
    static let invalidEmail = Problem(
        400, "invalid_email", "Invalid email format", fr: "Format d’adresse e-mail invalide", field: "email")
    static let noFile = Problem(400, "no_file", "No file provided", fr: "Aucun fichier fourni", field: "file")
    static let emailInUse = Problem(
        409, "email_taken", "Email already in use", fr: "Adresse e-mail déjà utilisée", field: "email")
    static let wrongSignInCode = Problem(
        401, "wrong_code", "The code is not right, or was used already", fr: "Le code n’est pas bon, ou a déjà servi",
        field: "code")
    static let originRefused = Problem(
        403, "origin_refused", "A request by cookie must come from this site",
        fr: "Une requête par cookie doit venir de ce site")
    static let restoredToRoot = Problem(
        409, "restored_to_root", "Original location no longer exists. File restored to root.",
        fr: "L’emplacement d’origine n’existe plus. Fichier restauré à la racine.")
    static let digestMismatch = Problem(
        400, "digest_mismatch", "The content does not have the digest that was sent with it",
        fr: "Le contenu ne correspond pas à l’empreinte envoyée avec lui")
    static let fieldsAfterFile = Problem(
        400, "fields_after_file",
        "For a file of this size, send parent_id and the other fields before the file or in the query",
        fr: "Pour un fichier de cette taille, envoyez parent_id et les autres champs avant le fichier ou dans l’URL",
        field: "parent_id")
    static let rangeNotSatisfiable = Problem(
        416, "range_not_satisfiable", "The file does not have that range", fr: "Le fichier n’a pas cette plage")
    static let invalidCursor = Problem(
        400, "invalid_field", "cursor must be a value from an earlier answer",
        fr: "cursor doit venir d’une réponse précédente", field: "cursor")

    /// What broke is in the operator's log under the request's id, and nowhere else.
    static func unforeseen(requestID: String) -> Problem {
        Problem(
            500, "internal", "Internal server error (request \(requestID))",
            fr: "Erreur interne du serveur (requête \(requestID))")
    }

    /// A field that cannot be accepted.
    static func field(_ name: String, must english: String, fr french: String) -> Problem {
        Problem(400, "invalid_field", "\(name) must \(english)", fr: "\(name) \(french)", field: name)
    }
}
