public import Database
public import Journal

/// Tells the journal what happens to the keys, also while nobody has them: these events have nothing to seal.
public struct CustodyJournal: Sendable {
    private let database: any Database

    public init(database: any Database) { self.database = database }

    /// - Parameters:
    ///   - person: who did it, when that is known; the address alone makes it somebody unknown, neither the system itself.
    ///   - details: small JSON without personal data.
    public func record(
        _ action: AuditAction, outcome: Outcome = .success, by person: Principal? = nil,
        from origin: RequestOrigin = .local, details: String? = nil
    ) async throws {
        let account = person.flatMap { $0.isLocalOperator ? nil : $0.account.value }
        let actor: ActorKind = account != nil ? .user : origin.address == nil ? .system : .anonymous
        let event = JournalEvent(
            actorKind: actor, actorID: account, action: action.rawValue, targetKind: AuditTarget.system.kindText,
            address: origin.address, requestID: origin.requestID, outcome: outcome,
            details: details.map { Array($0.utf8) })
        try await database.write { transaction in _ = try event.append(in: transaction) }
    }
}
