public import BlobStore
import Crypto
public import Outbound
import Synchronization

/// As much of an S3 service as a blob store asks for, in memory, with faults put in front of it.
///
/// It believes every signature: that signatures are right is shown by published examples and by a real service.
public final class FakeS3: Sendable {
    public typealias Request = RawHTTPServer.Request
    public typealias Answer = RawHTTPServer.Answer

    public let server: RawHTTPServer
    private let shelf: Shelf

    /// - Parameter fault: what to answer instead; nil lets the request through. `earlier` counts the requests before
    ///   this one with the same method, target and range.
    public init(fault: @escaping @Sendable (_ request: Request, _ earlier: Int) -> Answer? = { _, _ in nil }) throws {
        let shelf = Shelf()
        self.shelf = shelf
        server = try RawHTTPServer { request in
            let earlier = shelf.count(request)
            return fault(request, earlier) ?? shelf.answer(request)
        }
    }

    public func location(_ parameters: String = "") throws -> S3Location {
        try S3Location.parse("s3://bucket/p?endpoint=http://127.0.0.1:\(server.port)&region=us-east-1\(parameters)")
    }

    public static func credentials(token: String? = nil) throws -> AWSCredentials {
        let secret = SecretBytes(copying: Array("wJalrXUtnFEMI/K7MDENG".utf8))
        if let token {
            let token = SecretBytes(copying: Array(token.utf8))
            return try AWSCredentials(accessKeyID: "AKID", secretAccessKey: secret, sessionToken: token)
        }
        return try AWSCredentials(accessKeyID: "AKID", secretAccessKey: secret)
    }

    /// A store that loses no time between tries, and has all the time there is for each: the machine may be busy.
    package func store(_ change: (inout S3BlobStore.Settings) -> Void = { _ in }) throws -> S3BlobStore {
        var settings = S3BlobStore.Settings()
        settings.retryBase = .milliseconds(1)
        settings.retryTotal = .seconds(600)
        settings.connectLimit = .seconds(60)
        settings.waitLimit = .seconds(600)
        change(&settings)
        return try S3BlobStore(location(), credentials: Self.credentials(), settings: settings)
    }

    /// Names of the objects, sorted.
    public var objects: [String] { shelf.state.withLock { $0.objects.keys.sorted() } }

    /// Uploads that were neither completed nor aborted.
    public var uploads: Int { shelf.state.withLock { $0.uploads.count } }

    /// Puts an object there, or another in its place.
    public func put(_ bytes: [UInt8], as name: String) {
        shelf.state.withLock { $0.objects[name] = Shelf.Object(bytes) }
    }

    /// An error as the service words it.
    public static func error(_ status: Int, _ code: String, _ more: String = "") -> Answer {
        .response(
            status, [("Content-Type", "application/xml")],
            Array("<?xml version=\"1.0\"?><Error><Code>\(code)</Code><Message>no</Message>\(more)</Error>".utf8))
    }
}

/// What is in the bucket.
private final class Shelf: Sendable {
    struct Object: Sendable {
        let bytes: [UInt8]
        let tag: String

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            tag = "\"\(Hex.encode(Random.bytes(8)))\""
        }
    }

    struct Upload: Sendable {
        let name: String
        var parts: [Int: Object] = [:]
    }

    struct State: Sendable {
        var objects: [String: Object] = [:]
        var uploads: [String: Upload] = [:]
        var counts: [String: Int] = [:]
    }

    let state = Mutex(State())

    typealias Request = RawHTTPServer.Request
    typealias Answer = RawHTTPServer.Answer

    /// How often the same was asked before.
    func count(_ request: Request) -> Int {
        let what = "\(request.method) \(request.target) \(request.headers["range"] ?? "")"
        return state.withLock { state in
            defer { state.counts[what, default: 0] += 1 }
            return state.counts[what, default: 0]
        }
    }

    func answer(_ request: Request) -> Answer {
        let prefix = "/bucket"
        guard request.path.hasPrefix(prefix) else { return FakeS3.error(404, "NoSuchBucket") }
        let name = String(request.path.dropFirst(prefix.count + 1))
        var query: [String: String] = [:]
        for pair in request.query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1)
            query[String(sides[0])] = sides.count > 1 ? String(sides[1]).replacing("%2F", with: "/") : ""
        }
        return state.withLock { state in
            name.isEmpty ? Self.bucket(request, query, &state) : Self.object(request, name, query, &state)
        }
    }

    private static func xml(_ root: String, _ content: String) -> Answer {
        .response(200, [], Array("<?xml version=\"1.0\"?><\(root)>\(content)</\(root)>".utf8))
    }

    private static func bucket(_ request: Request, _ query: [String: String], _ state: inout State) -> Answer {
        if request.method == "HEAD" { return .keep(Answer.head(200, [("Content-Length", "0")])) }
        if query["uploads"] != nil {
            let uploads = state.uploads.sorted { $0.key < $1.key }.map {
                "<Upload><Key>\($0.value.name)</Key><UploadId>\($0.key)</UploadId><Initiated>2001-01-01T00:00:00Z</Initiated></Upload>"
            }
            return xml("ListMultipartUploadsResult", "<IsTruncated>false</IsTruncated>\(uploads.joined())")
        }
        let limit = query["max-keys"].flatMap(Int.init) ?? 1_000
        let names = state.objects.keys.sorted().filter {
            $0 > query["start-after"] ?? "" && $0.hasPrefix(query["prefix"] ?? "")
        }
        let entries = names.prefix(limit).map {
            "<Contents><Key>\($0)</Key><Size>\(state.objects[$0]?.bytes.count ?? 0)</Size><LastModified>2026-11-21T14:00:00.000Z</LastModified></Contents>"
        }
        return xml("ListBucketResult", "<IsTruncated>\(names.count > limit)</IsTruncated>\(entries.joined())")
    }

    private static func object(
        _ request: Request, _ name: String, _ query: [String: String], _ state: inout State
    ) -> Answer {
        if let id = query["uploadId"] { return part(request, name, id, query, &state) }
        switch request.method {
        case "POST":
            let id = Hex.encode(Random.bytes(8))
            state.uploads[id] = Upload(name: name)
            return xml("InitiateMultipartUploadResult", "<UploadId>\(id)</UploadId>")
        case "PUT":
            let object = Object(request.body)
            state.objects[name] = object
            return .response(200, [("ETag", object.tag)])
        case "DELETE":
            state.objects[name] = nil
            return .keep(Answer.head(204, []))
        default:
            guard let object = state.objects[name] else {
                return request.method == "HEAD"
                    ? .keep(Answer.head(404, [("Content-Length", "0")])) : FakeS3.error(404, "NoSuchKey")
            }
            if request.method == "HEAD" {
                return .keep(Answer.head(200, [("Content-Length", String(object.bytes.count)), ("ETag", object.tag)]))
            }
            return get(request, object)
        }
    }

    private static func get(_ request: Request, _ object: Object) -> Answer {
        if let tag = request.headers["if-match"], tag != object.tag { return FakeS3.error(412, "PreconditionFailed") }
        guard let field = request.headers["range"] else { return .response(200, [("ETag", object.tag)], object.bytes) }
        let ends = field.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2, ends[0] < object.bytes.count else { return FakeS3.error(416, "InvalidRange") }
        let last = min(ends[1], object.bytes.count - 1)
        return .response(
            206, [("ETag", object.tag), ("Content-Range", "bytes \(ends[0])-\(last)/\(object.bytes.count)")],
            Array(object.bytes[ends[0]...last]))
    }

    private static func part(
        _ request: Request, _ name: String, _ id: String, _ query: [String: String], _ state: inout State
    ) -> Answer {
        guard let upload = state.uploads[id], upload.name == name else { return FakeS3.error(404, "NoSuchUpload") }
        switch request.method {
        case "PUT":
            let object = Object(request.body)
            state.uploads[id]?.parts[query["partNumber"].flatMap(Int.init) ?? 0] = object
            return .response(200, [("ETag", object.tag)])
        case "POST":
            let parts = upload.parts.sorted { $0.key < $1.key }
            // Every part must be named by its tag, in order.
            let document = String(decoding: request.body, as: UTF8.self)
            let named = parts.map {
                "<PartNumber>\($0.key)</PartNumber><ETag>\($0.value.tag.replacing("\"", with: "&quot;"))</ETag>"
            }
            guard named.allSatisfy(document.contains), parts.map(\.key) == Array(1...max(1, parts.count)) else {
                return FakeS3.error(400, "InvalidPart")
            }
            state.objects[name] = Object(parts.flatMap(\.value.bytes))
            state.uploads[id] = nil
            return xml("CompleteMultipartUploadResult", "<Key>\(name)</Key>")
        case "DELETE":
            state.uploads[id] = nil
            return .keep(Answer.head(204, []))
        default: return xml("ListPartsResult", "<IsTruncated>false</IsTruncated>")
        }
    }
}
