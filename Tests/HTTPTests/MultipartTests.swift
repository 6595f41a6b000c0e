import HTTP
import Testing
import VaultTesting

/// A body handed out in the given pieces.
private final class PiecedBody: BodyStream {
    private let pieces: [[UInt8]]
    private let calls = Counter()
    private let failure: HTTPError?

    init(_ pieces: [[UInt8]], failure: HTTPError? = nil) {
        self.pieces = pieces.filter { !$0.isEmpty }
        self.failure = failure
    }

    var contentLength: Int64? { nil }
    var received: Int64 { 0 }

    func next() async throws -> [UInt8]? {
        let index = Int(calls.add(1)) - 1
        if index < pieces.count { return pieces[index] }
        if let failure { throw failure }
        return nil
    }
}

private struct Seen: Equatable {
    let name: String
    let fileName: String?
    let contentType: String?
    let content: String
}

private func read(_ body: any BodyStream, boundary: String = "B") async throws -> [Seen] {
    let form = try Multipart(body, boundary: boundary)
    var seen: [Seen] = []
    while let part = try await form.next() {
        var content: [UInt8] = []
        while let piece = try await part.next() {
            #expect(!piece.isEmpty)
            content += piece
        }
        seen.append(
            Seen(
                name: part.name, fileName: part.fileName, contentType: part.contentType,
                content: String(decoding: content, as: UTF8.self)))
    }
    return seen
}

private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

@Suite struct MultipartTests {
    private static let form =
        "--B\r\nContent-Disposition: form-data; name=\"parent_id\"\r\n\r\n42\r\n"
        + "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
        + "line\r\n--b\r\n\r\n--\r\n-\r\n--A\r\n--B\r\n"
        + "content-disposition: form-data; name=\"empty\"\r\n\r\n\r\n--B--\r\n"

    private static let expected = [
        Seen(name: "parent_id", fileName: nil, contentType: nil, content: "42"),
        Seen(name: "file", fileName: "a.txt", contentType: "text/plain", content: "line\r\n--b\r\n\r\n--\r\n-\r\n--A"),
        Seen(name: "empty", fileName: nil, contentType: nil, content: ""),
    ]

    @Test func partsComeInOrder() async throws {
        #expect(try await read(PiecedBody([bytes(Self.form)])) == Self.expected)
    }

    @Test func everySplitOfTheBodyReadsTheSame() async throws {
        let whole = bytes(Self.form)
        for split in 0...whole.count {
            let body = PiecedBody([Array(whole[..<split]), Array(whole[split...])])
            #expect(try await read(body) == Self.expected, "split at \(split)")
        }
        for size in 1...12 {
            let body = PiecedBody(
                stride(from: 0, to: whole.count, by: size).map { Array(whole[$0..<min(whole.count, $0 + size)]) })
            #expect(try await read(body) == Self.expected, "pieces of \(size)")
        }
    }

    @Test func everyTruncationIsAnError() async throws {
        let whole = bytes(Self.form)
        // The form ends with its last boundary; the line break behind it may be missing.
        for end in 0..<(whole.count - 2) {
            await #expect(throws: HTTPError.bodyCutOff, "cut at \(end)") {
                _ = try await read(PiecedBody([Array(whole[..<end])]))
            }
        }
        #expect(try await read(PiecedBody([Array(whole[..<(whole.count - 2)])])) == Self.expected)
    }

    @Test func aPreambleAndAnEpilogueAreSkipped() async throws {
        let body = PiecedBody([bytes("preamble\r\n" + Self.form + "epilogue --B\r\n")])
        #expect(try await read(body) == Self.expected)
    }

    @Test func partsThatAreNotReadAreSkipped() async throws {
        let form = try Multipart(PiecedBody([bytes(Self.form)]), boundary: "B")
        var names: [String] = []
        var last: MultipartPart?
        while let part = try await form.next() {
            names.append(part.name)
            last = part
        }
        #expect(names == ["parent_id", "file", "empty"])
        #expect(try await last?.next() == nil)
    }

    @Test func fieldsBehindTheFileAreFound() async throws {
        let parts: [HTTPTestClient.Part] = [
            .file("file", "big.bin", [UInt8](repeating: 7, count: 700_000)), .field("message", "second version"),
        ]
        let routes = route(.post, "/", .stream) { request in
            let form = try Multipart(request)
            var result = ""
            while let part = try await form.next() {
                if part.fileName != nil {
                    while try await part.next() != nil {}
                    result += "\(part.name)=\(part.received) "
                } else {
                    result += "\(part.name)=\(try await part.text()) "
                }
            }
            return .text(200, result)
        }
        try await withServer(routes) { port, _ in
            let client = HTTPTestClient(port: port)
            let after = try await client.form("/", parts)
            #expect(after.text == "file=700000 message=second version ")
            let before = try await client.form("/", parts.reversed())
            #expect(before.text == "message=second version file=700000 ")
        }
    }

    @Test(arguments: [
        ("form-data; name=\"f\"; filename=\"a b.txt\"", "a b.txt"),
        ("form-data; name=f; filename=plain.txt", "plain.txt"),
        ("form-data; name=\"f\"; filename=\"C:\\Users\\me\\a.txt\"", "a.txt"),
        ("form-data; name=\"f\"; filename=\"/etc/passwd\"", "passwd"),
        ("form-data; name=\"f\"; filename=\"say \\\"hi\\\".txt\"", "say \"hi\".txt"),
        ("form-data; name=\"f\"; filename=\"say %22hi%22.txt\"", "say \"hi\".txt"),
        ("form-data; name=\"f\"; filename=\"été.txt\"", "été.txt"),
        ("form-data; name=\"f\"; filename=\"x.txt\"; filename*=UTF-8''%C3%A9t%C3%A9.txt", "été.txt"),
        ("form-data; name=\"f\"; filename*=iso-8859-1'fr'%E9t%E9.txt", "été.txt"),
        ("form-data; name=\"f\"; filename=\"a;b=c.txt\"", "a;b=c.txt"),
        ("form-data; name=\"f\"; filename=\"\"", ""),
    ])
    func fileNamesAreDecoded(_ disposition: String, _ name: String) async throws {
        let body = PiecedBody([bytes("--B\r\nContent-Disposition: \(disposition)\r\n\r\nx\r\n--B--")])
        #expect(try await read(body).map(\.fileName) == [name])
    }

    @Test(arguments: [
        "--B\r\n\r\nx\r\n--B--", "--B\r\nContent-Type: text/plain\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\nx\r\n--B--",
        "--B\r\nnonsense\r\n\r\nx\r\n--B--", "--Bx\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--B--",
        "--B\r\nContent-Disposition: form-data; name=\"a\u{0}b\"\r\n\r\nx\r\n--B--",
        "--B\r\nX: \(String(repeating: "a", count: 9_000))\r\n\r\nx\r\n--B--",
    ])
    func brokenFormsAreMalformed(_ text: String) async throws {
        do {
            _ = try await read(PiecedBody([bytes(text)]))
            Issue.record("was read")
        } catch let error as HTTPError {
            guard case .malformed = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    @Test func partsAndFieldsAreBounded() async throws {
        let part = "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n"
        let many = PiecedBody([bytes(String(repeating: part, count: 65) + "--B--")])
        await #expect(throws: HTTPError.malformed("The form has too many parts")) { _ = try await read(many) }

        let long =
            "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\(String(repeating: "x", count: 70_000))\r\n--B--"
        let form = try Multipart(PiecedBody([bytes(long)]), boundary: "B")
        let field = try await form.next()
        await #expect(throws: HTTPError.malformed("a is too long")) { _ = try await field?.text() }
    }

    @Test func theBodysOwnErrorsComeThrough() async throws {
        let body = PiecedBody([bytes("--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx")], failure: .timeout)
        await #expect(throws: HTTPError.timeout) { _ = try await read(body) }
    }

    @Test(arguments: ["", " ", "a ", "é", String(repeating: "a", count: 71)])
    func malformedBoundariesAreRefused(_ boundary: String) {
        #expect(throws: HTTPError.self) { try Multipart(PiecedBody([]), boundary: boundary) }
    }

    @Test func otherMediaTypesAreRefused() throws {
        let request = try Request(.post, "/", headers: ["Content-Type": "application/json"])
        #expect(throws: HTTPError.unsupportedMediaType("The body must be multipart/form-data")) {
            try Multipart(request)
        }
        let bare = try Request(.post, "/", headers: ["Content-Type": "multipart/form-data"])
        #expect(throws: HTTPError.malformed("The multipart boundary is missing")) { try Multipart(bare) }
        let quoted = try Request(.post, "/", headers: ["Content-Type": "Multipart/Form-Data; Boundary=\"a b\""])
        _ = try Multipart(quoted)
    }
}
