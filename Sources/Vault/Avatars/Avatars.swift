import Crypto
public import Database
import Media
import PreviewWire

public enum AvatarEntity {}
public typealias AvatarID = ID<AvatarEntity>

/// Pictures of people: squares made by the confined program out of what they upload, sealed under the account's key.
public struct Avatars: Sendable {
    let core: VaultCore

    /// Most bytes of a picture that is uploaded.
    public static let maximumBytes = 5 << 20
    /// What a picture may be, by its content (requirements/1, `POST /api/user/profile/avatar`).
    private static let types: Set<String> = ["image/jpeg", "image/png", "image/gif", "image/webp"]

    /// Whether a picture can be made here at all.
    public var isPossible: Bool { core.previewProgram != nil }

    /// Gives the caller a new picture.
    /// - Returns: its address.
    /// - Throws: `VaultError.notAnAvatar` for anything that is no such picture, `.avatarTooLarge`, `.noPictureProgram`.
    public func set(_ content: [UInt8], as principal: Principal) async throws -> String {
        guard content.count <= Self.maximumBytes else { throw VaultError.avatarTooLarge }
        guard case .exactly(let type) = ContentLook(content), Self.types.contains(type) else {
            throw VaultError.notAnAvatar
        }
        guard let program = core.previewProgram else { throw VaultError.noPictureProgram }
        guard let file = MemoryFile(), file.append(content) else { throw VaultError.unavailable }
        let outcome = await program.make(.avatar, of: file)
        switch outcome {
        case .failed: throw VaultError.unavailable
        case .refused: throw VaultError.notAnAvatar
        case .made(let picture): return try await store(picture.jpeg, as: principal)
        }
    }

    /// Takes the caller's picture away. Without one nothing happens.
    public func remove(as principal: Principal) async throws {
        try await core.database.write { transaction in
            let id = principal.account
            guard try transaction.run("DELETE FROM avatars WHERE account_id = \(id)") > 0 else { return }
            try change(nil, as: principal, in: transaction)
        }
    }

    /// A person's picture, for anybody who is signed in.
    public func open(_ avatar: AvatarID) async throws -> (jpeg: [UInt8], madeAt: Timestamp) {
        try await core.database.read { snapshot in
            let row = try snapshot.first(
                "SELECT account_id, sealed_image, created_at FROM avatars WHERE id = \(avatar)"
            ) { row in (row.id(0) as AccountID, row.bytes(1), row.timestamp(2)) }
            guard let (account, sealed, madeAt) = row else { throw VaultError.notFound(.picture) }
            let key = try core.keyring.accountKey(account, in: snapshot)
            return (try key.open(sealed, context: Self.context(account, avatar)), madeAt)
        }
    }

    private func store(_ jpeg: [UInt8], as principal: Principal) async throws -> String {
        let avatar: AvatarID = core.ids.next()
        let address = "/uploads/avatars/\(avatar).jpg"
        try await core.database.write { transaction in
            let id = principal.account
            let sealed = try core.keyring.accountKey(id, in: transaction).seal(
                jpeg, context: Self.context(id, avatar))
            try transaction.run(
                """
                INSERT INTO avatars (account_id, id, sealed_image, created_at)
                VALUES (\(id), \(avatar), \(sealed), \(transaction.now))
                ON CONFLICT (account_id) DO UPDATE SET
                    id = excluded.id, sealed_image = excluded.sealed_image, created_at = excluded.created_at
                """)
            try change(address, as: principal, in: transaction)
        }
        return address
    }

    /// Writes the address into the profile, where everybody's cards take it from.
    private func change(
        _ address: String?, as principal: Principal, in transaction: borrowing Transaction
    ) throws {
        let id = principal.account
        let key = try core.keyring.accountKey(id, in: transaction)
        let old = try AccountStore.record(id, in: transaction).opened(under: key)
        var profile = old.profile
        profile.avatarURL = address
        // A row's time names its state, so it must move even within one millisecond.
        let now = max(transaction.now, Timestamp(milliseconds: old.updatedAt.milliseconds + 1))
        try transaction.run(
            "UPDATE accounts SET sealed_profile = \(profile.sealed(under: key, account: id)), updated_at = \(now) WHERE id = \(id)"
        )
        try core.audit.record(
            .avatarChanged, on: .account(id), by: principal,
            details: AuditDetails(json: address == nil ? "{\"removed\":true}" : "{}"), key: key, in: transaction)
    }

    private static func context(_ account: AccountID, _ avatar: AvatarID) -> SealContext {
        SealContext("cloudspace avatar", account.value, avatar.value)
    }
}
