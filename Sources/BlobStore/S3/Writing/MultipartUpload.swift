import Crypto
import Outbound
import Synchronization

/// A blob that is sent in parts. Nothing of it can be read before it is completed; used by one task at a time.
final class MultipartUpload: Sendable {
    private let object: String
    private let id: String
    private let client: S3Client
    private let sizes: PartSizes
    private let state = Mutex(State())

    private struct State {
        /// What the service said to the parts, by number from 1 on.
        var stored: [StoredPart] = []
        /// Those on their way, in order.
        var sending: [Task<StoredPart, any Error>] = []
    }

    private struct StoredPart: Sendable {
        let number: Int
        let entityTag: String
        let sha256: [UInt8]
    }

    private init(_ object: String, _ id: String, _ client: S3Client, _ sizes: PartSizes) {
        self.object = object
        self.id = id
        self.client = client
        self.sizes = sizes
    }

    static func start(_ object: String, _ client: S3Client, _ sizes: PartSizes) async throws -> MultipartUpload {
        var headers = [(name: "Content-Type", value: "application/octet-stream")]
        if client.location.checksum == .sha256 {
            headers.append((name: "x-amz-checksum-algorithm", value: "SHA256"))
        }
        // Sent twice it begins two uploads, of which the first is collected as abandoned.
        let answer = try await client.send(
            S3Request(method: .post, object: object, query: [(name: "uploads", value: "")], headers: headers))
        guard let document = try? XMLElement(answer.body, root: "InitiateMultipartUploadResult"),
            let id = document["UploadId"], (1...2_048).contains(id.utf8.count)
        else { throw S3Failure.unexpected("began an upload without giving its name") }
        return MultipartUpload(object, id, client, sizes)
    }

    /// Parts stored and on their way.
    var partCount: Int { state.withLock { $0.stored.count + $0.sending.count } }

    /// Sends the next part. Returns as soon as few enough are on their way.
    /// - Throws: what became of this part or an earlier one.
    func add(_ part: S3Payload) async throws {
        let number = partCount + 1
        guard number <= PartSizes.partLimit else { throw S3Failure.unexpected("takes at most 10,000 parts") }
        while state.withLock({ $0.sending.count }) >= sizes.inFlight(number) { try await waitForOldest() }
        let task = Task { try await self.send(part, number) }
        state.withLock { $0.sending.append(task) }
    }

    private func waitForOldest() async throws {
        guard let oldest = state.withLock({ $0.sending.first }) else { return }
        let stored = try await withTaskCancellationHandler {
            try await oldest.value
        } onCancel: {
            oldest.cancel()
        }
        state.withLock { state in
            state.sending.removeFirst()
            state.stored.append(stored)
        }
    }

    private func send(_ part: S3Payload, _ number: Int) async throws -> StoredPart {
        let answer = try await client.send(
            S3Request(
                method: .put, object: object,
                query: [(name: "partNumber", value: String(number)), (name: "uploadId", value: id)],
                headers: [part.checksumHeader], payload: part))
        guard let entityTag = answer.entityTag else { throw S3Failure.unexpected("stored a part without a tag") }
        return StoredPart(number: number, entityTag: entityTag, sha256: part.sha256)
    }

    /// Sends the last part and makes the blob visible. What fails is aborted.
    func finish(_ last: S3Payload, size: Int64) async throws {
        do {
            if last.count > 0 { try await add(last) }
            while !state.withLock({ $0.sending.isEmpty }) { try await waitForOldest() }
            try await complete(size)
        } catch {
            await abort()
            throw error
        }
    }

    /// Has the service forget the parts. What cannot be reached now is collected as abandoned.
    func abort() async {
        let sending = state.withLock { state in
            defer { state.sending = [] }
            return state.sending
        }
        for task in sending { task.cancel() }
        // A part that arrives after the abort would stay.
        for task in sending { _ = await task.result }
        // In a task of its own: this one may be cancelled, and then could send nothing.
        let request = S3Request(method: .delete, object: object, query: [(name: "uploadId", value: id)])
        let client = client
        await Task { _ = try? await client.send(request) }.value
    }
}

/// The end of an upload.
extension MultipartUpload {
    /// Putting the parts together may take the service minutes.
    private var patience: TransferPatience {
        var patience = client.patience
        patience.stall *= 4
        patience.total *= 5
        return patience
    }

    private func complete(_ size: Int64) async throws {
        let document = completion
        let payload = S3Payload(Array(document.utf8), checksum: .sha256)
        let request = S3Request(
            method: .post, object: object, query: [(name: "uploadId", value: id)],
            headers: [(name: "Content-Type", value: "application/xml")], payload: payload, patience: patience,
            repetition: .never)
        var attempt = 1
        while true {
            do {
                let answer = try await client.send(request)
                try Self.requireSuccess(answer, now: client.now())
                break
            } catch let failure as S3Failure {
                // An earlier try may have succeeded though its answer was lost; libcurl itself tries again, unseen, when a
                // connection that was kept turns out to be closed.
                if failure.isNotFound, try await storedSize() == size { return }
                guard failure.isTransient, attempt < client.retry.attempts else { throw failure }
                try await Task.sleep(for: client.retry.pause(after: attempt))
                attempt += 1
            }
        }
        guard try await storedSize() == size else { throw S3Failure.unexpected("put together a blob of another size") }
    }

    private var completion: String {
        let parts = state.withLock { $0.stored }.map { part in
            let checksum =
                client.location.checksum == .sha256
                ? "<ChecksumSHA256>\(Base64.encode(part.sha256))</ChecksumSHA256>" : ""
            return
                "<Part><PartNumber>\(part.number)</PartNumber><ETag>\(XMLElement.escaped(part.entityTag))</ETag>\(checksum)</Part>"
        }
        return
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\(parts.joined())</CompleteMultipartUpload>"
    }

    /// The status comes before the work is done, so that an error may stand in the body of a success.
    private static func requireSuccess(_ answer: S3Answer, now: Int64) throws {
        if (try? XMLElement(answer.body, root: "CompleteMultipartUploadResult")) != nil { return }
        guard (try? XMLElement(answer.body, root: "Error")) != nil else {
            throw S3Failure.unexpected("ended an upload with an answer that is none")
        }
        throw S3Failure.service(S3ServiceError(answer, now: now))
    }

    private func storedSize() async throws -> Int64? {
        do {
            let answer = try await client.send(S3Request(method: .head, object: object, answerLimit: 0))
            return answer.contentLength
        } catch let failure as S3Failure where failure.isNotFound {
            return nil
        }
    }
}
