import Crypto
import HTTP
import Media
import Vault

/// How the signed-in person proves who they are (requirements/1, "password/change", "2fa/toggle").
struct DriveSecrets: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/user/password/change", Self.passwordInfo, changePassword)
        table.signedIn(.post, "/api/user/2fa/toggle", Self.twoFactorInfo, toggleTwoFactor)
    }

    // MARK: POST /api/user/password/change

    @Sendable func changePassword(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        try await vault.changePassword(
            current: try body.required("current_password"), new: try body.required("new_password"), as: principal)
        return .message("Password changed successfully")
    }

    // MARK: POST /api/user/2fa/toggle

    @Sendable func toggleTwoFactor(_ request: Request, _ principal: Principal) async throws -> Response {
        var code: String?
        if let body = try await request.optionalJSONObject() { code = try body.optionalString("code") }
        switch try await vault.twoFactor.toggle(code: code, as: principal) {
        case .enabled: return Self.toggled(true, "2FA enabled")
        case .disabled: return Self.toggled(false, "2FA disabled")
        case .prepared(let setUp): return try Self.prepared(setUp)
        }
    }

    private static func toggled(_ isEnabled: Bool, _ message: String) -> Response {
        .json { json in
            json.object { json in
                json.field("two_factor_enabled", isEnabled)
                json.field("message", message)
            }
        }
    }

    /// Secrets in an answer: no cache may keep it.
    private static func prepared(_ setUp: TwoFactorSetUp) throws -> Response {
        let picture = try QRCode(setUp.provisioningURI).png()
        return Response.json { json in
            json.object { json in
                json.field("two_factor_enabled", false)
                json.field("message", "Scan the code with your authenticator, then confirm with what it shows")
                json.object("setup") { json in
                    json.field("otpauth_uri", setUp.provisioningURI)
                    json.field("secret", setUp.secret)
                    json.field("qr_png", "data:image/png;base64," + Base64.encode(picture))
                    json.array("recovery_codes", setUp.recoveryCodes) { json, code in json.value(code) }
                }
            }
        }.with("Cache-Control", "no-store")
    }
}

// MARK: Descriptions

extension DriveSecrets {
    private static let passwordInfo = RouteInfo.drive(
        "Change the password; every other session ends", body: .json, events: [.passwordChanged, .signInLimited],
        requests: [
            .json(
                .required("current_password", .string(format: "password")),
                .required("new_password", .string(format: "password"), "At least 8 characters"))
        ],
        ResponseDescription(200, "Changed", .message), .error(400, "New password must be at least 8 characters"),
        .error(401, "Current password is incorrect"), .error(429, "Too many wrong passwords"))

    private static let twoFactorInfo = RouteInfo.drive(
        "Turn the second factor on or off: without a code it begins the set-up, with one it confirms or ends it",
        body: .json,
        events: [.twoFactorPrepared, .twoFactorEnabled, .twoFactorDisabled, .recoveryCodeUsed, .signInLimited],
        requests: [.json(.optional("code", .string(), "From the authenticator; a recovery code ends it, too"))],
        ResponseDescription(
            200, "What is on now",
            .object([
                .required("two_factor_enabled", .boolean), .required("message", .string()),
                .optional(
                    "setup",
                    .object([
                        .required("otpauth_uri", .string(format: "uri")), .required("secret", .string(), "Base 32"),
                        .required("qr_png", .string(), "A data: URL"),
                        .required("recovery_codes", .array(.string()), "Shown once; each works once"),
                    ]), "Of a set-up that waits for its first code"),
            ])),
        .error(400, "A code is required, or it is not right"), .error(409, "No set-up was begun"),
        .error(429, "Too many wrong codes"))
}
