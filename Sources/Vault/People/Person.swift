import Database
import Synchronization

/// What one person may know of another: a card beside a file.
public struct Person: Sendable, Equatable {
    public let id: AccountID
    public let firstName: String
    public let lastName: String
    public let email: String
    public let avatarURL: String?
    /// The job title people show; `nil` when they show none.
    public let title: String?

    public var fullName: String { lastName.isEmpty ? firstName : "\(firstName) \(lastName)" }

    /// "Sarah M." for Sarah Miller; somebody erased is a "Former member".
    public var shortName: String {
        if firstName.isEmpty, lastName.isEmpty { return "Former member" }
        return [firstName, lastName.first.map { "\($0)." } ?? ""].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// "AD" for Alex Davidson.
    public var initials: String {
        [firstName, lastName].compactMap { $0.first.map { String($0).uppercased() } }.joined()
    }
}

/// Opens people's cards; keeps a bounded number of them until their account changes.
public struct People: Sendable {
    let keyring: Keyring
    let cache: PersonCache

    /// Cards of those that exist; an erased account is a card without a name.
    func cards(
        _ ids: some Sequence<AccountID>, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [AccountID: Person] {
        var cards: [AccountID: Person] = [:]
        for id in ids where cards[id] == nil { cards[id] = try card(id, in: reading) }
        return cards
    }

    /// Cards of active accounts, oldest first; only those that changed since they were last seen are read and opened.
    func active(limit: Int, in reading: borrowing some SQLReading & ~Copyable) throws -> [Person] {
        let rows = try reading.all(
            "SELECT id, updated_at FROM accounts WHERE status = 'active' ORDER BY id LIMIT \(limit)"
        ) { row in (id: row.id(0) as AccountID, updated: row.timestamp(1)) }
        return try rows.map { row in try cache.person(row.id, row.updated) ?? card(row.id, in: reading) }
    }

    func card(_ id: AccountID, in reading: borrowing some SQLReading & ~Copyable) throws -> Person {
        let row = try reading.first("SELECT updated_at, sealed_profile FROM accounts WHERE id = \(id)") { row in
            (row.timestamp(0), row.optionalBytes(1))
        }
        guard let (updated, sealed) = row, let sealed else {
            return Person(id: id, firstName: "", lastName: "", email: "", avatarURL: nil, title: nil)
        }
        if let kept = cache.person(id, updated) { return kept }
        let key = try keyring.accountKey(id, in: reading)
        let profile = try AccountProfile.opened(sealed, under: key, account: id)
        let person = Person(
            id: id, firstName: profile.firstName, lastName: profile.lastName, email: profile.email.text,
            avatarURL: profile.avatarURL, title: profile.title.flatMap { $0.isEmpty ? nil : $0 })
        cache.keep(person, updated)
        return person
    }
}

/// Opened cards by account, each good for one state of the account's row.
final class PersonCache: Sendable {
    private let people = Mutex<[AccountID: (updated: Timestamp, person: Person)]>([:])

    func person(_ id: AccountID, _ updated: Timestamp) -> Person? {
        people.withLock { people in people[id].flatMap { $0.updated == updated ? $0.person : nil } }
    }

    func keep(_ person: Person, _ updated: Timestamp) {
        people.withLock { people in
            if people.count >= 10_000 { people.removeAll() }
            people[person.id] = (updated, person)
        }
    }
}
