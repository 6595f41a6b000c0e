import Crypto
import Database
import Journal

/// What a new account is made from, checked.
public struct Registration: Sendable {
    public let firstName: String
    public let lastName: String
    public let email: EmailAddress
    public let password: NewPassword
    public let role: Role
    public let title: String?

    /// - Throws: `VaultError.invalid` naming the field.
    public init(
        firstName: String, lastName: String, email: String, password: String, role: Role = .contributeur,
        title: String? = nil
    ) throws(VaultError) {
        self.firstName = try PersonText.name(firstName, field: "first_name")
        self.lastName = try PersonText.name(lastName, field: "last_name")
        self.email = try EmailAddress(email)
        self.password = try NewPassword(password)
        self.role = role
        self.title = try title.map { raw throws(VaultError) in try PersonText.name(raw, field: "title") }
    }
}

/// A password somebody chose: at least 8 characters (requirements/1), at most 1,024 bytes.
public struct NewPassword: Sendable {
    let text: String

    public init(_ text: String, field: String = "password") throws(VaultError) {
        guard text.utf8.count <= 1_024 else { throw .invalid(field: field, .tooLong(maximum: 1_024)) }
        guard text.count >= 8 else { throw .invalid(field: field, .tooShort(minimum: 8)) }
        // Composed, so that the same keys give the same bytes on every keyboard.
        self.text = CanonicalText.composed(text)
    }
}

/// Makes an account, its key, its space and the root folder of that space.
public struct RegisterAccount: Sendable {
    let core: VaultCore

    /// - Throws: `VaultError.emailTaken`.
    public func callAsFunction(
        _ registration: Registration, by actor: Principal? = nil, from origin: RequestOrigin
    ) async throws -> Account {
        let hash = try await core.passwords.hash(registration.password.text)
        return try await core.database.write { transaction in
            let tag = core.keyring.emailTag(registration.email)
            if try transaction.exists("SELECT 1 FROM accounts WHERE email_tag = \(tag)") { throw VaultError.emailTaken }
            let id: AccountID = core.ids.next()
            let space: SpaceID = core.ids.next()
            let key = try core.keyring.create(.account, owner: id.value, space: space, in: transaction)
            let profile = AccountProfile(
                email: registration.email, firstName: registration.firstName, lastName: registration.lastName, bio: nil,
                title: registration.title, phone: nil, avatarURL: nil)
            let now = transaction.now
            try transaction.run(
                """
                INSERT INTO accounts (id, email_tag, sealed_profile, sealed_password, role, space_id, created_at, updated_at)
                VALUES (\(id), \(tag), \(profile.sealed(under: key, account: id)),
                        \(key.seal(Array(hash.utf8), context: AccountStore.passwordContext(id))), \(registration.role.rawValue),
                        \(space), \(now), \(now))
                """)
            try core.createSpace(space, kind: "user", owner: id, in: transaction)
            let details = AuditDetails(json: "{\"role\":\"\(registration.role.rawValue)\"}")
            if let actor {
                try core.audit.record(
                    .accountCreated, on: .account(id), by: actor, details: details, key: key, in: transaction)
            } else {
                try core.audit.record(
                    .accountRegistered, on: .account(id), actor: origin == .local ? .system : .user,
                    actorID: origin == .local ? nil : id.value, origin: origin, details: details, key: key,
                    in: transaction)
            }
            return Account(
                id: id, profile: profile, role: registration.role, status: .active, company: nil,
                twoFactorEnabled: false,
                space: space, createdAt: now, updatedAt: now)
        }
    }
}

extension VaultCore {
    /// A space and its root folder, which share one identity.
    func createSpace(
        _ space: SpaceID, kind: String, owner: AccountID, in transaction: borrowing Transaction
    ) throws {
        try transaction.run(
            "INSERT INTO spaces (id, kind, owner_id, created_at) VALUES (\(space), \(kind), \(owner), \(transaction.now))"
        )
        let root = NodeID(space.value)
        let key = try keyring.create(.node, owner: root.value, space: space, in: transaction)
        let meta = NodeMeta(name: NodeName(trusted: "My Drive"), mediaType: nil).sealed(under: key, node: root)
        try transaction.run(
            """
            INSERT INTO nodes (id, space_id, parent_id, kind, state, name_tag, sealed_meta, revision, head_number, size, category,
                               created_by, created_at, updated_at)
            VALUES (\(root), \(space), NULL, \(NodeKind.folder.rawValue), 0, NULL, \(meta), 1, 0, 0, \(FileCategory.other.rawValue),
                    \(owner), \(transaction.now), \(transaction.now))
            """)
        try NodeWrites.appendHistory(
            root, space: space, parent: nil, kind: .folder, state: .live, sealedMeta: meta, head: 0, size: 0, by: owner,
            in: transaction)
    }
}
