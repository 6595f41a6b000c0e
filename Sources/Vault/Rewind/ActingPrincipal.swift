package import Database

extension VaultCore {
    /// Whoever asked for work that goes on without them, as they are now; `nil` when their account is closed or erased.
    ///
    /// Acts as nobody's session, from nowhere: the journal holds what the asking came from.
    package func acting(
        for account: AccountID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> Principal? {
        if account == Principal.localOperator.account { return .localOperator }
        let row = try reading.first(
            "SELECT role, space_id FROM accounts WHERE id = \(account) AND status = 'active'"
        ) { row in (role: row.text(0), space: row.id(1) as SpaceID) }
        guard let row, let role = Role(rawValue: row.role) else { return nil }
        return Principal(account: account, role: role, session: nil, space: row.space, origin: .local)
    }
}
