import Database

/// Gives the receipt of a version that is stored already: for a client whose answer was lost on its way.
public struct IssueReceipt: Sendable {
    let core: VaultCore

    /// - Returns: the signed note.
    /// - Throws: `VaultError.notFound` unless the caller may read the file and it has that version.
    public func callAsFunction(_ id: NodeID, version number: Int, as principal: Principal) async throws -> String {
        let receipt = try await core.database.write { transaction in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: transaction)
            guard access.record.kind == .file else { throw VaultError.invalid(field: "id", .notAFile) }
            guard let version = try core.versions.version(number, of: id, key: access.key, in: transaction) else {
                throw VaultError.notFound(.version)
            }
            try core.audit.record(
                .receiptIssued, on: .node(id, kind: .file, space: access.record.space), by: principal,
                details: AuditDetails(json: "{\"version\":\(number)}"), key: access.key, in: transaction)
            return UploadReceipt(of: version)
        }
        return try core.receipts.sign(receipt)
    }
}
