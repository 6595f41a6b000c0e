import Crypto
package import Database
import Journal
import Synchronization

/// A session just opened: the token to send with every request.
public struct OpenedSession: Sendable {
    public let account: Account
    public let token: String
    /// Seconds until the token expires.
    public let lifetime: Int64
}

/// What a right password leads to.
public enum SignIn: Sendable {
    case opened(OpenedSession)
    /// The account has a second factor; the text is sent back with its code.
    case challenged(String)
}

/// Signs people in and out, and turns tokens into principals.
///
/// Tokens are JWTs (HS256) naming a row of `sessions`; revoking the row ends the token. What was verified is kept for a
/// second, so a revocation by another process or node is honoured within that time.
public struct Sessions: Sendable {
    let core: VaultCore

    /// - Parameter code: of the second factor, where there is one and the client asked for it already.
    /// - Throws: `VaultError.wrongCredentials`, the same and as slow for an unknown address; `.wrongCode`;
    ///   `.rateLimited` after too many failures, before the password is looked at; `.accountDisabled`.
    public func logIn(
        email: String, password: String, code: String? = nil, from origin: RequestOrigin
    ) async throws -> SignIn {
        let given = try? EmailAddress(email)
        guard let address = given, password.utf8.count <= 1_024 else {
            try await core.database.read { snapshot in
                try core.signInLimits.require(given, from: origin, in: snapshot)
            }
            try await core.passwords.verifyDummy("")
            try await refuse(nil, given, from: origin)
        }
        let found = try await core.database.read { snapshot -> (AccountID, String)? in
            try core.signInLimits.require(address, from: origin, in: snapshot)
            let tag = core.keyring.emailTag(address)
            let id = try snapshot.first(
                "SELECT id FROM accounts WHERE email_tag = \(tag) AND status <> 'erased'"
            ) { row in row.id(0) as AccountID }
            guard let id, let hash = try PasswordStore.hash(of: id, keyring: core.keyring, in: snapshot) else {
                return nil
            }
            return (id, hash)
        }
        guard let (id, hash) = found else {
            try await core.passwords.verifyDummy(password)
            try await refuse(nil, address, from: origin)
        }
        guard try await core.passwords.verify(CanonicalText.composed(password), against: hash) else {
            try await refuse(id, address, from: origin)
        }
        return try await finish(id, address, code, from: origin)
    }

    /// The second half of a sign-in (design, section 11).
    /// - Throws: `VaultError.challengeOver`, `.wrongCode`, `.rateLimited`, `.accountDisabled`.
    public func logIn(challenge: String, code: String, from origin: RequestOrigin) async throws -> OpenedSession {
        let outcome = try await core.database.write { transaction -> Result<OpenedSession, VaultError> in
            guard let id = try core.challenges.attempt(challenge, in: transaction) else {
                throw VaultError.challengeOver
            }
            let account = try AccountStore.account(id, keyring: core.keyring, in: transaction)
            let address = account.profile.email
            try core.signInLimits.require(address, from: origin, in: transaction)
            guard account.status == .active else { throw VaultError.accountDisabled }
            guard try takesCode(code, of: account, from: origin, in: transaction) else {
                return .failure(try refused(id, address, wrongCode: true, from: origin, in: transaction))
            }
            try core.challenges.remove(challenge, in: transaction)
            try core.signInLimits.succeeded(address, in: transaction)
            return .success(try insert(for: account, from: origin, in: transaction))
        }
        return try outcome.get()
    }

    /// Opens a session for an account whose person was recognised.
    public func open(_ id: AccountID, from origin: RequestOrigin) async throws -> OpenedSession {
        try await core.database.write { transaction in
            let account = try AccountStore.account(id, keyring: core.keyring, in: transaction)
            guard account.status == .active else { throw VaultError.accountDisabled }
            return try insert(for: account, from: origin, in: transaction)
        }
    }

    /// What follows the right password.
    private func finish(
        _ id: AccountID, _ address: EmailAddress, _ code: String?, from origin: RequestOrigin
    ) async throws -> SignIn {
        let outcome = try await core.database.write { transaction -> Result<SignIn, VaultError> in
            let account = try AccountStore.account(id, keyring: core.keyring, in: transaction)
            // Again: of many guesses at once, those behind the limit learn nothing, right or wrong.
            try core.signInLimits.require(address, from: origin, in: transaction)
            guard account.status == .active else { throw VaultError.accountDisabled }
            if account.twoFactorEnabled {
                guard let code else {
                    let challenge = try core.challenges.make(for: id, in: transaction)
                    try core.audit.record(
                        .loginChallenged, on: .account(id), actor: .user, actorID: id.value, origin: origin,
                        in: transaction)
                    return .success(.challenged(challenge))
                }
                guard try takesCode(code, of: account, from: origin, in: transaction) else {
                    return .failure(try refused(id, address, wrongCode: true, from: origin, in: transaction))
                }
            }
            try core.signInLimits.succeeded(address, in: transaction)
            return .success(.opened(try insert(for: account, from: origin, in: transaction)))
        }
        return try outcome.get()
    }

    private func takesCode(
        _ code: String, of account: Account, from origin: RequestOrigin, in transaction: borrowing Transaction
    ) throws -> Bool {
        let key = try core.keyring.accountKey(account.id, in: transaction)
        let verdict = try SecondFactor.take(code, of: account.id, under: key, in: transaction)
        if verdict == .rightByRecoveryCode {
            let left = try RecoveryCodes.left(of: account.id, in: transaction)
            try core.audit.record(
                .recoveryCodeUsed, on: .account(account.id), actor: .user, actorID: account.id.value, origin: origin,
                plain: Array("{\"left\":\(left)}".utf8), in: transaction)
        }
        return verdict != .wrong
    }

    private func insert(
        for account: Account, from origin: RequestOrigin, in transaction: borrowing Transaction
    ) throws -> OpenedSession {
        let id = account.id
        let lifetime = core.settings.sessionSeconds
        let session: SessionID = core.ids.next()
        let now = transaction.now
        try transaction.run(
            """
            INSERT INTO sessions (id, account_id, created_at, expires_at)
            VALUES (\(session), \(id), \(now), \(now.milliseconds + lifetime * 1_000))
            """)
        try transaction.run("UPDATE accounts SET last_seen_at = \(now) WHERE id = \(id)")
        try core.presence.signedIn(id, in: transaction)
        try core.audit.record(
            .loginSucceeded, on: .account(id), actor: .user, actorID: id.value, origin: origin, in: transaction)
        let issued = now.milliseconds / 1_000
        let token = core.tokens.sign(
            TokenClaims(
                subject: id.description, id: session.description, issuedAt: issued, expiresAt: issued + lifetime))
        return OpenedSession(account: account, token: token, lifetime: lifetime)
    }

    /// Ends the caller's session at once.
    public func logOut(_ principal: Principal) async throws {
        guard let session = principal.session else { return }
        try await core.database.write { transaction in
            try transaction.run(
                "UPDATE sessions SET revoked_at = \(transaction.now) WHERE id = \(session) AND revoked_at IS NULL")
            try core.presence.signedOut(principal.account, in: transaction)
            try core.audit.record(.loggedOut, on: .account(principal.account), by: principal, in: transaction)
        }
        core.sessions.forget(session: session)
    }

    /// - Throws: `VaultError.notSignedIn` for a token that is forged, expired, revoked or of an account no longer active.
    public func authenticate(_ token: String, from origin: RequestOrigin) async throws -> Principal {
        let now = core.clock.now()
        let checkedAt = core.steady.elapsed()
        if let known = core.sessions.known(token, at: now, checkedAt) {
            core.presence.saw(known.account, at: checkedAt)
            return known.principal(from: origin)
        }
        guard token.utf8.count <= 2_048, let claims = try? core.tokens.verify(token, now: now.milliseconds / 1_000),
            let session = SessionID(claims.id), let account = AccountID(claims.subject)
        else { throw VaultError.notSignedIn }
        let found = try await core.database.read { snapshot in
            try snapshot.first(
                """
                SELECT a.role, a.space_id, s.expires_at FROM sessions s JOIN accounts a ON a.id = s.account_id
                WHERE s.id = \(session) AND s.account_id = \(account) AND s.revoked_at IS NULL AND a.status = 'active'
                """
            ) { row in
                KnownSession(
                    account: account, session: session, role: Role(rawValue: row.text(0)) ?? .lecteur, space: row.id(1),
                    expiresAt: row.timestamp(2), checkedAt: checkedAt)
            }
        }
        guard let found, found.expiresAt > now else { throw VaultError.notSignedIn }
        core.sessions.keep(found, for: token)
        core.presence.saw(found.account, at: checkedAt)
        return found.principal(from: origin)
    }

    private func refuse(
        _ account: AccountID?, _ address: EmailAddress?, from origin: RequestOrigin
    ) async throws -> Never {
        throw try await core.database.write { transaction in
            try refused(account, address, wrongCode: false, from: origin, in: transaction)
        }
    }

    /// Journals and counts a refusal; the guess itself is not written anywhere.
    private func refused(
        _ account: AccountID?, _ address: EmailAddress?, wrongCode: Bool, from origin: RequestOrigin,
        in transaction: borrowing Transaction
    ) throws -> VaultError {
        try core.audit.record(
            .loginFailed, on: account.map(AuditTarget.account) ?? .system, actor: .anonymous, actorID: nil,
            origin: origin, outcome: .refused, plain: wrongCode ? Array("{\"factor\":\"code\"}".utf8) : nil,
            in: transaction)
        let error = try core.signInLimits.failed(address, from: origin, in: transaction)
        return wrongCode && error == .wrongCredentials ? .wrongCode : error
    }

    /// Whether the session still holds and its account is active; for what goes on long after it was recognised.
    package static func isAlive(
        _ principal: Principal, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        guard let session = principal.session else { return principal.isLocalOperator }
        return try reading.exists(
            """
            SELECT 1 FROM sessions s JOIN accounts a ON a.id = s.account_id
            WHERE s.id = \(session) AND s.account_id = \(principal.account) AND s.revoked_at IS NULL
                  AND s.expires_at > \(reading.now) AND a.status = 'active'
            """)
    }

    /// Removes sessions that expired more than a day ago.
    static func expire(in transaction: borrowing Transaction) throws -> Int {
        try transaction.run("DELETE FROM sessions WHERE expires_at < \(transaction.now.milliseconds - 86_400_000)")
    }
}

struct KnownSession: Sendable {
    let account: AccountID
    let session: SessionID
    let role: Role
    let space: SpaceID
    let expiresAt: Timestamp
    /// By the steady clock, before the database was asked.
    let checkedAt: Duration

    func principal(from origin: RequestOrigin) -> Principal {
        Principal(account: account, role: role, session: session, space: space, origin: origin)
    }
}

/// Tokens verified within the last second, bounded.
final class SessionCache: Sendable {
    private static let freshFor: Duration = .seconds(1)
    private static let limit = 20_000
    private let sessions = Mutex<[String: KnownSession]>([:])

    func known(_ token: String, at now: Timestamp, _ elapsed: Duration) -> KnownSession? {
        sessions.withLock { sessions in
            guard let known = sessions[token], known.expiresAt > now else { return nil }
            return elapsed - known.checkedAt < Self.freshFor ? known : nil
        }
    }

    func keep(_ session: KnownSession, for token: String) {
        sessions.withLock { sessions in
            if sessions.count >= Self.limit { sessions.removeAll(keepingCapacity: true) }
            sessions[token] = session
        }
    }

    func forget(session: SessionID) {
        sessions.withLock { sessions in sessions = sessions.filter { $0.value.session != session } }
    }

    func forget(account: AccountID) {
        sessions.withLock { sessions in sessions = sessions.filter { $0.value.account != account } }
    }
}
