import HTTP
import Vault

/// A body, or one part of a form, as content on its way into the core. Taken by one task.
actor UploadStream: PlainStream {
    nonisolated let contentLength: Int64?
    private var held: ArraySlice<[UInt8]>
    private let source: any BodyStream
    private let limit: Int64
    private var received: Int64 = 0
    private let check: DigestCheck?
    private let atEnd: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - held: pieces already taken from `source`, handed out first.
    ///   - limit: most bytes this server takes in one upload.
    ///   - check: digests that must come out.
    ///   - atEnd: runs after the last byte and before the content counts as complete; what it throws, the upload throws.
    init(
        _ source: any BodyStream, held: [[UInt8]] = [], limit: Int64, check: DigestCheck? = nil,
        atEnd: @escaping @Sendable () async throws -> Void = {}
    ) {
        contentLength = source.contentLength
        self.held = held[...]
        self.source = source
        self.limit = limit
        self.check = check
        self.atEnd = atEnd
    }

    func next() async throws -> [UInt8]? {
        do {
            let piece: [UInt8]
            if let first = held.popFirst() {
                piece = first
            } else if let next = try await source.next() {
                piece = next
            } else {
                try check?.finish()
                try await atEnd()
                return nil
            }
            received += Int64(piece.count)
            guard received <= limit else { throw VaultError.uploadTooLarge(limit: limit) }
            check?.update(piece)
            return piece
        } catch HTTPError.bodyCutOff {
            throw VaultError.bodyCutOff
        } catch HTTPError.tooLarge {
            throw VaultError.uploadTooLarge(limit: limit)
        }
    }
}
