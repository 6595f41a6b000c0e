import HTTP
import Vault

/// How the web client looks for the signed-in person (requirements/1, "Préférences d'apparence").
struct DriveSettings: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/settings/appearance", Self.readInfo, read)
        table.signedIn(.put, "/api/settings/appearance", Self.changeInfo, change)
    }

    // MARK: GET /api/settings/appearance

    @Sendable func read(_ request: Request, _ principal: Principal) async throws -> Response {
        Self.response(try await vault.preferences.appearance(of: principal))
    }

    // MARK: PUT /api/settings/appearance

    @Sendable func change(_ request: Request, _ principal: Principal) async throws -> Response {
        let body = try await request.jsonObject()
        let change = AppearanceChange(
            theme: try body.choice("theme"), fontSize: try body.choice("font_size"),
            compactMode: try body.optionalBoolean("compact_mode"),
            sidebarPosition: try body.choice("sidebar_position"))
        return Self.response(try await vault.preferences.change(change, as: principal))
    }

    private static func response(_ appearance: Appearance) -> Response {
        .json { json in
            json.object { json in
                json.field("theme", appearance.theme.rawValue)
                json.field("font_size", appearance.fontSize.rawValue)
                json.field("compact_mode", appearance.compactMode)
                json.field("sidebar_position", appearance.sidebarPosition.rawValue)
            }
        }
    }
}

extension JSONValue {
    /// A member that is one of the raw values of an enum; nil when it is absent or null.
    fileprivate func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String
    ) throws -> Choice? where Choice.RawValue == String {
        try optionalString(name).map { text in try Choices.parse(text, field: name) }
    }
}

// MARK: Descriptions

extension DriveSettings {
    private static let schema = Schema.object([
        .required("theme", .choice(Appearance.Theme.allCases.map(\.rawValue))),
        .required("font_size", .choice(Appearance.FontSize.allCases.map(\.rawValue))),
        .required("compact_mode", .boolean),
        .required("sidebar_position", .choice(Appearance.SidebarPosition.allCases.map(\.rawValue))),
    ])

    private static let readInfo = RouteInfo.drive(
        "How the client looks for the caller", ResponseDescription(200, "The settings", schema))

    private static let changeInfo = RouteInfo.drive(
        "Change how the client looks; what is left out stays", body: .json, events: [.settingsUpdated],
        requests: [
            .json(
                .optional("theme", .choice(Appearance.Theme.allCases.map(\.rawValue))),
                .optional("font_size", .choice(Appearance.FontSize.allCases.map(\.rawValue))),
                .optional("compact_mode", .boolean),
                .optional("sidebar_position", .choice(Appearance.SidebarPosition.allCases.map(\.rawValue))))
        ],
        ResponseDescription(200, "The settings", schema))
}
