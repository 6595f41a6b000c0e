import Crypto
public import Database

public enum AccountStatus: String, Sendable { case active, disabled, erased }

/// An account with its profile opened.
public struct Account: Sendable, Equatable {
    public let id: AccountID
    public let profile: AccountProfile
    public let role: Role
    public let status: AccountStatus
    public let company: ID<CompanyEntity>?
    public let twoFactorEnabled: Bool
    public let space: SpaceID
    public let createdAt: Timestamp
    public let updatedAt: Timestamp
}

/// The statements on `accounts`.
enum AccountStore {
    static let columns: SQL = """
        id, sealed_profile, role, status, company_id, two_factor_enabled, space_id, created_at, updated_at
        """

    struct Record {
        let id: AccountID
        let sealedProfile: [UInt8]
        let role: Role
        let status: AccountStatus
        let company: ID<CompanyEntity>?
        let twoFactorEnabled: Bool
        let space: SpaceID
        let createdAt: Timestamp
        let updatedAt: Timestamp

        init(_ row: borrowing Row) {
            id = row.id(0)
            sealedProfile = row.optionalBytes(1) ?? []
            role = Role(rawValue: row.text(2)) ?? .lecteur
            status = AccountStatus(rawValue: row.text(3)) ?? .disabled
            company = row.optionalID(4)
            twoFactorEnabled = row.bool(5)
            space = row.id(6)
            createdAt = row.timestamp(7)
            updatedAt = row.timestamp(8)
        }

        func opened(under key: SealingKey) throws -> Account {
            Account(
                id: id, profile: try AccountProfile.opened(sealedProfile, under: key, account: id), role: role,
                status: status, company: company, twoFactorEnabled: twoFactorEnabled, space: space,
                createdAt: createdAt,
                updatedAt: updatedAt)
        }
    }

    static func record(_ id: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws -> Record {
        guard
            let record = try reading.first(
                "SELECT \(columns) FROM accounts WHERE id = \(id) AND status <> 'erased'", { Record($0) })
        else { throw VaultError.notFound(.account) }
        return record
    }

    static func account(
        _ id: AccountID, keyring: Keyring, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Account {
        try record(id, in: reading).opened(under: try keyring.accountKey(id, in: reading))
    }

    static func passwordContext(_ id: AccountID) -> SealContext { SealContext("cloudspace account password", id.value) }
}
