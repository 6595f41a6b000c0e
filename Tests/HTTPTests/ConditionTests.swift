import HTTP
import Testing
import VaultTesting

@Suite struct ConditionTests {
    @Test(
        arguments: [
            (nil, RangeOutcome.whole), ("bytes=0-9", .part(first: 0, length: 10)),
            ("bytes=90-", .part(first: 90, length: 10)),
            ("bytes=-10", .part(first: 90, length: 10)), ("bytes=-1000", .part(first: 0, length: 100)),
            ("bytes=0-1000", .part(first: 0, length: 100)), ("bytes=99-99", .part(first: 99, length: 1)),
            ("Bytes= 5 - 6 ", .part(first: 5, length: 2)), ("bytes=100-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=100-200", .unsatisfiable), ("bytes=9-5", .whole), ("bytes=0-1,5-6", .whole), ("bytes=", .whole),
            ("bytes=-", .whole), ("items=0-1", .whole), ("bytes=a-b", .whole), ("bytes=1-2-3", .whole),
            ("bytes=99999999999999999999-", .unsatisfiable),
            ("bytes=-99999999999999999999", .part(first: 0, length: 100)),
            ("bytes=5-99999999999999999999", .part(first: 5, length: 95)), ("bytes=+1-2", .whole),
        ] as [(String?, RangeOutcome)])
    func rangesAreResolved(_ field: String?, _ outcome: RangeOutcome) {
        #expect(RangeHeader.resolve(field, size: 100) == outcome)
    }

    @Test func anEmptyContentHasNoRange() {
        #expect(RangeHeader.resolve("bytes=0-", size: 0) == .unsatisfiable)
        #expect(RangeHeader.resolve("bytes=-1", size: 0) == .unsatisfiable)
        #expect(RangeHeader.resolve(nil, size: 0) == .whole)
    }

    @Test(
        arguments: [
            (["If-None-Match": "\"a\""], HTTP.Method.get, ConditionOutcome.notModified),
            (["If-None-Match": "W/\"a\""], .get, .notModified),
            (["If-None-Match": "\"b\", \"a\""], .head, .notModified),
            (["If-None-Match": "*"], .get, .notModified), (["If-None-Match": "*"], .put, .preconditionFailed),
            (["If-None-Match": "\"b\""], .get, .proceed), (["If-Match": "\"a\""], .put, .proceed),
            (["If-Match": "\"b\""], .put, .preconditionFailed), (["If-Match": "W/\"a\""], .put, .preconditionFailed),
            (["If-Match": "*"], .put, .proceed), (["If-Match": ""], .put, .preconditionFailed),
            (["If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"], .get, .notModified),
            (["If-Modified-Since": "Sun, 06 Nov 1994 08:49:36 GMT"], .get, .proceed),
            (["If-Modified-Since": "yesterday"], .get, .proceed),
            (["If-Unmodified-Since": "Sun, 06 Nov 1994 08:49:36 GMT"], .put, .preconditionFailed),
            (["If-None-Match": "\"b\"", "If-Modified-Since": "Sun, 06 Nov 1994 08:49:37 GMT"], .get, .proceed),
        ] as [([String: String], HTTP.Method, ConditionOutcome)])
    func conditionsAreEvaluated(_ fields: [String: String], _ method: HTTP.Method, _ outcome: ConditionOutcome) {
        let validators = Validators(tag: EntityTag("a"), lastModified: 784_111_777)
        #expect(validators.outcome(of: Headers(fields.map { ($0.key, $0.value) }), method: method) == outcome)
    }

    @Test func aContentThatIsNotThereMatchesNothing() {
        let nothing = Validators(tag: nil)
        #expect(nothing.outcome(of: ["If-Match": "*"], method: .put) == .preconditionFailed)
        #expect(nothing.outcome(of: ["If-None-Match": "*"], method: .put) == .proceed)
    }

    @Test func aRangeIsAnsweredOnlyForTheStateItNames() {
        let validators = Validators(tag: EntityTag("a"), lastModified: 784_111_777)
        #expect(validators.allowsRange([:]))
        #expect(validators.allowsRange(["If-Range": "\"a\""]))
        #expect(!validators.allowsRange(["If-Range": "W/\"a\""]))
        #expect(!validators.allowsRange(["If-Range": "\"b\""]))
        #expect(validators.allowsRange(["If-Range": "Sun, 06 Nov 1994 08:49:37 GMT"]))
        #expect(!validators.allowsRange(["If-Range": "Sun, 06 Nov 1994 08:49:38 GMT"]))
        #expect(!Validators(tag: EntityTag("a", isWeak: true)).allowsRange(["If-Range": "\"a\""]))
    }

    /// The first is the example of RFC 9110, section 5.6.7.
    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"), (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_164_800, "Thu, 29 Feb 2024 00:00:00 GMT"),
        (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"), (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ])
    func datesAreWrittenAndRead(_ seconds: Int64, _ text: String) {
        #expect(HTTPDate.string(seconds: seconds) == text)
        #expect(HTTPDate.seconds(parsing: text) == seconds)
    }

    @Test(arguments: [
        "", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Mon, 06 Nov 1994 08:49:37 GMT",
        "Thu, 30 Feb 2023 00:00:00 GMT", "Sun, 06 Nov 1994 24:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
    ])
    func otherDatesAreNotRead(_ text: String) {
        #expect(HTTPDate.seconds(parsing: text) == nil)
    }

    @Test(arguments: [
        ("plan.pdf", "attachment; filename=\"plan.pdf\""),
        ("été.pdf", "attachment; filename=\"_t_.pdf\"; filename*=UTF-8''%C3%A9t%C3%A9.pdf"),
        ("a\"b\\c.txt", "attachment; filename=\"a_b_c.txt\"; filename*=UTF-8''a%22b%5Cc.txt"),
        ("a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie: x\"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x"),
    ])
    func dispositionsHoldAnyName(_ name: String, _ field: String) {
        #expect(ContentDisposition.field(.attachment, fileName: name) == field)
        var headers = Headers()
        let isTaken = headers.append("Content-Disposition", field)
        #expect(isTaken)
    }

    @Test func downloadsAnswerConditionsAndRanges() async throws {
        let content = Array("0123456789".utf8)
        let routes = route(.get, "/") { request in
            let answer = ContentAnswer(
                size: 10, contentType: "text/plain",
                validators: Validators(tag: EntityTag("v1"), lastModified: 784_111_777),
                headers: ["Cache-Control": "private"])
            return try await answer.response(to: request) { first, length in
                ProducedSlice(Array(content[Int(first)..<Int(first + length)]))
            }
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let whole = try await client.get("/")
            #expect(whole.status == 200 && whole.text == "0123456789")
            #expect(whole.headers.first("ETag") == "\"v1\"")
            #expect(whole.headers.first("Accept-Ranges") == "bytes")
            #expect(whole.headers.first("Last-Modified") == "Sun, 06 Nov 1994 08:49:37 GMT")
            let part = try await client.get("/", headers: [("Range", "bytes=2-4")])
            #expect(part.status == 206 && part.text == "234")
            #expect(part.headers.first("Content-Range") == "bytes 2-4/10")
            #expect(part.headers.first("Content-Length") == "3")
            let outside = try await client.get("/", headers: [("Range", "bytes=10-")])
            #expect(outside.status == 416)
            #expect(outside.headers.first("Content-Range") == "bytes */10")
            let cached = try await client.get("/", headers: [("If-None-Match", "\"v1\"")])
            #expect(cached.status == 304 && cached.body.isEmpty)
            #expect(cached.headers.first("ETag") == "\"v1\"")
            #expect(cached.headers.first("Cache-Control") == "private")
            let changed = try await client.get("/", headers: [("Range", "bytes=2-4"), ("If-Range", "\"v0\"")])
            #expect(changed.status == 200 && changed.text == "0123456789")
            let failed = try await client.get("/", headers: [("If-Match", "\"v0\"")])
            #expect(failed.status == 412)
            let head = try await client.send(.head, "/", headers: [("Range", "bytes=2-4")])
            #expect(head.status == 200 && head.headers.first("Content-Length") == "10")
        }
    }
}

/// Some bytes as a source.
private final class ProducedSlice: BodySource {
    private let bytes: [UInt8]
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func read(at position: Int64, into buffer: inout MutableRawSpan) throws -> BodyRead {
        let start = Int(position)
        guard start < bytes.count else { return .end }
        let count = min(bytes.count - start, buffer.byteCount)
        copy(bytes, from: start, count: count, into: &buffer)
        return .bytes(count)
    }

    func prepare(at position: Int64) async throws {}
    func finished(completed: Bool) {}
}
