import Crypto
import Outbound
import Testing
import VaultTesting

@testable import BlobStore

@Suite struct S3HostileTests {
    private static func answering(_ answer: FakeS3.Answer) throws -> (FakeS3, S3BlobStore) {
        let service = try FakeS3 { _, _ in answer }
        return (service, try service.store { $0.retryAttempts = 1 })
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: -1\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc", "", "HTTP/1.1 200 OK\r\nX: \u{0}",
        "HTTP/1.1 301 Moved\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
    ])
    func whatIsNoAnswerIsAFailure(_ text: String) async throws {
        let (service, store) = try Self.answering(.close(after: Array(text.utf8)))
        await #expect(throws: BlobStoreError.self) { try await store.list(after: nil, limit: 1) }
        await #expect(throws: BlobStoreError.self) { try await store.reader(BlobKey(1)) }
        _ = service
    }

    @Test func aBodyWithoutAnEndIsCutOff() async throws {
        let head = FakeS3.Answer.head(200, [("Connection", "close")])
        let (service, store) = try Self.answering(.endless(head, again: [UInt8](repeating: 0x20, count: 65_536)))
        let words = await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 1) }
        #expect(words?.contains("more than it was asked for") == true)
        #expect(await S3Pieces.unavailable { _ = try await store.reader(BlobKey(1)) } != nil)
        _ = service
    }

    @Test func aHeadWithoutAnEndIsCutOff() async throws {
        let line = Array("X-Filler: \(String(repeating: "y", count: 1_000))\r\n".utf8)
        let (first, store) = try Self.answering(.endless(Array("HTTP/1.1 200 OK\r\n".utf8), again: line))
        #expect(await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 1) } != nil)
        let (second, other) = try Self.answering(.endless([], again: Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)))
        #expect(await S3Pieces.unavailable { _ = try await other.list(after: nil, limit: 1) } != nil)
        _ = (first, second)
    }

    @Test(arguments: [
        "", "<html>Welcome</html>", "{}",
        "<!DOCTYPE a [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><ListBucketResult>&b;</ListBucketResult>",
        "<ListBucketResult><IsTruncated>perhaps</IsTruncated></ListBucketResult>",
        "<ListBucketResult></ListBucketResult>",
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents/></ListBucketResult>",
    ])
    func aListThatIsNoneIsRefused(_ body: String) async throws {
        let (service, store) = try Self.answering(.response(200, [], Array(body.utf8)))
        #expect(await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 1) } != nil)
        _ = service
    }

    private static func entry(_ name: String, size: String = "1", time: String = "2026-11-21T14:00:00Z") -> String {
        "<Contents><Key>\(name)</Key><Size>\(size)</Size><LastModified>\(time)</LastModified></Contents>"
    }

    private static let names = (1...3).map { "p/0\($0)/00/0000000000000000000000000000000\($0)" }

    @Test(arguments: [
        entry(names[1]) + entry(names[0]), entry(names[0]) + entry(names[0]), entry(names[0], size: "-1"),
        entry(names[0], size: "1e3"), entry(names[0], size: "99999999999999999999"), entry(names[0], time: "yesterday"),
        entry(names[0]) + entry(names[1]) + entry(names[2]), entry("a"),
    ])
    func aListThatBreaksItsOwnRulesIsRefused(_ entries: String) async throws {
        let list = "<ListBucketResult><IsTruncated>true</IsTruncated>\(entries)</ListBucketResult>"
        let (service, store) = try Self.answering(.response(200, [], Array(list.utf8)))
        #expect(await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 2) } != nil)
        _ = service
    }

    @Test func aListThatNeverAdvancesEnds() async throws {
        let list = "<ListBucketResult><IsTruncated>true</IsTruncated>\(Self.entry(Self.names[0]))</ListBucketResult>"
        let (service, store) = try Self.answering(.response(200, [], Array(list.utf8)))
        #expect(await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 10) } != nil)
        #expect(service.server.requests.count == 2)
    }

    @Test func objectsOfOthersAreNeitherListedNorInTheWay() async throws {
        let service = try FakeS3()
        let store = try service.store()
        _ = try await S3Pieces.put(10, as: BlobKey(0x5050), in: store)
        let others =
            (0..<40).map { "p/50/4\($0)" } + [
                "p/zz", "q", "p/50/50/README", "p/50/50/0000000000000000000000000000505g",
            ]
        for name in others { service.put([1], as: name) }
        #expect(try await store.list(after: nil, limit: 3).map(\.key) == [BlobKey(0x5050)])
        #expect(service.objects.count == others.count + 1)
    }

    @Test func anUploadWithoutANameIsRefused() async throws {
        let service = try FakeS3 { request, _ in
            request.query == "uploads=" ? .response(200, [], Array("<InitiateMultipartUploadResult/>".utf8)) : nil
        }
        let store = try service.store { $0.partSize = 1_000 }
        let writer = try await store.writer(BlobKey(1))
        #expect(await S3Pieces.unavailable { try await writer.append(S3Pieces.sealed(100_000)) } != nil)
    }

    @Test func whatTheServiceSaysReachesThePeopleHarmless() async throws {
        let (service, store) = try Self.answering(
            .response(
                400, [],
                Array(
                    "<Error><Code>Odd</Code><Message>a\u{1b}[31m\n\(String(repeating: "b", count: 999))</Message></Error>"
                        .utf8)))
        let words = await S3Pieces.unavailable { _ = try await store.list(after: nil, limit: 1) }
        #expect(words?.contains("400 Odd") == true)
        #expect(words?.unicodeScalars.allSatisfy { $0.value >= 0x20 } == true)
        #expect((words?.count ?? 1_000) < 400)
        _ = service
    }

    // MARK: Slow services

    @Test func aServiceThatSaysNothingIsGivenUp() async throws {
        let service = try FakeS3 { _, _ in .stall(after: []) }
        let store = try service.store {
            $0.retryAttempts = 1
            $0.totalLimit = .milliseconds(50)
        }
        let words = await S3Pieces.unavailable { _ = try await store.reader(BlobKey(1)) }
        #expect(words?.contains("does not answer in time") == true)
    }

    @Test func oneStalledTransferHoldsUpNoOther() async throws {
        let stuck = BlobKey(0xbad)
        let service = try FakeS3 { request, _ in
            request.path.hasSuffix(stuck.path) ? .stall(after: Array("HTTP/1.1 206 Slow\r\nContent-Le".utf8)) : nil
        }
        let store = try service.store()
        let stalled = Task { _ = try await store.reader(stuck) }
        await service.server.wait { $0.path.hasSuffix(stuck.path) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...100 {
                group.addTask {
                    let key = BlobKey(UInt128(number))
                    let bytes = try await S3Pieces.put(20_000, as: key, in: store)
                    #expect(try await store.reader(key).read(at: 0, count: .max) == bytes)
                }
            }
            try await group.waitForAll()
        }
        // It would have waited on; cancelled, it ends at once.
        stalled.cancel()
        await #expect(throws: CancellationError.self) { try await stalled.value }
    }

    @Test func whenTooManyWaitTheNextIsToldSo() async throws {
        let service = try FakeS3 { _, _ in .stall(after: []) }
        let store = try service.store {
            $0.activeTransfers = 2
            $0.waitingTransfers = 3
        }
        let words = await withTaskGroup(of: String?.self, returning: [String].self) { group in
            for number in 0..<50 {
                group.addTask { await S3Pieces.unavailable { _ = try await store.reader(BlobKey(UInt128(number))) } }
            }
            // Two are under way and three wait; all others are refused, now.
            var refused: [String] = []
            while refused.count < 45, let next = await group.next() { refused.append(next ?? "ended otherwise") }
            group.cancelAll()
            return refused
        }
        #expect(words.allSatisfy { $0.contains("too many requests wait") })
    }

    @Test func aCancelledTransferEndsAtOnceAndTheEngineGoesOn() async throws {
        let service = try FakeS3 { _, _ in .stall(after: []) }
        let engine = TransferEngine()
        let url = "http://127.0.0.1:\(service.server.port)/"
        let request = TransferRequest(
            method: "GET", url: url, headers: [], body: nil, answerLimit: 0, patience: TransferPatience(), isLocal: true
        )
        for _ in 0..<3 {
            let transfer = Task { try await engine.perform(request) }
            await service.server.wait()
            transfer.cancel()
            await #expect(throws: CancellationError.self) { try await transfer.value }
        }
        service.server.stop()
        await #expect(throws: TransferFailure.self) { try await engine.perform(request) }
    }
}
