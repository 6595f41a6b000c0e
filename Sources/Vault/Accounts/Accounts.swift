import Crypto
import Database

/// Fields of a profile to change; `nil` leaves a field as it is.
public struct ProfileChange: Sendable {
    public var firstName: String?
    public var lastName: String?
    public var email: String?
    public var bio: String?
    public var title: String?

    public init(
        firstName: String? = nil, lastName: String? = nil, email: String? = nil, bio: String? = nil,
        title: String? = nil
    ) {
        self.firstName = firstName
        self.lastName = lastName
        self.email = email
        self.bio = bio
        self.title = title
    }
}

/// Reads and changes accounts.
public struct Accounts: Sendable {
    let core: VaultCore

    public func own(_ principal: Principal) async throws -> Account {
        try await core.database.read { snapshot in
            try AccountStore.account(principal.account, keyring: core.keyring, in: snapshot)
        }
    }

    public func usage(of principal: Principal) async throws -> Usage {
        try await core.database.read { snapshot in try core.usage.usage(of: principal.space, in: snapshot) }
    }

    /// Profile and usage of one moment.
    public func profile(of principal: Principal) async throws -> (account: Account, usage: Usage) {
        try await core.database.read { snapshot in
            (
                try AccountStore.account(principal.account, keyring: core.keyring, in: snapshot),
                try core.usage.usage(of: principal.space, in: snapshot)
            )
        }
    }

    /// - Throws: `VaultError.emailTaken`, `.invalid` naming the field.
    public func update(_ change: ProfileChange, as principal: Principal) async throws -> Account {
        let firstName = try change.firstName.map { raw throws(VaultError) in
            try PersonText.name(raw, field: "first_name")
        }
        let lastName = try change.lastName.map { raw throws(VaultError) in try PersonText.name(raw, field: "last_name")
        }
        let email = try change.email.map { raw throws(VaultError) in try EmailAddress(raw) }
        let bio = try change.bio.map { raw throws(VaultError) in
            try PersonText.paragraph(raw, field: "bio", maximum: 2_000)
        }
        let title = try change.title.map { raw throws(VaultError) in
            try PersonText.paragraph(raw, field: "title", maximum: 50)
        }
        return try await core.database.write { transaction in
            let id = principal.account
            let key = try core.keyring.accountKey(id, in: transaction)
            let old = try AccountStore.record(id, in: transaction).opened(under: key)
            var profile = old.profile
            var changed: [String] = []
            if let firstName, firstName != profile.firstName {
                (profile.firstName, changed) = (firstName, changed + ["first_name"])
            }
            if let lastName, lastName != profile.lastName {
                (profile.lastName, changed) = (lastName, changed + ["last_name"])
            }
            if let bio, bio != profile.bio ?? "" { (profile.bio, changed) = (bio, changed + ["bio"]) }
            if let title, title != profile.title ?? "" { (profile.title, changed) = (title, changed + ["title"]) }
            if let email, email != profile.email {
                let tag = core.keyring.emailTag(email)
                let taken = try transaction.exists("SELECT 1 FROM accounts WHERE email_tag = \(tag) AND id <> \(id)")
                if taken { throw VaultError.emailTaken }
                try transaction.run("UPDATE accounts SET email_tag = \(tag) WHERE id = \(id)")
                (profile.email, changed) = (email, changed + ["email"])
            }
            guard !changed.isEmpty else { return old }
            // A row's time names its state, so it must move even within one millisecond.
            let now = max(transaction.now, Timestamp(milliseconds: old.updatedAt.milliseconds + 1))
            try transaction.run(
                "UPDATE accounts SET sealed_profile = \(profile.sealed(under: key, account: id)), updated_at = \(now) WHERE id = \(id)"
            )
            let fields = changed.map(JSONText.quoted).joined(separator: ",")
            try core.audit.record(
                .settingsUpdated, on: .account(id), by: principal,
                details: AuditDetails(json: "{\"setting\":\"profile\",\"fields\":[\(fields)]}"), key: key,
                in: transaction)
            return Account(
                id: id, profile: profile, role: old.role, status: old.status, company: old.company,
                twoFactorEnabled: old.twoFactorEnabled, space: old.space, createdAt: old.createdAt, updatedAt: now)
        }
    }

    /// All accounts, oldest first, those after `cursor`. Journalled.
    /// - Throws: `VaultError.roleForbids` for anyone but an administrator.
    public func list(
        after cursor: AccountID?, limit: Int, as principal: Principal
    ) async throws -> (accounts: [Account], next: AccountID?) {
        try principal.require(.manageAccounts)
        let page = try await core.database.read { snapshot in
            let records = try snapshot.all(
                """
                SELECT \(AccountStore.columns) FROM accounts
                WHERE status <> 'erased' AND id > \(cursor ?? AccountID(0)) ORDER BY id LIMIT \(limit + 1)
                """
            ) { AccountStore.Record($0) }
            let page = try records.prefix(limit).map { record in
                try record.opened(under: try core.keyring.accountKey(record.id, in: snapshot))
            }
            return (accounts: page, next: records.count > limit ? page.last?.id : nil)
        }
        // Names and addresses of everybody: who looked at them is told before they are.
        try await core.database.write { transaction in
            try core.audit.record(
                .usersRead, on: .system, by: principal, plain: Array("{\"count\":\(page.accounts.count)}".utf8),
                in: transaction)
        }
        return page
    }

    /// Changes the role or status of an account, as an administrator.
    /// - Throws: `VaultError.lastAdministrator` when nobody could administer the vault afterwards.
    public func administer(
        _ id: AccountID, role: Role?, status: AccountStatus?, as principal: Principal
    ) async throws -> Account {
        try principal.require(.manageAccounts)
        let account = try await core.database.write { transaction in
            let key: SealingKey
            let old: Account
            do {
                key = try core.keyring.accountKey(id, in: transaction)
                old = try AccountStore.record(id, in: transaction).opened(under: key)
            }
            if try ErasureStore.isAsked(id, in: transaction) { throw VaultError.erasure(.underWay) }
            let newRole = role ?? old.role
            let newStatus = status ?? old.status
            guard newRole != old.role || newStatus != old.status else { return old }
            if old.role == .admin, old.status == .active, newRole != .admin || newStatus != .active {
                let others = try transaction.exists(
                    "SELECT 1 FROM accounts WHERE role = 'admin' AND status = 'active' AND id <> \(id)")
                guard others else { throw VaultError.lastAdministrator }
            }
            let now = max(transaction.now, Timestamp(milliseconds: old.updatedAt.milliseconds + 1))
            try transaction.run(
                "UPDATE accounts SET role = \(newRole.rawValue), status = \(newStatus.rawValue), updated_at = \(now) WHERE id = \(id)"
            )
            if newStatus != .active {
                try transaction.run(
                    "UPDATE sessions SET revoked_at = \(now) WHERE account_id = \(id) AND revoked_at IS NULL")
            }
            try core.audit.record(
                .roleChanged, on: .account(id), by: principal,
                details: AuditDetails(
                    json:
                        "{\"from\":\"\(old.role.rawValue)\",\"to\":\"\(newRole.rawValue)\",\"status\":\"\(newStatus.rawValue)\"}"
                ),
                key: key, in: transaction)
            return Account(
                id: id, profile: old.profile, role: newRole, status: newStatus, company: old.company,
                twoFactorEnabled: old.twoFactorEnabled, space: old.space, createdAt: old.createdAt, updatedAt: now)
        }
        core.sessions.forget(account: id)
        return account
    }

    /// Number of accounts that can administer the vault; `serve` greets an empty vault with what to do next.
    public func administratorCount() async throws -> Int {
        try await core.database.read { snapshot in
            try snapshot.first(
                "SELECT COUNT(*) FROM accounts WHERE role = 'admin' AND status = 'active'", { $0.int(0) }) ?? 0
        }
    }
}
