import Crypto
import Database

/// Gives other people access to files and folders, and takes it back (requirements/1, "Partage").
///
/// What is given on a folder holds for all below it; only who owns the node gives. A lock of somebody else does not stand
/// in the way: sharing changes nothing of the file.
public struct Sharing: Sendable {
    let core: VaultCore

    /// People one node may be shared with directly.
    public static let maximumPeople = 1_000

    /// - Throws: `VaultError.notFound(.account)` for an address nobody active has; `.cannotShare`.
    public func share(
        _ id: NodeID, with email: EmailAddress, permission: Permission, as principal: Principal
    ) async throws -> (person: Person, permission: Permission) {
        try await core.database.write { transaction in
            let access = try own(id, principal, in: transaction)
            let record = access.record
            let tag = core.keyring.emailTag(email)
            let found = try transaction.first(
                "SELECT id FROM accounts WHERE email_tag = \(tag) AND status = 'active'", { $0.id(0) as AccountID })
            guard let recipient = found else { throw VaultError.notFound(.account) }
            guard recipient != principal.account else { throw VaultError.cannotShare(.withOneself) }
            guard try core.grants.ownerOfSpace(record.space, in: transaction) != recipient else {
                throw VaultError.cannotShare(.withOwner)
            }
            let people = try transaction.first("SELECT COUNT(*) FROM grants WHERE node_id = \(id)") { $0.int(0) } ?? 0
            let added = try transaction.run(
                """
                INSERT INTO grants (node_id, grantee_id, permission, granted_by, created_at)
                VALUES (\(id), \(recipient), \(permission.rawValue), \(principal.account), \(transaction.now))
                ON CONFLICT (node_id, grantee_id) DO NOTHING
                """)
            guard added == 1 else { throw VaultError.cannotShare(.alreadyShared) }
            guard people < Self.maximumPeople else { throw VaultError.cannotShare(.tooManyPeople) }
            try note(
                .fileShared, access, json: "{\"shared_with\":\"\(recipient)\",\"permission\":\"\(permission.word)\"}",
                in: transaction)
            try core.notices.post(.share, to: recipient, by: principal.account, about: id, in: transaction)
            return (try core.people.card(recipient, in: transaction), permission)
        }
    }

    /// Gives somebody who has access another permission.
    /// - Throws: `VaultError.notFound(.share)` when nothing was given to them on this very node.
    public func change(
        _ id: NodeID, for person: AccountID, to permission: Permission, as principal: Principal
    ) async throws -> Person {
        try await core.database.write { transaction in
            let access = try own(id, principal, in: transaction)
            let old = try direct(id, person, in: transaction)
            let card = try core.people.card(person, in: transaction)
            guard old != permission else { return card }
            try transaction.run(
                "UPDATE grants SET permission = \(permission.rawValue) WHERE node_id = \(id) AND grantee_id = \(person)"
            )
            if permission < old {
                try core.grants.clearTraces(of: person, in: access.record.space, transaction)
            }
            try note(
                .shareChanged, access,
                json:
                    "{\"shared_with\":\"\(person)\",\"permission\":\"\(permission.word)\",\"previous\":\"\(old.word)\"}",
                in: transaction)
            return card
        }
    }

    /// Takes access back. Whoever has it may also give up their own.
    /// - Throws: `VaultError.notFound(.share)` when nothing was given to them on this very node.
    public func remove(_ id: NodeID, from person: AccountID, as principal: Principal) async throws {
        try await core.database.write { transaction in
            if person == principal.account {
                let access = try core.grants.require(Read.self, on: id, for: principal, in: transaction)
                try remove(access, from: person, in: transaction)
            } else {
                try remove(try own(id, principal, in: transaction), from: person, in: transaction)
            }
        }
    }

    private func remove<Kind: PermissionKind>(
        _ access: borrowing Access<Kind>, from person: AccountID, in transaction: borrowing Transaction
    ) throws {
        let id = access.record.id
        _ = try direct(id, person, in: transaction)
        try transaction.run("DELETE FROM grants WHERE node_id = \(id) AND grantee_id = \(person)")
        try core.grants.clearTraces(of: person, in: access.record.space, transaction)
        try note(.fileUnshared, access, json: "{\"unshared_from\":\"\(person)\"}", in: transaction)
    }

    private func own(
        _ id: NodeID, _ principal: Principal, in transaction: borrowing Transaction
    ) throws -> Access<Own> {
        let access = try core.grants.require(Own.self, on: id, for: principal, lock: .ignored, in: transaction)
        guard access.record.parent != nil else { throw VaultError.cannotShare(.root) }
        return access
    }

    private func direct(
        _ id: NodeID, _ person: AccountID, in transaction: borrowing Transaction
    ) throws -> Permission {
        let held = try transaction.first(
            "SELECT permission FROM grants WHERE node_id = \(id) AND grantee_id = \(person)", { $0.integer(0) })
        guard let held, let permission = Permission(rawValue: held) else { throw VaultError.notFound(.share) }
        return permission
    }

    private func note<Kind: PermissionKind>(
        _ action: AuditAction, _ access: borrowing Access<Kind>, json: String, in transaction: borrowing Transaction
    ) throws {
        let record = access.record
        let meta = try NodeMeta.opened(record.sealedMeta, under: access.key, node: record.id)
        try core.audit.record(
            action, on: .node(record.id, kind: record.kind, space: record.space), by: access.principal,
            details: AuditDetails(name: meta.name.text, json: json), key: access.key, in: transaction)
    }
}

extension Permission {
    /// The word of requirements/1, SharedFile.
    public var word: String {
        switch self {
        case .viewer: "viewer"
        case .editor: "editor"
        case .owner: "owner"
        }
    }

    public init?(word: String) {
        guard let permission = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = permission
    }
}
