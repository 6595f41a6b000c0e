import Crypto
import Synchronization

/// Sends one blob as it comes: as one object when it is small, else part by part.
///
/// In memory: the part that is being filled, and at most two on their way.
final class S3BlobWriter: BlobWriter {
    private let key: BlobKey
    private let client: S3Client
    private let sizes: PartSizes
    private let state: Mutex<State>

    private struct State: ~Copyable {
        var buffer: S3PayloadBuffer
        var upload: MultipartUpload?
        var size: Int64 = 0
        var isEnded = false
    }

    init(_ key: BlobKey, _ client: S3Client, _ sizes: PartSizes) {
        self.key = key
        self.client = client
        self.sizes = sizes
        state = Mutex(State(buffer: S3PayloadBuffer(checksum: client.location.checksum)))
    }

    deinit {
        guard let upload = state.withLock({ $0.upload.take() }) else { return }
        Task { await upload.abort() }
    }

    func append(_ chunk: SealedChunk) async throws {
        try state.withLock { state in
            if state.isEnded { throw BlobStoreError.unavailable("the blob is finished") }
            state.size += Int64(chunk.bytes.count)
            if state.size > PartSizes.sizeLimit {
                throw BlobStoreError.unavailable("a blob on S3 may have at most 5 TiB")
            }
        }
        var rest = chunk.bytes
        while true {
            let (left, full) = fill(rest)
            // What just fills a part waits: nobody knows yet whether more will come.
            guard let full else { return }
            rest = left
            try await send(full)
        }
    }

    func finish() async throws -> Int64 {
        let (last, upload, size) = try state.withLock { state in
            if state.isEnded { throw BlobStoreError.unavailable("the blob is finished") }
            state.isEnded = true
            return (state.buffer.take(), state.upload.take(), state.size)
        }
        do {
            if let upload {
                try await upload.finish(last, size: size)
            } else {
                try await putWhole(last)
            }
        } catch {
            throw client.meaning(of: error)
        }
        return size
    }

    func cancel() async {
        let upload = state.withLock { state in
            // What was collected is let go of.
            if !state.isEnded { _ = state.buffer.take() }
            state.isEnded = true
            return state.upload.take()
        }
        await upload?.abort()
    }

    /// - Returns: what had no room; and the part that is full, if more came than it can hold.
    private func fill(_ bytes: [UInt8]) -> (rest: [UInt8], full: S3Payload?) {
        state.withLock { state in
            let number = (state.upload?.partCount ?? 0) + 1
            let rest = state.buffer.append(bytes, upTo: sizes.size(number))
            return rest.isEmpty ? (rest, nil) : (rest, state.buffer.take())
        }
    }

    private func send(_ part: S3Payload) async throws {
        do {
            let upload = try await startedUpload()
            try await upload.add(part)
        } catch {
            await cancel()
            throw client.meaning(of: error)
        }
    }

    private func startedUpload() async throws -> MultipartUpload {
        if let upload = state.withLock({ $0.upload }) { return upload }
        let upload = try await MultipartUpload.start(client.location.name(of: key), client, sizes)
        state.withLock { $0.upload = upload }
        return upload
    }

    private func putWhole(_ payload: S3Payload) async throws {
        _ = try await client.send(
            S3Request(
                method: .put, object: client.location.name(of: key),
                headers: [(name: "Content-Type", value: "application/octet-stream"), payload.checksumHeader],
                payload: payload))
    }
}
