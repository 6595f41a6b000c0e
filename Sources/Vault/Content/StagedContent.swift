package import BlobStore
import Database

/// Content that rests sealed for as long as some work needs to read it here and there, and belongs to no file.
///
/// Its key is nowhere but in memory: what a crash leaves behind opens for nobody, and the collector takes it once it is as
/// old as an orphan may become. Work that lasts longer than that finds it gone.
package struct StagedContent: Sendable {
    private let sealed: SealedContent
    package let reader: ContentReader

    fileprivate init(_ sealed: SealedContent, _ reader: ContentReader) {
        self.sealed = sealed
        self.reader = reader
    }

    /// Takes it away.
    package func discard(from core: VaultCore) async { await core.sealer.discard(sealed) }
}

extension VaultCore {
    /// Seals content as it comes, in constant memory.
    package func stage(_ content: PlainContent) async throws -> StagedContent {
        let sealed = try await sealer.seal(content, for: ids.next())
        do {
            return StagedContent(sealed, try await opener.open(sealed))
        } catch {
            await sealer.discard(sealed)
            throw error
        }
    }

    /// Looks again at who acts, for work that goes on after the request that began it.
    /// - Throws: `VaultError.notSignedIn`, `.roleForbids`.
    package func stillAllows(_ capability: Capability, _ principal: Principal) async throws {
        try await database.write { transaction in try self.confirm(principal, for: capability, in: transaction) }
    }
}
