import Crypto
import Testing
import VaultTesting

@testable import BlobStore

/// What the operator reads when something is set up wrongly.
@Suite struct S3WordsTests {
    @Test(arguments: [
        (404, "NoSuchBucket", "the bucket bucket does not exist"),
        (403, "InvalidAccessKeyId", "does not know the access key AKID"),
        (403, "SignatureDoesNotMatch", "the secret key is wrong"), (403, "AccessDenied", "docs/operations/s3.md"),
        (403, "", "docs/operations/s3.md"), (401, "", "docs/operations/s3.md"),
        (400, "ExpiredToken", "AWS_SESSION_TOKEN"), (301, "PermanentRedirect", "another endpoint"),
        (307, "TemporaryRedirect", "another endpoint"), (404, "", "no bucket bucket"),
        (400, "InvalidBucketName", "no bucket name"), (403, "RequestTimeTooSkewed", "clock is off; set it by NTP"),
    ])
    func aRefusalSaysWhatToDo(_ status: Int, _ code: String, _ words: String) async throws {
        let service = try FakeS3 { _, _ in FakeS3.error(status, code) }
        let store = try service.store()
        let said = await S3Pieces.refusal { try await store.check() }
        #expect(said?.contains(words) == true, "\(said ?? "nothing")")
        #expect(service.server.requests.count == 1)
    }

    @Test(arguments: [("507", ""), ("400", "QuotaExceeded"), ("507", "XMinioStorageFull")])
    func aServiceThatIsFullIsAFullStore(_ status: String, _ code: String) async throws {
        let service = try FakeS3 { _, _ in FakeS3.error(Int(status) ?? 0, code) }
        let store = try service.store()
        await #expect(throws: BlobStoreError.full) { try await S3Pieces.put(10, as: BlobKey(1), in: store) }
    }

    @Test func theTrueRegionIsNamed() async throws {
        let inBody = try FakeS3 { _, _ in
            FakeS3.error(400, "AuthorizationHeaderMalformed", "<Region>eu-west-3</Region>")
        }
        let inHead = try FakeS3 { _, _ in .response(301, [("x-amz-bucket-region", "eu-west-3")]) }
        for service in [inBody, inHead] {
            let store = try service.store()
            let said = await S3Pieces.refusal { try await store.check() }
            #expect(said?.contains("set region=eu-west-3") == true)
        }
    }

    @Test(arguments: [(1_369_353_600 + 3_600, "3600 s ahead"), (1_369_353_600 - 86_400, "86400 s behind")])
    func aWrongClockIsMeasured(_ now: Int64, _ words: String) async throws {
        let service = try FakeS3 { _, _ in
            .response(
                403, [("Date", "Fri, 24 May 2013 00:00:00 GMT")],
                Array("<Error><Code>RequestTimeTooSkewed</Code></Error>".utf8))
        }
        let store = try service.store { $0.now = { now * 1_000 } }
        #expect(await S3Pieces.refusal { try await store.check() } == "this machine's clock is \(words); set it by NTP")
    }

    @Test func aHealthCheckSaysWhyThoughItsAnswerHasNoBody() async throws {
        let service = try FakeS3 { request, _ in
            request.method == "HEAD"
                ? .keep(FakeS3.Answer.head(403, [("Content-Length", "0")])) : FakeS3.error(403, "InvalidAccessKeyId")
        }
        let store = try service.store()
        #expect(
            await S3Pieces.refusal { _ = try await store.statistics() }?.contains("does not know the access key")
                == true)
    }

    @Test func manyHealthChecksAreOneRequest() async throws {
        let service = try FakeS3()
        let store = try service.store()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<50 { group.addTask { _ = try await store.statistics() } }
            try await group.waitForAll()
        }
        // One, or two where a second went by.
        #expect((1...5).contains(service.server.requests.count))
    }

    @Test func nothingThatListensIsSaid() async throws {
        let service = try FakeS3()
        let location = try service.location()
        service.server.stop()
        var settings = S3BlobStore.Settings()
        settings.retryAttempts = 1
        let store = try S3BlobStore(location, credentials: FakeS3.credentials(), settings: settings)
        let said = await S3Pieces.unavailable { try await store.check() }
        #expect(said?.contains("nothing answers at 127.0.0.1") == true, "\(said ?? "nothing")")
    }

    @Test func anUnknownHostIsSaid() async throws {
        var settings = S3BlobStore.Settings()
        settings.retryAttempts = 1
        let location = try S3Location.parse("s3://bucket?endpoint=http://no-such-host.invalid")
        let store = try S3BlobStore(location, credentials: FakeS3.credentials(), settings: settings)
        let said = await S3Pieces.unavailable { try await store.check() }
        #expect(said?.contains("no-such-host.invalid is not known") == true, "\(said ?? "nothing")")
    }

    @Test func aServiceWithoutTLSIsSaid() async throws {
        let service = try FakeS3 { _, _ in .close(after: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) }
        var settings = S3BlobStore.Settings()
        settings.retryAttempts = 1
        let location = try S3Location.parse("s3://bucket?endpoint=https://127.0.0.1:\(service.server.port)")
        let store = try S3BlobStore(location, credentials: FakeS3.credentials(), settings: settings)
        #expect(await S3Pieces.refusal { try await store.check() }?.contains("no secure connection") == true)
    }

    @Test func theCheckTriesEverythingAndLeavesNothing() async throws {
        let service = try FakeS3()
        let store = try service.store()
        try await store.check()
        #expect(service.server.requests.map(\.method) == ["GET", "PUT", "GET", "DELETE"])
        #expect(service.objects.isEmpty)
    }

    @Test func aServiceThatGivesBackOtherBytesIsFoundAtStart() async throws {
        let service = try FakeS3 { request, _ in
            request.method == "GET" && request.path.contains("probe-") ? .response(200, [], [1, 2, 3]) : nil
        }
        let store = try service.store()
        #expect(await S3Pieces.unavailable { try await store.check() }?.contains("other bytes") == true)
    }

    // MARK: Requests

    @Test func theBucketMayStandInTheHostsName() async throws {
        let service = try FakeS3 { request, _ in
            request.method == "HEAD" ? .keep(FakeS3.Answer.head(200, [("Content-Length", "0")])) : nil
        }
        let text = "s3://my-bucket?endpoint=http://localhost:\(service.server.port)&style=virtual"
        let store = try S3BlobStore(S3Location.parse(text), credentials: FakeS3.credentials())
        _ = try await store.statistics()
        let request = service.server.requests.first
        #expect(request?.headers["host"] == "my-bucket.localhost:\(service.server.port)")
        #expect(request?.target == "/")
    }

    @Test func aSessionTokenIsSentAndSigned() async throws {
        let service = try FakeS3()
        let store = try S3BlobStore(service.location(), credentials: FakeS3.credentials(token: "a/token=="))
        _ = try await S3Pieces.put(10, as: BlobKey(1), in: store)
        let request = service.server.requests.first
        #expect(request?.headers["x-amz-security-token"] == "a/token==")
        #expect(request?.headers["authorization"]?.contains(";x-amz-security-token") == true)
    }

    @Test(arguments: [("", "x-amz-checksum-sha256"), ("&checksum=md5", "content-md5")])
    func everyBlobAndPartCarriesItsHash(_ parameter: String, _ field: String) async throws {
        let service = try FakeS3()
        var settings = S3BlobStore.Settings()
        settings.partSize = 100_000
        let store = try S3BlobStore(service.location(parameter), credentials: FakeS3.credentials(), settings: settings)
        for size in [10, 300_000] { _ = try await S3Pieces.put(size, as: BlobKey(UInt128(size)), in: store) }
        let sent = service.server.requests.filter { $0.method == "PUT" }
        #expect(sent.count == 5)
        for request in sent {
            var hasher = ContentHasher(md5: true)
            hasher.update(request.body)
            let digest = hasher.finish()
            #expect(request.headers["x-amz-content-sha256"] == Hex.encode(digest.sha256))
            #expect(request.headers[field] == Base64.encode(field == "content-md5" ? digest.md5 ?? [] : digest.sha256))
            #expect(request.headers["expect"] == nil)
        }
    }

    @Test func partsReachTheLargestBlobThereCanBe() {
        let sizes = PartSizes(first: 8 << 20)
        var total: Int64 = 0
        for number in 1...PartSizes.partLimit {
            let size = sizes.size(number)
            #expect((5 << 20...5 << 30).contains(size))
            total += Int64(size)
        }
        #expect(total >= PartSizes.sizeLimit)
        #expect(sizes.size(1) == 8 << 20 && sizes.size(1_000) == 8 << 20 && sizes.size(1_001) == 16 << 20)
    }
}
