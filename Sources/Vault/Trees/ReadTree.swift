import Database

/// Reads folders with all that is in them, as a download of a folder or of a selection does.
public struct ReadTree: Sendable {
    let core: VaultCore

    /// Most files and folders that one reading takes along.
    public static let mostNodes = 100_000
    /// Most files and folders that may be asked for by themselves.
    public static let mostRoots = 1_000

    /// Looks whether all of it may be read; nothing is journalled or opened before the first part is asked for.
    ///
    /// - Parameter ids: files and folders, each once; at least one, at most 1,000.
    /// - Throws: `VaultError.notFound` and `.forbidden` as for one file, `.tooManyItems`.
    public func callAsFunction(_ ids: [NodeID], as principal: Principal) async throws -> TreeReading {
        guard !ids.isEmpty else { throw VaultError.invalid(field: "ids", .missing) }
        guard ids.count <= Self.mostRoots else { throw VaultError.tooManyItems(limit: Self.mostRoots) }
        var seen: Set<NodeID> = []
        let wanted = ids.filter { seen.insert($0).inserted }
        let roots = try await core.database.read { snapshot in
            var names: Set<[UInt8]> = []
            var left = Self.mostNodes
            return try wanted.map { id in
                let access = try core.grants.require(Read.self, on: id, for: principal, in: snapshot)
                guard access.record.parent != nil else { throw VaultError.notFound(.file) }
                left -= access.record.kind.isFolder ? try NodeQueries.size(of: id, upTo: left, in: snapshot) : 1
                guard left >= 0 else { throw VaultError.tooManyItems(limit: Self.mostNodes) }
                let meta = try NodeMeta.opened(access.record.sealedMeta, under: access.key, node: id)
                let name = Self.free(meta.name, &names)
                return TreeReading.Root(node: access.record.opened(meta), name: name)
            }
        }
        return TreeReading(core: core, principal: principal, roots: roots)
    }

    /// Things chosen in different folders may have one name; in one place they cannot.
    private static func free(_ name: NodeName, _ taken: inout Set<[UInt8]>) -> NodeName {
        var free = name
        var number = 0
        while !taken.insert(free.folded).inserted {
            number += 1
            free = name.numbered(number)
        }
        return free
    }
}
