import Database

/// How the web client looks for one person (requirements/1, UserSettings).
public struct Appearance: Sendable, Equatable {
    public enum Theme: String, Sendable, CaseIterable { case dark, light, midnight, nord, sunset, system }
    public enum FontSize: String, Sendable, CaseIterable { case small, medium, large }
    public enum SidebarPosition: String, Sendable, CaseIterable { case left, right }

    public var theme = Theme.dark
    public var fontSize = FontSize.medium
    public var compactMode = false
    public var sidebarPosition = SidebarPosition.left

    public init() {}
}

/// What to change; `nil` leaves a setting as it is.
public struct AppearanceChange: Sendable {
    public var theme: Appearance.Theme?
    public var fontSize: Appearance.FontSize?
    public var compactMode: Bool?
    public var sidebarPosition: Appearance.SidebarPosition?

    public init(
        theme: Appearance.Theme? = nil, fontSize: Appearance.FontSize? = nil, compactMode: Bool? = nil,
        sidebarPosition: Appearance.SidebarPosition? = nil
    ) {
        self.theme = theme
        self.fontSize = fontSize
        self.compactMode = compactMode
        self.sidebarPosition = sidebarPosition
    }
}

/// Reads and changes the caller's preferences. Who never changed any has the defaults, and no row.
public struct Preferences: Sendable {
    let core: VaultCore

    public func appearance(of principal: Principal) async throws -> Appearance {
        try await core.database.read { snapshot in try Self.appearance(of: principal.account, in: snapshot) }
    }

    /// Each setting that really changes has its event.
    public func change(_ change: AppearanceChange, as principal: Principal) async throws -> Appearance {
        try await core.database.write { transaction in
            let id = principal.account
            let old = try Self.appearance(of: id, in: transaction)
            var new = old
            new.theme = change.theme ?? old.theme
            new.fontSize = change.fontSize ?? old.fontSize
            new.compactMode = change.compactMode ?? old.compactMode
            new.sidebarPosition = change.sidebarPosition ?? old.sidebarPosition
            guard new != old else { return old }
            try transaction.run(
                """
                INSERT INTO account_settings (account_id, theme, font_size, compact_mode, sidebar_position, updated_at)
                VALUES (\(id), \(new.theme.rawValue), \(new.fontSize.rawValue), \(new.compactMode ? 1 : 0),
                        \(new.sidebarPosition.rawValue), \(transaction.now))
                ON CONFLICT (account_id) DO UPDATE
                SET theme = excluded.theme, font_size = excluded.font_size, compact_mode = excluded.compact_mode,
                    sidebar_position = excluded.sidebar_position, updated_at = excluded.updated_at
                """)
            let key = try core.keyring.accountKey(id, in: transaction)
            for (setting, value) in Self.differences(old, new) {
                try core.audit.record(
                    .settingsUpdated, on: .account(id), by: principal,
                    details: AuditDetails(json: "{\"setting\":\"\(setting)\",\"value\":\(value)}"), key: key,
                    in: transaction)
            }
            return new
        }
    }

    private static func appearance(
        of account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Appearance {
        try reading.first(
            """
            SELECT theme, font_size, compact_mode, sidebar_position FROM account_settings WHERE account_id = \(account)
            """
        ) { row in
            var appearance = Appearance()
            appearance.theme = Appearance.Theme(rawValue: row.text(0)) ?? appearance.theme
            appearance.fontSize = Appearance.FontSize(rawValue: row.text(1)) ?? appearance.fontSize
            appearance.compactMode = row.bool(2)
            appearance.sidebarPosition =
                Appearance.SidebarPosition(rawValue: row.text(3)) ?? appearance.sidebarPosition
            return appearance
        } ?? Appearance()
    }

    private static func differences(_ old: Appearance, _ new: Appearance) -> [(setting: String, value: String)] {
        var changed: [(String, String)] = []
        if old.theme != new.theme { changed.append(("theme", "\"\(new.theme.rawValue)\"")) }
        if old.fontSize != new.fontSize { changed.append(("font_size", "\"\(new.fontSize.rawValue)\"")) }
        if old.compactMode != new.compactMode { changed.append(("compact_mode", "\(new.compactMode)")) }
        if old.sidebarPosition != new.sidebarPosition {
            changed.append(("sidebar_position", "\"\(new.sidebarPosition.rawValue)\""))
        }
        return changed
    }
}
