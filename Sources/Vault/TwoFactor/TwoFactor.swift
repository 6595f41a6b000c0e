import Crypto
import Database
import Journal

/// What a person needs to set up their authenticator. Shown once.
public struct TwoFactorSetUp: Sendable {
    /// What the authenticator reads as a QR code.
    public let provisioningURI: String
    /// The same secret for typing, Base 32.
    public let secret: String
    public let recoveryCodes: [String]
}

public enum TwoFactorChange: Sendable {
    /// Nothing is on yet: the code that the authenticator shows now confirms the set-up.
    case prepared(TwoFactorSetUp)
    case enabled
    case disabled
}

/// Turns the caller's second factor on and off; both need a code (design, section 11).
public struct TwoFactor: Sendable {
    let core: VaultCore

    public static let issuer = "CloudSpace"

    /// - Parameter code: absent to begin a set-up; then what the authenticator shows, or a recovery code to turn it off.
    /// - Throws: `VaultError.codeNeeded` when it is on and there is no code, `.wrongCode`, `.noSetUp` for a code without
    ///   a set-up in the last hour, `.rateLimited`.
    public func toggle(code: String?, as principal: Principal) async throws -> TwoFactorChange {
        let secret = TOTP.newSecret()
        let recoveryCodes = RecoveryCodes.make()
        let outcome = try await core.database.write { transaction -> Result<TwoFactorChange, VaultError> in
            let id = principal.account
            let key = try core.keyring.accountKey(id, in: transaction)
            let account = try AccountStore.record(id, in: transaction).opened(under: key)
            try core.signInLimits.require(account.profile.email, from: principal.origin, in: transaction)
            let record = try SecondFactor.record(of: id, under: key, in: transaction)
            if let record, record.isEnabled {
                guard let code else { throw VaultError.codeNeeded }
                return try turnOff(code, account, key, as: principal, in: transaction)
            }
            if let code { return try turnOn(code, record, account, as: principal, in: transaction) }
            try SecondFactor.prepare(secret, of: id, under: key, in: transaction)
            try RecoveryCodes.replace(with: recoveryCodes, of: id, under: key, in: transaction)
            try core.audit.record(.twoFactorPrepared, on: .account(id), by: principal, in: transaction)
            return .success(
                .prepared(
                    TwoFactorSetUp(
                        provisioningURI: TOTP(secret: secret).provisioningURI(
                            issuer: Self.issuer, account: account.profile.email.text),
                        secret: Base32.encode(secret), recoveryCodes: recoveryCodes)))
        }
        return try outcome.get()
    }

    private func turnOn(
        _ code: String, _ record: SecondFactor.Record?, _ account: Account, as principal: Principal,
        in transaction: borrowing Transaction
    ) throws -> Result<TwoFactorChange, VaultError> {
        guard let record,
            transaction.now.milliseconds - record.createdAt.milliseconds < SecondFactor.setUpMilliseconds
        else { throw VaultError.noSetUp }
        let typed = code.filter { $0 != " " }
        guard try SecondFactor.takeCode(typed, of: account.id, record, in: transaction) else {
            return .failure(try refused(.twoFactorEnabled, account, as: principal, in: transaction))
        }
        try SecondFactor.enable(account.id, in: transaction)
        try core.audit.record(.twoFactorEnabled, on: .account(account.id), by: principal, in: transaction)
        return .success(.enabled)
    }

    private func turnOff(
        _ code: String, _ account: Account, _ key: SealingKey, as principal: Principal,
        in transaction: borrowing Transaction
    ) throws -> Result<TwoFactorChange, VaultError> {
        switch try SecondFactor.take(code, of: account.id, under: key, in: transaction) {
        case .wrong: return .failure(try refused(.twoFactorDisabled, account, as: principal, in: transaction))
        case .rightByRecoveryCode:
            try core.audit.record(.recoveryCodeUsed, on: .account(account.id), by: principal, in: transaction)
        case .right: break
        }
        try SecondFactor.disable(account.id, in: transaction)
        try core.audit.record(.twoFactorDisabled, on: .account(account.id), by: principal, in: transaction)
        return .success(.disabled)
    }

    /// Counts and journals a wrong code; it must be committed, so it is not thrown here.
    private func refused(
        _ action: AuditAction, _ account: Account, as principal: Principal, in transaction: borrowing Transaction
    ) throws -> VaultError {
        try core.audit.record(
            action, on: .account(account.id), by: principal, outcome: .refused, in: transaction)
        let error = try core.signInLimits.failed(account.profile.email, from: principal.origin, in: transaction)
        return error == .wrongCredentials ? .wrongCode : error
    }
}
