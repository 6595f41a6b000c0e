import Crypto
import HTTP
import Vault

/// How a file is sealed (requirements/2, step 3), in the French of its document.
struct SecurityEncryption: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/fichiers/{id}/chiffrement", Self.info, describe)
    }

    // MARK: GET /api/fichiers/{id}/chiffrement

    @Sendable func describe(_ request: Request, _ principal: Principal) async throws -> Response {
        let wantsVersions = request.query.first("versions") == "true"
        let limit = try request.limit(default: 100, maximum: DescribeEncryption.maximumLimit)
        let before = try request.query.integer("curseur", in: 1...Int64(Int32.max)).map(Int.init)
        let chain = try await vault.describeEncryption(
            try request.nodeID(), versions: wantsVersions ? limit : 0, before: before, as: principal)
        return .json { json in
            json.object { json in
                json.field("id", chain.node.description)
                json.field("nom", chain.name.text)
                json.object("contenu") { json in
                    json.content(chain.content)
                    json.field("format", "C2SP chunked-encryption v1")
                    json.field("taille_bloc", 16_384)
                    json.field("derivation", "HKDF-Expand-SHA-256")
                }
                json.object("cle_de_donnees") { json in
                    json.field("protegee_par", "cle_de_fichier")
                    json.wrapping()
                }
                json.object("cle_de_fichier") { json in
                    json.field("protegee_par", "cle_maitre")
                    json.wrapping()
                    json.field("generation", chain.generation)
                    json.field("date_creation", chain.keyCreatedAt)
                    json.field("dernier_rechiffrement", chain.rewrappedAt)
                }
                json.object("cle_maitre") { json in
                    json.field("generation", chain.generation)
                    json.field("generation_active", chain.activeGeneration)
                    json.field("fournisseur", chain.provider)
                    json.field("derivation", "HKDF-Expand-SHA-256")
                }
                json.object("metadonnees") { json in
                    json.field("protegee_par", "cle_de_fichier")
                    json.field("algorithme", "XChaCha20-Poly1305")
                }
                guard wantsVersions else { return }
                json.array("versions", chain.versions) { json, content in
                    json.object { json in json.content(content) }
                }
                json.field("curseur", chain.next.map(Int64.init))
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func content(_ content: EncryptionChain.Content) {
        field("version_number", content.version)
        field("algorithme", content.suite.documentedName)
        field("taille", content.plainSize)
        field("taille_chiffree", content.sealedSize)
        field("emplacement", content.isInDatabase ? "base" : "depot")
        field("date_chiffrement", content.sealedAt)
    }

    fileprivate mutating func wrapping() {
        field("algorithme", "XChaCha20-Poly1305")
        field("bits", 256)
        field("format", 1)
    }
}

extension StreamSuite {
    fileprivate var documentedName: String {
        switch self {
        case .aes256GCM: "AES-256-GCM"
        case .xchacha20Poly1305: "XChaCha20-Poly1305"
        }
    }
}

// MARK: Descriptions

extension SecurityEncryption {
    private static let contentFields: [Schema.Property] = [
        .required("version_number", .integer),
        .required("algorithme", .choice(["AES-256-GCM", "XChaCha20-Poly1305"]), "How the content is sealed"),
        .required("taille", .integer, "Bytes"), .required("taille_chiffree", .integer, "Bytes"),
        .required("emplacement", .choice(["base", "depot"]), "In the database, or in the blob store"),
        .required("date_chiffrement", .time),
    ]

    private static let wrapping: [Schema.Property] = [
        .required("protegee_par", .string(), "The next key of the chain"),
        .required("algorithme", .string(), "How it is wrapped"), .required("bits", .integer),
        .required("format", .integer, "docs/formats/wrapped-keys.md"),
    ]

    private static let info = RouteInfo.security(
        "How a file is sealed, from its content up to the master key; never key material", events: [.encryptionRead],
        parameters: [
            QueryParameter("versions", .choice(["true", "false"]), "`true` tells of every version, newest first"),
            QueryParameter("limit", .integer, "1 to 1,000 versions, default 100"),
            QueryParameter("curseur", .integer, "`curseur` of the page before"),
        ],
        ResponseDescription(
            200, "The chain",
            .object([
                .required("id", .uuid), .required("nom", .string()),
                .required(
                    "contenu",
                    .object(
                        contentFields + [
                            .required("format", .string()), .required("taille_bloc", .integer, "Bytes"),
                            .required("derivation", .string()),
                        ])),
                .required("cle_de_donnees", .object(wrapping)),
                .required(
                    "cle_de_fichier",
                    .object(
                        wrapping + [
                            .required("generation", .integer), .required("date_creation", .time),
                            .required("dernier_rechiffrement", .nullable(.time), "When it was last wrapped anew"),
                        ])),
                .required(
                    "cle_maitre",
                    .object([
                        .required("generation", .integer), .required("generation_active", .integer),
                        .required("fournisseur", .nullable(.string()), "What unlocks the master keys"),
                        .required("derivation", .string()),
                    ])),
                .required(
                    "metadonnees",
                    .object([.required("protegee_par", .string()), .required("algorithme", .string())])),
                .optional("versions", .array(.object(contentFields))), .optional("curseur", .nullable(.integer)),
            ])),
        .error(403, "Access denied"), .error(404, "File not found"))
}
