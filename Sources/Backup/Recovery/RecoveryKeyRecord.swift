public import Crypto
public import Database
import Journal
public import Vault

/// The recovery key that key bundles are sealed to, as the vault knows it: the public half alone.
public struct RecoveryKeyRecord: Sendable, Equatable {
    public let key: RecoveryPublicKey
    /// Nil when it was set at the terminal.
    public let setBy: AccountID?
    public let setAt: Timestamp

    /// - Returns: nil while none is set.
    public static func read(in reading: borrowing some SQLReading & ~Copyable) throws -> RecoveryKeyRecord? {
        let row = try reading.first("SELECT public_key, set_by, set_at FROM recovery_key WHERE singleton = 1") {
            ($0.bytes(0), $0.optionalUUID(1).map(AccountID.init), $0.timestamp(2))
        }
        guard let (bytes, setBy, setAt) = row, let key = RecoveryPublicKey(bytes) else { return nil }
        return RecoveryKeyRecord(key: key, setBy: setBy, setAt: setAt)
    }
}

/// Sets and shows the recovery key, with its journal event.
public struct RecoveryKeys: Sendable {
    private let core: VaultCore

    public init(_ vault: Vault) { core = vault.core }

    public struct Status: Sendable, Equatable {
        public let key: RecoveryKeyRecord?
        public let bundle: KeyBundleInfo?
    }

    /// - Throws: `VaultError.roleForbids` without the right to manage keys.
    public func status(as principal: Principal) async throws -> Status {
        try principal.require(.manageKeys)
        return try await core.database.read { snapshot in
            Status(key: try RecoveryKeyRecord.read(in: snapshot), bundle: try KeyBundleInfo.read(in: snapshot))
        }
    }

    /// Sets the key, in the place of the one before. Bundles that were sealed to that one stay its own.
    @discardableResult
    public func set(_ key: RecoveryPublicKey, as principal: Principal) async throws -> RecoveryKeyRecord {
        try principal.require(.manageKeys)
        return try await core.database.write { [core] transaction in
            try Self.set(key, by: principal, core.audit, in: transaction)
        }
    }

    private static func set(
        _ key: RecoveryPublicKey, by principal: Principal, _ audit: Audit, in transaction: borrowing Transaction
    ) throws -> RecoveryKeyRecord {
        let setBy: AccountID? = principal.isLocalOperator ? nil : principal.account
        try transaction.run(
            """
            INSERT INTO recovery_key (singleton, public_key, set_by, set_at)
            VALUES (1, \(key.bytes), \(setBy.sqlValue), \(transaction.now))
            ON CONFLICT (singleton) DO UPDATE SET
                public_key = excluded.public_key, set_by = excluded.set_by, set_at = excluded.set_at
            """)
        try audit.record(
            .recoveryKeyChanged, on: .system, by: principal,
            plain: Array("{\"fingerprint\":\"\(key.fingerprint)\"}".utf8), in: transaction)
        return RecoveryKeyRecord(key: key, setBy: setBy, setAt: transaction.now)
    }
}
