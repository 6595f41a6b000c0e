import BlobStore
import Crypto
import Testing
import VaultTesting

@Suite struct S3RetryTests {
    @Test(arguments: BlobStoreContract.rules)
    func aServiceThatFailsEveryRequestOnceKeepsTheContract(_ rule: BlobStoreRule) async throws {
        let service = try FakeS3 { _, earlier in earlier == 0 ? FakeS3.error(503, "SlowDown") : nil }
        try await rule.check(service.store())
    }

    @Test(arguments: BlobStoreContract.rules)
    func aServiceThatBreaksEveryConnectionOnceKeepsTheContractInSmallParts(_ rule: BlobStoreRule) async throws {
        let service = try FakeS3 { _, earlier in earlier == 0 ? .close(after: []) : nil }
        try await rule.check(service.store { $0.partSize = 200_000 })
        #expect(service.uploads == 0)
    }

    @Test(arguments: BlobStoreContract.rules)
    func smallPartsKeepTheContract(_ rule: BlobStoreRule) async throws {
        let service = try FakeS3()
        try await rule.check(service.store { $0.partSize = 70_000 })
        #expect(service.uploads == 0)
    }

    @Test(arguments: [(500, ""), (502, ""), (503, "SlowDown"), (504, ""), (429, ""), (400, "RequestTimeout")])
    func whatMaySucceedLaterIsTriedAgain(_ status: Int, _ code: String) async throws {
        let service = try FakeS3 { _, earlier in earlier < 2 ? FakeS3.error(status, code) : nil }
        let store = try service.store()
        let bytes = try await S3Pieces.put(1_000, as: BlobKey(1), in: store)
        #expect(service.server.requests.count == 3)
        #expect(Set(service.server.requests.map(\.body)) == [bytes])
    }

    @Test func afterFourTriesItIsSaid() async throws {
        let service = try FakeS3 { _, _ in FakeS3.error(503, "SlowDown") }
        let store = try service.store()
        let words = await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 1) }
        #expect(words?.contains("503 SlowDown") == true)
        #expect(service.server.requests.count == 4)
    }

    @Test(arguments: [
        (400, "InvalidRequest"), (403, "AccessDenied"), (404, "NoSuchBucket"), (405, ""), (501, "NotImplemented"),
    ])
    func whatWillNotSucceedLaterIsNot(_ status: Int, _ code: String) async throws {
        let service = try FakeS3 { _, _ in FakeS3.error(status, code) }
        let store = try service.store()
        await #expect(throws: BlobStoreError.self) { try await store.list(after: nil, limit: 1) }
        #expect(service.server.requests.count == 1)
    }

    @Test func aBodyThatWasCutIsReadAgain() async throws {
        let service = try FakeS3 { request, earlier in
            request.method == "GET" && earlier == 0
                ? .close(after: Array("HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nonly this".utf8)) : nil
        }
        let store = try service.store()
        let bytes = try await S3Pieces.put(10_000, as: BlobKey(1), in: store)
        let reader = try await store.reader(BlobKey(1))
        #expect(try await reader.read(at: 0, count: .max) == bytes)
    }

    // MARK: The end of a multipart upload

    private func isCompletion(_ request: FakeS3.Request) -> Bool {
        request.method == "POST" && request.query.hasPrefix("uploadId=")
    }

    private func writeInParts(_ service: FakeS3, _ count: Int = 300_000) async throws -> [UInt8] {
        try await S3Pieces.put(count, as: BlobKey(1), in: service.store { $0.partSize = 100_000 })
    }

    @Test func anErrorInTheBodyOfASuccessIsAnError() async throws {
        let refused = try FakeS3 { [isCompletion] request, _ in
            isCompletion(request) ? FakeS3.error(200, "AccessDenied") : nil
        }
        #expect(await S3Pieces.refusal { _ = try await writeInParts(refused) } != nil)
        #expect(refused.objects.isEmpty)
        #expect(refused.uploads == 0)

        let slow = try FakeS3 { [isCompletion] request, earlier in
            isCompletion(request) && earlier < 2 ? FakeS3.error(200, "InternalError") : nil
        }
        _ = try await writeInParts(slow)
        #expect(slow.objects.count == 1)
    }

    /// The answer to the first try is lost, and to the second the upload is not known any more.
    @Test func anUploadThatTurnsOutToBeCompletedIs() async throws {
        let content = S3Pieces.sealed(300_000).bytes
        let service = try FakeS3 { [isCompletion] request, earlier in
            guard isCompletion(request) else { return nil }
            return earlier == 0 ? .close(after: []) : FakeS3.error(404, "NoSuchUpload")
        }
        service.put(content, as: "p/01/00/00000000000000000000000000000001")
        _ = try await writeInParts(service)
        // Of another size it is something else.
        service.put([1], as: "p/01/00/00000000000000000000000000000001")
        #expect(await S3Pieces.unavailable { _ = try await writeInParts(service) }?.contains("upload") == true)
    }

    @Test func anUploadThatIsGoneWithoutABlobIsAFailure() async throws {
        let service = try FakeS3 { [isCompletion] request, earlier in
            guard isCompletion(request) else { return nil }
            return earlier == 0 ? FakeS3.error(500, "InternalError") : FakeS3.error(404, "NoSuchUpload")
        }
        await #expect(throws: BlobStoreError.self) { try await writeInParts(service) }
    }

    @Test func aBlobOfAnotherSizeThanWasSentIsAFailure() async throws {
        let service = try FakeS3 { request, _ in
            request.method == "HEAD" ? .keep(FakeS3.Answer.head(200, [("Content-Length", "7")])) : nil
        }
        #expect(await S3Pieces.unavailable { _ = try await writeInParts(service) }?.contains("another size") == true)
    }

    @Test func aPartThatCannotBeStoredEndsTheUpload() async throws {
        let service = try FakeS3 { request, _ in
            request.query.hasPrefix("partNumber=2&") ? FakeS3.error(403, "AccessDenied") : nil
        }
        #expect(await S3Pieces.refusal { _ = try await writeInParts(service) } != nil)
        #expect(service.uploads == 0)
        #expect(service.objects.isEmpty)
    }

    @Test func theServiceIsToldWhenAWriterIsLetGoOf() async throws {
        let service = try FakeS3()
        let store = try service.store { $0.partSize = 100_000 }
        do {
            let writer = try await store.writer(BlobKey(1))
            try await writer.append(S3Pieces.sealed(400_000))
        }
        await service.server.wait { $0.method == "DELETE" && $0.query.hasPrefix("uploadId=") }
        // The store goes only after what it still has to say; the answer to the abort is the last.
        _ = try await store.list(after: nil, limit: 1)
        #expect(service.objects.isEmpty)
    }

    /// Parts that are not taken hold the writer up: three of them are in memory, and nothing more.
    @Test func aSlowServiceHoldsItsWriterUp() async throws {
        let service = try FakeS3 { request, _ in request.query.hasPrefix("partNumber=") ? .stall(after: []) : nil }
        let store = try service.store { $0.partSize = 1_000_000 }
        let taken = Counter()
        let writing = Task {
            let writer = try await store.writer(BlobKey(1))
            for _ in 0..<400 {
                try await writer.append(S3Pieces.sealed(100_000))
                taken.add(100_000)
            }
            _ = try await writer.finish()
        }
        await service.server.wait(for: 2) { $0.query.hasPrefix("partNumber=") }
        for _ in 0..<2_000 { await Task.yield() }
        #expect(taken.value <= 3_100_000)
        #expect(service.server.requests.count { $0.query.hasPrefix("partNumber=") } == 2)
        // The writer of a cancelled task ends at once, and its upload with it.
        writing.cancel()
        await #expect(throws: CancellationError.self) { try await writing.value }
        await service.server.wait { $0.method == "DELETE" }
    }
}
