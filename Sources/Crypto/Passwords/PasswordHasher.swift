/// Argon2id for the passwords of accounts, on a few threads of its own.
///
/// At most `concurrency` computations run at once, each with its memory, and at most `queueLimit` more wait: a flood of
/// logins meets `.unavailable`, never an exhausted machine.
public final class PasswordHasher: Sendable {
    private let parameters: PasswordParameters
    private let pool: WorkerPool
    private let dummy: String

    /// - Parameters:
    ///   - parameters: what a new hash costs; existing ones say so themselves.
    ///   - concurrency: how many computations at once.
    ///   - queueLimit: how many more may wait.
    public init(parameters: PasswordParameters = .interactive, concurrency: Int = 2, queueLimit: Int = 64) {
        self.parameters = parameters
        pool = WorkerPool(threads: concurrency, queueLimit: queueLimit)
        dummy = PasswordHash.random(parameters).text
    }

    /// The PHC string to store for `password` (its UTF-8 bytes as they are), with a fresh salt.
    ///
    /// - Throws: `.unavailable` when too many wait already or there is not enough memory.
    public func hash(_ password: String) async throws(CryptoError) -> String {
        let parameters = parameters
        return try await run { () throws(CryptoError) in
            let bytes = Array(password.utf8)
            return try Argon2id.hash(bytes.span, parameters: parameters)
        }
    }

    /// Whether `password` is the one that `hash` was made from. False for a string that is no Argon2id hash or would
    /// cost beyond reason.
    ///
    /// - Throws: `.unavailable` when too many wait already.
    public func verify(_ password: String, against hash: String) async throws(CryptoError) -> Bool {
        guard PasswordHash(hash) != nil else { return false }
        return try await run { () throws(CryptoError) in
            let bytes = Array(password.utf8)
            return Argon2id.verify(bytes.span, against: hash)
        }
    }

    /// Takes the time of a verification and answers false: for accounts that do not exist, so that nobody can tell.
    ///
    /// - Throws: `.unavailable` when too many wait already.
    @discardableResult
    public func verifyDummy(_ password: String) async throws(CryptoError) -> Bool {
        _ = try await verify(password, against: dummy)
        return false
    }

    /// Whether `hash` was made with other parameters than today's and should be replaced at the next login.
    public func needsRehash(_ hash: String) -> Bool {
        PasswordHash(hash)?.parameters != parameters
    }

    private func run<Value: Sendable>(
        _ work: @escaping @Sendable () throws(CryptoError) -> Value
    ) async throws(CryptoError) -> Value {
        let result = await withCheckedContinuation {
            (continuation: CheckedContinuation<Result<Value, CryptoError>, Never>) in
            let accepted = pool.submit {
                let result: Result<Value, CryptoError>
                do throws(CryptoError) { result = .success(try work()) } catch { result = .failure(error) }
                continuation.resume(returning: result)
            }
            if !accepted {
                continuation.resume(returning: .failure(.unavailable("too many passwords are being checked")))
            }
        }
        return try result.get()
    }
}
