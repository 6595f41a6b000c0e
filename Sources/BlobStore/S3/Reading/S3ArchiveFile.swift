import Synchronization

/// One object read by ranges; whoever reads on finds the next range on its way.
final class S3ArchiveFile: ArchiveFile {
    private struct Ahead: Sendable {
        let range: Range<Int64>
        let task: Task<[UInt8], any Error>
    }

    private struct State {
        /// Where the last reading ended.
        var reached: Int64 = 0
        var ahead: Ahead?
    }

    let size: Int64
    private let request: RangeRequest
    /// Sent along so that another object put in its place is never mixed with it.
    private let entityTag: String?
    private let state = Mutex(State())

    /// Most bytes that are loaded before they are asked for.
    private static let mostAhead = 4 << 20

    private init(_ request: RangeRequest, _ first: RangeRequest.First) {
        self.request = request
        size = first.size
        entityTag = first.entityTag
    }

    deinit { state.withLock { $0.ahead?.task.cancel() } }

    /// - Throws: `S3Failure`, not found among them.
    static func open(_ object: String, _ client: S3Client) async throws -> S3ArchiveFile {
        let request = RangeRequest(client: client, object: object)
        return S3ArchiveFile(request, try await request.first(1))
    }

    func read(at offset: Int64, count: Int) async throws -> [UInt8] {
        let wanted = min(Int64(max(0, count)), max(0, size - max(0, offset)))
        guard offset >= 0, wanted > 0 else { return [] }
        let range = offset..<offset + wanted
        let known = state.withLock { state -> Ahead? in
            let known = state.ahead?.range == range ? state.ahead : nil
            if known != nil || state.ahead.map({ $0.range.upperBound <= offset }) == true { state.ahead = nil }
            let goesOn = state.reached == offset && offset > 0
            state.reached = range.upperBound
            if goesOn, state.ahead == nil, range.upperBound < size, wanted <= Self.mostAhead {
                state.ahead = load(range.upperBound..<min(size, range.upperBound + wanted))
            }
            return known
        }
        do {
            if let known, let bytes = try? await known.task.value { return bytes }
            return try await request.range(range, of: size, entityTag: entityTag)
        } catch S3Failure.service(let error) where error.status == 412 {
            throw BlobStoreError.unavailable("an archive's file was replaced while it was read")
        } catch {
            throw request.client.meaning(of: error)
        }
    }

    private func load(_ range: Range<Int64>) -> Ahead {
        let (request, size, tag) = (request, size, entityTag)
        return Ahead(range: range, task: Task { try await request.range(range, of: size, entityTag: tag) })
    }
}
