import Crypto
package import Database
package import Journal

/// A filter made ready to be asked of one event after the other.
package struct AuditSelection: Sendable {
    /// Nodes that a folder may hold, or have held, to be filtered by.
    static let mostNodes = 100_000

    let core: VaultCore
    package let filter: AuditFilter
    /// What the journal's own tables decide.
    package let query: JournalQuery
    private let needle: [UInt8]?
    private let members: Set<NodeID>?

    init(_ filter: AuditFilter, core: VaultCore, in reading: borrowing some SQLReading & ~Copyable) throws {
        self.core = core
        self.filter = filter
        guard filter.actions.count <= AuditFilter.mostActions else {
            throw VaultError.invalid(field: "action", .tooLong(maximum: AuditFilter.mostActions))
        }
        needle = try filter.names.map { try Self.needle($0) }
        var space = filter.space
        if let folder = filter.folder {
            guard let record = try NodeQueries.record(folder, in: reading), record.kind.isFolder else {
                throw VaultError.notFound(.folder)
            }
            members = try Self.members(of: folder, in: reading)
            // Nodes never leave their space, so its index finds them.
            space = space ?? record.space
        } else {
            members = nil
        }
        var query = JournalQuery(
            from: filter.from, to: filter.to, actorID: filter.actor?.value, targetKind: filter.targetKind,
            targetID: filter.target, spaceID: space?.value, outcome: filter.outcome)
        query.actions = filter.actions
        self.query = query
    }

    private static func needle(_ text: String) throws(VaultError) -> [UInt8] {
        let words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        guard words.count <= SearchNames.maximumLength else {
            throw .invalid(field: "q", .tooLong(maximum: SearchNames.maximumLength))
        }
        let needle = NameIndex.folded(CanonicalText.composed(words))
        guard !needle.isEmpty else { throw .invalid(field: "q", .missing) }
        return needle
    }

    /// Everything that is or was below a folder, itself included.
    private static func members(
        of folder: NodeID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Set<NodeID> {
        let ids = try reading.all(
            """
            WITH RECURSIVE sub (id) AS (
                SELECT id FROM nodes WHERE id = \(folder)
                UNION
                SELECT h.node_id FROM node_history h JOIN sub s ON h.parent_id = s.id
            )
            SELECT id FROM sub LIMIT \(mostNodes + 1)
            """
        ) { $0.id(0) as NodeID }
        guard ids.count <= mostNodes else { throw VaultError.tooManyItems(limit: mostNodes) }
        return Set(ids)
    }

    /// Whether the query alone does not decide.
    package var isNarrowed: Bool {
        needle != nil || members != nil || filter.address != nil || filter.actorKind != nil
    }

    /// What an export says of the conditions beyond the query.
    package var narrowing: ExportNarrowing {
        ExportNarrowing(
            actorKind: filter.actorKind, address: filter.address, folderID: filter.folder?.value,
            isSearch: needle != nil)
    }

    /// Whether an event that the query found is wanted.
    package func accepts(_ row: JournalRow, in reading: borrowing some SQLReading & ~Copyable) throws -> Bool {
        guard isNarrowed else { return true }
        return try entry(of: row, in: reading) != nil
    }

    /// The event with what its keys still open; nil when it is not wanted.
    package func entry(
        of row: JournalRow, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> AuditEntry? {
        let event = row.event
        if let kind = filter.actorKind, event.actorKind != kind { return nil }
        if let address = filter.address, event.address != address { return nil }
        if let members {
            guard let target = event.targetID, members.contains(NodeID(target)) else { return nil }
        }
        let entry = try core.open(row, in: reading)
        if let needle {
            let texts = [entry.targetName, entry.details].compactMap { $0 }
            guard texts.contains(where: { NameIndex.folded($0).firstRange(of: needle) != nil }) else { return nil }
        }
        return entry
    }
}

extension VaultCore {
    /// An event's names and details, as far as their keys exist. A row whose target was shredded keeps its leaf and loses
    /// its name: that is not an error.
    func open(_ row: JournalRow, in reading: borrowing some SQLReading & ~Copyable) throws -> AuditEntry {
        let event = row.event
        let plain = event.details.map { String(decoding: $0, as: UTF8.self) }
        guard let sealed = event.sealedDetails, let owner = event.targetID ?? event.actorID,
            let key = key(of: owner, in: event, reading),
            let details = try? AuditDetails.opened(sealed, under: key, target: owner)
        else { return AuditEntry(row: row, targetName: nil, details: plain) }
        let objects = [plain, details.json].compactMap { $0 }
        return AuditEntry(row: row, targetName: details.name, details: objects.reduce(nil, Self.joined))
    }

    /// The members of two JSON objects in one.
    private static func joined(_ first: String?, _ second: String) -> String {
        guard let first, first != "{}", first.utf8.last == UInt8(ascii: "}") else { return second }
        return second == "{}" ? first : "\(first.dropLast()),\(second.dropFirst())"
    }

    /// Nil when the key was destroyed.
    private func key(
        of owner: UInt128, in event: JournalEvent, _ reading: borrowing some SQLReading & ~Copyable
    ) -> SealingKey? {
        // What is said about the journal itself is sealed for who said it.
        if event.targetID == nil { return try? keyring.accountKey(AccountID(owner), in: reading) }
        return switch event.targetKind {
        case "utilisateur": try? keyring.accountKey(AccountID(owner), in: reading)
        case "conservation": try? keyring.retentionKey(RetentionPolicyID(owner), in: reading)
        case "gel": try? keyring.holdKey(HoldID(owner), in: reading)
        default: try? keyring.nodeKey(NodeID(owner), in: reading)
        }
    }
}
