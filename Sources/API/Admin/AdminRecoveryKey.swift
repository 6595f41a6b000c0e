import Backup
import Crypto
import HTTP
import Vault

/// The recovery key that key bundles are sealed to: its public half alone. The secret half never comes near the server.
struct AdminRecoveryKey: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/admin/keys/recovery", Self.statusInfo, status)
        table.signedIn(.put, "/api/admin/keys/recovery", Self.setInfo, set)
    }

    // MARK: GET /api/admin/keys/recovery

    @Sendable func status(_ request: Request, _ principal: Principal) async throws -> Response {
        let status = try await RecoveryKeys(vault).status(as: principal)
        return .json { json in
            json.object { json in
                json.key("recovery_key")
                if let key = status.key { json.recoveryKey(key) } else { json.null() }
                json.key("key_bundle")
                if let bundle = status.bundle {
                    json.object { json in
                        json.field("name", bundle.name)
                        json.field("fingerprint", bundle.recipient.fingerprint)
                        json.field("keys", bundle.keys)
                        json.field("size", bundle.size)
                        json.field("sha256", Hex.encode(bundle.sha256))
                        json.field("made_at", bundle.madeAt)
                    }
                } else {
                    json.null()
                }
                json.field("warning", status.warning)
            }
        }
    }

    // MARK: PUT /api/admin/keys/recovery

    @Sendable func set(_ request: Request, _ principal: Principal) async throws -> Response {
        try principal.require(.manageKeys)
        guard let text = try await request.optionalJSONObject()?.optionalString("public_key") else {
            throw VaultError.invalid(field: "public_key", .missing)
        }
        guard let key = RecoveryPublicKey(parsing: text) else {
            throw VaultError.invalid(field: "public_key", .malformed)
        }
        let record = try await RecoveryKeys(vault).set(key, as: principal)
        return .json { json in json.recoveryKey(record) }
    }
}

extension RecoveryKeys.Status {
    /// What is missing for the day when the machine is gone.
    fileprivate var warning: String? {
        guard let key else {
            return
                "No recovery key is set: without the key directory no archive opens again. / Aucune clé de secours : sans le "
                + "répertoire des clés, aucune archive ne s’ouvrira."
        }
        guard bundle?.recipient == key.key else {
            return
                "No key bundle is sealed to this recovery key yet. / Aucun trousseau n’est encore scellé pour cette clé de secours."
        }
        return nil
    }
}

extension JSONWriter {
    fileprivate mutating func recoveryKey(_ record: RecoveryKeyRecord) {
        object { json in
            json.field("public_key", record.key.text)
            json.field("fingerprint", record.key.fingerprint)
            json.field("set_by", record.setBy?.description)
            json.field("set_at", record.setAt)
        }
    }
}

// MARK: Descriptions

extension AdminRecoveryKey {
    private static let keySchema = Schema.object([
        .required("public_key", .string(), "`CSVAULT-RECOVERY-PUBLIC-…`"),
        .required("fingerprint", .string(), "To compare with what `cloudspace keys recovery-key` printed"),
        .required("set_by", .nullable(.uuid), "Null when it was set at the terminal"), .required("set_at", .time),
    ])

    private static let statusInfo = RouteInfo.admin(
        "The recovery key's public half and the last key bundle; never a secret",
        ResponseDescription(
            200, "The recovery key",
            .object([
                .required("recovery_key", .nullable(keySchema)),
                .required(
                    "key_bundle",
                    .nullable(
                        .object([
                            .required("name", .string()), .required("fingerprint", .string()),
                            .required("keys", .integer), .required("size", .integer), .required("sha256", .string()),
                            .required("made_at", .time),
                        ]))),
                .required("warning", .nullable(.string()), "What is missing for a disaster"),
            ])))

    private static let setInfo = RouteInfo.admin(
        "Seal key bundles to this recovery key from now on; the next bundle is made within a minute", body: .json,
        events: [.recoveryKeyChanged],
        requests: [
            .json(
                .required(
                    "public_key", .string(),
                    "The public half; make the pair with `cloudspace keys recovery-key create` on another machine"))
        ],
        ResponseDescription(200, "It is set", keySchema))
}
