import Crypto
import Database
import Journal

/// Decides which rows somebody is shown and opens those, as far as keys still do.
struct ActivityOpener {
    let core: VaultCore
    var sight: ActivitySight
    private var people: [AccountID: Person] = [:]

    init(core: VaultCore, for principal: Principal, in reading: borrowing some SQLReading & ~Copyable) throws {
        self.core = core
        sight = try ActivitySight(of: principal, in: reading)
    }

    private var caller: AccountID { sight.principal.account }

    /// Whether the caller is told of it at all.
    mutating func isShown(
        _ row: ActivityRow, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        let isOwnAct = row.actor == caller
        guard row.kind != nil else { return isOwnAct && row.target == caller.value }
        if isOwnAct { return true }
        if row.action.isStarring { return false }
        switch try sight.view(of: NodeID(row.target), in: row.space, reading) {
        case .own: return true
        case .shared: return !row.action.isReading
        case .hidden: return false
        }
    }

    /// Whether the node it speaks of can be seen.
    mutating func isVisible(
        _ row: ActivityRow, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Bool {
        try sight.view(of: NodeID(row.target), in: row.space, reading) != .hidden
    }

    mutating func open(
        _ row: ActivityRow, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ActivityEvent {
        let (target, quote) = try target(of: row, in: reading)
        return ActivityEvent(
            id: core.activityCodes.id(of: row.sequence), time: row.time, action: row.action,
            actor: try actor(of: row, in: reading), target: target, quote: quote)
    }

    /// A card, read once.
    mutating func person(_ id: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws -> Person {
        if let known = people[id] { return known }
        let card = try core.people.card(id, in: reading)
        people[id] = card
        return card
    }

    private mutating func actor(
        of row: ActivityRow, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> ActivityActor {
        if row.actorKind == .anonymous { return .unknown }
        guard row.actorKind == .user, let actor = row.actor else { return .vault }
        let card = try person(actor, in: reading)
        return actor == caller ? .caller(card) : .other(card)
    }

    private mutating func target(
        of row: ActivityRow, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (ActivityTarget, quote: String?) {
        guard let kind = row.kind else { return (.account, nil) }
        let node = NodeID(row.target)
        guard try sight.view(of: node, in: row.space, reading) != .hidden else {
            return (.unavailable(isFolder: kind.isFolder), nil)
        }
        guard let key = try key(of: node, in: reading) else { return (.deleted(isFolder: kind.isFolder), nil) }
        let details = try row.sealedDetails.map { sealed in
            do { return try AuditDetails.opened(sealed, under: key, target: node.value) } catch CryptoError.openFailed {
                throw VaultError.tampered(node)
            }
        }
        var name = details?.name
        if name == nil, let record = try NodeQueries.record(node, in: reading), record.wrappedKey != nil {
            name = try core.names.meta(of: record).name.text
        }
        let isComment = row.action == .commentAdded
        return (
            .node(node, name: name ?? "", isFolder: kind.isFolder),
            isComment ? try quote(details, node, key, reading) : nil
        )
    }

    /// What was commented, as it reads now; `nil` once the comment is deleted.
    private func quote(
        _ details: AuditDetails?, _ node: NodeID, _ key: SealingKey, _ reading: borrowing some SQLReading & ~Copyable
    ) throws -> String? {
        guard let comment = details?.json.flatMap({ CommentTexts.comment(inEventDetails: $0) }) else { return nil }
        return try CommentTexts.text(comment, on: node, key: key, in: reading)
    }

    /// `nil` once the node is shredded.
    private func key(of node: NodeID, in reading: borrowing some SQLReading & ~Copyable) throws -> SealingKey? {
        do { return try core.keyring.nodeKey(node, in: reading) } catch VaultError.notFound { return nil }
    }
}
