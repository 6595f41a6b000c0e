public import Database

extension OpenContent {
    /// Opens the version of a file that was current at `moment`. Who may read the file today may read its past, also while it
    /// lies in the trash.
    /// - Throws: `VaultError.notFound(.file)` when the file was not there; `.versionExpired` when a policy let it go; `.past`.
    public func callAsFunction(
        _ node: NodeID, asOf moment: Timestamp, for purpose: ReadPurpose = .download, as principal: Principal
    ) async throws -> OpenedContent {
        let found = try await core.database.read { snapshot in
            let state = try NodeQueries.record(node, in: snapshot)?.state ?? .live
            let access = try core.grants.require(Read.self, on: node, for: principal, state: state, in: snapshot)
            try PastQueries.require(moment, in: access.record.space, snapshot)
            guard let past = try PastQueries.chain(of: node, at: moment, in: snapshot)?.first else {
                throw VaultError.notFound(.file)
            }
            guard past.past.kind == .file else { throw VaultError.invalid(field: "id", .notAFile) }
            return try core.locate(access.record, key: access.key, version: past.past.version, in: snapshot)
        }
        try await core.reads.record([found], purpose: purpose, by: principal)
        return try await open(found, as: principal)
    }
}
