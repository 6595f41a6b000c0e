import BlobStore
import Crypto
import Database
public import Vault

/// What two versions of a file have in common, and for texts how they differ line by line.
public struct CompareVersions: Sendable {
    private let core: VaultCore

    public init(_ core: VaultCore) { self.core = core }

    /// Why there is no comparison of the texts.
    public enum NoText: String, Sendable, CaseIterable {
        case notText = "not_text"
        /// More than 1 MiB, or 20,000 lines.
        case tooLarge = "too_large"
        /// A policy let the content of one of them go.
        case expired
    }

    public enum TextComparison: Sendable {
        case difference(TextDifference)
        case none(NoText)
    }

    public struct Comparison: Sendable {
        public let from: Version
        public let to: Version
        /// Number of the current version.
        public let current: Int
        /// The same bytes.
        public let isIdentical: Bool
        public let text: TextComparison
    }

    /// - Throws: `VaultError.notFound(.version)`, `.invalid(field: "id", .notAFile)` for folders.
    public func callAsFunction(
        _ id: NodeID, from first: Int, to second: Int, as principal: Principal
    ) async throws -> Comparison {
        let (from, to, current, isExpired) = try await core.database.write { [core] transaction in
            let access = try core.grants.require(Read.self, on: id, for: principal, in: transaction)
            guard access.record.kind == .file, let head = access.record.head else {
                throw VaultError.invalid(field: "id", .notAFile)
            }
            guard let from = try core.versions.version(first, of: id, key: access.key, in: transaction),
                let to = try core.versions.version(second, of: id, key: access.key, in: transaction)
            else { throw VaultError.notFound(.version) }
            let expired = try [first, second].contains {
                try !core.versions.expired(of: id, from: $0, to: $0, in: transaction).isEmpty
            }
            let meta = try core.names.meta(of: access.record)
            try core.audit.record(
                .versionsCompared, on: .node(id, kind: .file, space: access.record.space), by: principal,
                details: AuditDetails(name: meta.name.text, json: "{\"from\":\(first),\"to\":\(second)}"),
                key: access.key, in: transaction)
            return (from, to, head.number, expired)
        }
        let isIdentical = from.size == to.size && from.meta.sha256 == to.meta.sha256
        return Comparison(
            from: from, to: to, current: current, isIdentical: isIdentical,
            text: isExpired ? .none(.expired) : try await compare(from, to, isIdentical, as: principal))
    }

    private func compare(
        _ from: Version, _ to: Version, _ isIdentical: Bool, as principal: Principal
    ) async throws -> TextComparison {
        guard TextLines.isLikely(from.meta.mediaType), TextLines.isLikely(to.meta.mediaType) else {
            return .none(.notText)
        }
        guard max(from.size, to.size) <= TextLines.mostBytes else { return .none(.tooLarge) }
        guard let old = try await lines(of: from, as: principal) else { return .none(.notText) }
        guard let new = isIdentical ? old : try await lines(of: to, as: principal) else { return .none(.notText) }
        guard max(old.lines.count, new.lines.count) <= TextLines.mostLines else { return .none(.tooLarge) }
        return .difference(TextDifference(old, new))
    }

    private func lines(of version: Version, as principal: Principal) async throws -> TextLines? {
        let vault = Vault(core)
        let content = try await vault.open(version.node, version: version.number, for: .view, as: principal)
        return TextLines(try await content.reader.readAll(limit: Int(TextLines.mostBytes)))
    }
}
