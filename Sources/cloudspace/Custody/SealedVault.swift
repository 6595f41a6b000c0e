import API
import Crypto
import Database
import Journal
import Synchronization
import Vault

/// A vault whose place is held and whose keys are locked: takes what unlocks them, from people or by asking again.
final class SealedVault: SealedVaultState {
    /// Why it is sealed.
    enum Cause: Sendable {
        case unlocking(CryptoError)
        case administrator
    }

    private struct State {
        var keys: KeyAccess
        var reason: SealReason?
        var isBusy = false
    }

    let verification: VerificationRun
    private let start: VaultStart
    private let held: HeldVault
    private let configuration: Configuration
    private let log: Log
    private let journal: CustodyJournal
    private let attempts = AttemptLimits()
    private let database: PartCheck<Bool>
    /// Gives the parts to the server; returns when they are served.
    private let opened: @Sendable (VaultParts) async -> Void
    private let state: Mutex<State>

    init(
        _ start: VaultStart, _ held: HeldVault, _ configuration: Configuration, because cause: Cause, log: Log,
        opened: @escaping @Sendable (VaultParts) async -> Void
    ) {
        self.start = start
        self.held = held
        self.configuration = configuration
        self.log = log
        self.opened = opened
        journal = CustodyJournal(database: held.database)
        verification = VerificationRun(
            database: held.database, reorderWindow: held.database.dialect.reorderWindow,
            displacement: SQLDialect.largestReorderWindow)
        database = PartCheck(within: .seconds(2), steady: SystemSteadyClock()) { [database = held.database] in
            try await database.read { try $0.exists("SELECT 1 FROM vault_info LIMIT 1") }
        }
        let reason: SealReason
        switch cause {
        case .unlocking(let error):
            reason = SealReason(error)
            log.error("the keys are not unlocked", ["cause": .text(ProgramError(error).message)])
        case .administrator: reason = .sealedByAdministrator
        }
        state = Mutex(State(keys: start.keys, reason: reason))
    }

    /// What serves it. Made anew for each time it is sealed: it holds nothing but this.
    var application: SealedApplication {
        let settings = (try? HTTPApplication.settings(configuration)) ?? ApplicationSettings()
        return SealedApplication(self, settings: settings, log: { [log] in log.write($0) })
    }

    var status: SealStatus {
        let (keys, reason) = state.withLock { ($0.keys, $0.reason) }
        let progress = (keys.provider as? SharesKeyProvider).flatMap { try? $0.progress() }
        return SealStatus(
            reason: reason, provider: keys.provider.name, threshold: progress?.threshold,
            provided: progress?.provided ?? 0)
    }

    func databaseAnswers() async -> Bool { await database.outcome().answer != nil }

    /// Tells the journal that the server came up sealed.
    func tellJournal() async {
        await record(.vaultSealed, details: "{\"cause\":\"start\",\"reason\":\"\(status.reason?.rawValue ?? "")\"}")
    }

    func close() async {
        await verification.stop()
        await held.database.close()
    }

    /// For the terminal of whoever started the server.
    func words(server: String, program: String) -> String {
        let status = status
        let what =
            switch status.reason {
            case .sharesNeeded: "\(status.threshold ?? 0) shares unseal it"
            case .passphraseNeeded: "its passphrase unseals it"
            case .custodianAway: "\(status.provider) does not answer and is asked again by itself"
            case .custodianRefuses: "\(status.provider) refuses; the log says why"
            case .keysMissing: "put the keys back where they belong; the log says which"
            case .sealedByAdministrator, .cannotOpen, nil: "the log says why"
            }
        return "The vault is sealed: \(what). See `\(program) keys unseal --server \(server)`."
    }
}

// MARK: Attempts

extension SealedVault {
    func offer(
        _ secret: consuming SecretBytes, as kind: UnsealSecret, from origin: RequestOrigin
    ) async throws -> SealStatus {
        let keys = try begin(origin)
        defer { end() }
        let candidate: KeyAccess
        do {
            switch (kind, keys.kind) {
            case (.passphrase, .passphrase):
                candidate = KeyAccess(
                    keys, provider: PassphraseKeyProvider(directory: keys.directory, passphrase: secret))
            case (.share, .shares):
                guard let shares = keys.provider as? SharesKeyProvider else { throw UnsealRefusal.cannotOpen }
                let (provided, threshold) = try shares.add(try KeyShare(parsing: secret))
                log.info("share taken", ["provided": .number(Int64(provided)), "needed": .number(Int64(threshold))])
                guard provided >= threshold else { return status }
                candidate = keys
            default: throw UnsealRefusal.notOfThisKind(kind, provider: keys.provider.name)
            }
        } catch let error as CryptoError {
            throw await refused(error, origin)
        }
        return try await open(candidate, from: origin)
    }

    func tryAgain(from origin: RequestOrigin) async throws -> SealStatus {
        let keys = try begin(origin)
        defer { end() }
        guard state.withLock({ $0.reason }) != .sealedByAdministrator || !keys.needsNobody else {
            throw UnsealRefusal.atTheMachineOnly
        }
        guard keys.needsNobody else { return status }
        return try await open(renewed(keys), from: origin)
    }

    /// Asks the custodian of the key, or looks for the key file, again and again, ever less often, until the task is cancelled.
    ///
    /// What needs a person is not tried: a passphrase, shares, and what an administrator sealed.
    func keepTrying() async {
        var pause: Duration = .seconds(1)
        while true {
            do { try await Task.sleep(for: pause * Double.random(in: 0.75...1.25)) } catch { return }
            pause = min(pause * 2, .seconds(60))
            let keys = state.withLock { $0.keys }
            let reason = state.withLock { $0.reason }
            guard reason != nil else { return }
            guard keys.needsNobody, reason != .sealedByAdministrator else { return }
            guard let taken = try? begin(.local) else { continue }
            do {
                _ = try await open(renewed(taken), from: .local)
                end()
                return
            } catch {
                end()
            }
        }
    }

    /// With what the files of the settings hold now: a new token, a key that was put back.
    private func renewed(_ keys: KeyAccess) -> KeyAccess {
        // A token that refused a PIN is not asked again by a new object that does not know of it.
        keys.kind == .pkcs11 ? keys : (try? KeyAccess(configuration)) ?? keys
    }

    private func begin(_ origin: RequestOrigin) throws -> KeyAccess {
        if let address = origin.address, let wait = attempts.wait(address) {
            throw UnsealRefusal.tooMany(retryAfter: wait)
        }
        return try state.withLock { state in
            guard !state.isBusy else { throw UnsealRefusal.busy }
            state.isBusy = true
            return state.keys
        }
    }

    private func end() { state.withLock { $0.isBusy = false } }

    private func open(_ keys: KeyAccess, from origin: RequestOrigin) async throws -> SealStatus {
        let ring: KeyRing
        do {
            ring = try await keys.unlock()
        } catch let error as CryptoError {
            throw await refused(error, origin)
        }
        let parts: VaultParts
        do {
            parts = try await start.assemble(ring, keys, held, VaultParts.Made())
        } catch {
            throw await cannotOpen(error, origin)
        }
        await record(.vaultUnsealed, from: origin, details: "{\"provider\":\"\(keys.provider.name)\"}")
        await verification.stop()
        state.withLock { state in
            state.reason = nil
            // The server has the keys from here on, and this object none.
            state.keys = keys.withoutSecrets
        }
        await opened(parts)
        return SealStatus(reason: nil, provider: keys.provider.name)
    }

    // MARK: Refusals

    private func refused(_ error: CryptoError, _ origin: RequestOrigin) async -> UnsealRefusal {
        let reason = SealReason(error)
        let isNews = state.withLock { state in
            // What an administrator sealed stays that, whatever is tried.
            guard state.reason != .sealedByAdministrator else { return true }
            defer { state.reason = reason }
            return state.reason != reason
        }
        // Tries of our own are told when something changes, those of people always.
        guard isNews || origin.address != nil else { return UnsealRefusal(error) }
        log.warning("not unsealed", ["cause": .text(ProgramError(error).message)])
        if let address = origin.address { attempts.count(address) }
        await record(
            .unsealRefused, outcome: .refused, from: origin,
            details: "{\"provider\":\"\(start.keys.provider.name)\",\"reason\":\"\(UnsealRefusal(error).word)\"}")
        return UnsealRefusal(error)
    }

    private func cannotOpen(_ error: any Error, _ origin: RequestOrigin) async -> UnsealRefusal {
        log.error("unlocked and not opened", ["cause": .text(ProgramError(error).message)])
        state.withLock { if $0.reason != .sealedByAdministrator { $0.reason = .cannotOpen } }
        if let address = origin.address { attempts.count(address) }
        await record(
            .unsealRefused, outcome: .failed, from: origin,
            details: "{\"provider\":\"\(start.keys.provider.name)\",\"reason\":\"cannot_open\"}")
        return .cannotOpen
    }

    /// The journal of a vault whose database is away cannot be told; the log is.
    private func record(
        _ action: AuditAction, outcome: Outcome = .success, from origin: RequestOrigin = .local, details: String
    ) async {
        do {
            try await journal.record(action, outcome: outcome, from: origin, details: details)
        } catch {
            log.error("the journal was not told", ["cause": .text(ProgramError(error).message)])
        }
    }
}

extension SealReason {
    init(_ error: CryptoError) {
        switch error {
        case .passphraseWrong, .custody(.passphraseNeeded): self = .passphraseNeeded
        case .custody(.sharesNeeded), .custody(.share): self = .sharesNeeded
        case .custody(.away), .unavailable: self = .custodianAway
        case .custody(.refused), .custody(.nonsense): self = .custodianRefuses
        case .keyFile: self = .keysMissing
        case .openFailed, .unknownGeneration, .unsupportedFormat: self = .cannotOpen
        }
    }
}

extension UnsealRefusal {
    fileprivate init(_ error: CryptoError) {
        switch error {
        case .passphraseWrong, .custody(.passphraseNeeded): self = .passphraseWrong
        case .custody(.share(let refusal)): self = .share(refusal)
        case .custody(.away), .unavailable: self = .custodianAway
        case .custody(.refused), .custody(.nonsense): self = .custodianRefuses
        case .custody(.sharesNeeded), .keyFile, .openFailed, .unknownGeneration, .unsupportedFormat: self = .cannotOpen
        }
    }

    /// For the journal.
    fileprivate var word: String {
        switch self {
        case .notOfThisKind: "not_of_this_kind"
        case .passphraseWrong: "passphrase_wrong"
        case .share(.malformed): "share_malformed"
        case .share(.anotherVault): "share_of_another_vault"
        case .share(.anotherSplit): "share_replaced"
        case .share(.repeated): "share_repeated"
        case .share(.wrongTogether): "shares_wrong"
        case .custodianAway: "key_custodian_unavailable"
        case .custodianRefuses: "key_custodian_refuses"
        case .cannotOpen: "cannot_open"
        case .atTheMachineOnly, .busy, .tooMany: "not_tried"
        }
    }
}

/// Who tried to unseal in vain, and how long they wait: ten times a minute from one address, sixty times from all.
private final class AttemptLimits: Sendable {
    private static let window: Duration = .seconds(60)
    private static let perAddress = 10
    private static let total = 60

    private let tried = Mutex<[(address: String, at: ContinuousClock.Instant)]>([])

    func count(_ address: String) {
        let now = ContinuousClock.now
        tried.withLock { tried in
            tried.removeAll { now - $0.at > Self.window }
            tried.append((address, now))
        }
    }

    /// - Returns: seconds, 1 or more; nil when a try is allowed now.
    func wait(_ address: String) -> Int? {
        let now = ContinuousClock.now
        return tried.withLock { tried in
            tried.removeAll { now - $0.at > Self.window }
            let own = tried.filter { $0.address == address }
            let oldest = own.count >= Self.perAddress ? own.first : tried.count >= Self.total ? tried.first : nil
            return oldest.map { max(1, Int((Self.window - (now - $0.at)).components.seconds) + 1) }
        }
    }
}

extension SQLDialect {
    /// Of all engines: a vault may have been moved between them.
    static var largestReorderWindow: Int64 { allCases.map(\.reorderWindow).max() ?? 0 }
}
