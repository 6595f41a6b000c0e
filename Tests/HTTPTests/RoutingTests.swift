import HTTP
import Testing

@Suite struct RoutingTests {
    private static func router(_ patterns: [(HTTP.Method, String)]) -> Router {
        var routes = Routes()
        for (method, pattern) in patterns { routes.add(method, pattern, info()) { _ in .empty() } }
        return Router(routes)
    }

    private static func find(_ router: Router, _ method: HTTP.Method, _ target: String) throws -> String {
        switch router.match(method, try Target(parsing: target).path) {
        case .found(let route, let parameters):
            ([route.pattern] + parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
        case .methodNotAllowed(let allowed): allowed.map(\.rawValue).joined(separator: ",")
        case .notFound: "-"
        }
    }

    @Test(arguments: [
        (HTTP.Method.get, "/", "/"), (.get, "/api/files/42", "/api/files/{id} id=42"),
        (.head, "/api/files/42", "/api/files/{id} id=42"), (.get, "/api/files/recent", "/api/files/recent"),
        (.delete, "/api/files/recent", "/api/files/{id} id=recent"),
        (.put, "/api/files/recent", "GET,HEAD,DELETE,OPTIONS"), (.put, "/api/files/42", "GET,HEAD,DELETE,OPTIONS"),
        (.get, "/api/files/42/versions/7", "/api/files/{id}/versions/{number} id=42 number=7"),
        (.get, "/api/files/recent/versions/7", "/api/files/{id}/versions/{number} id=recent number=7"),
        (.get, "/storage/p/a/b/c.txt", "/storage/{project}/{path*} path=a/b/c.txt project=p"),
        (.get, "/api/files", "-"), (.get, "/api/files/", "-"), (.get, "/api//files", "-"), (.get, "/nothing", "-"),
        (.get, "/api/files/a%20b", "/api/files/{id} id=a b"), (.get, "/storage/p", "-"),
    ])
    func pathsFindTheirRoute(_ method: HTTP.Method, _ target: String, _ found: String) throws {
        let router = Self.router([
            (.get, "/"), (.get, "/api/files/{id}"), (.delete, "/api/files/{id}"), (.get, "/api/files/recent"),
            (.get, "/api/files/{id}/versions/{number}"), (.get, "/storage/{project}/{path*}"),
        ])
        #expect(try Self.find(router, method, target) == found)
    }

    @Test(arguments: [
        ("/", [] as [String]), ("/a/b", ["a", "b"]), ("/a/", ["a", ""]), ("//", ["", ""]), ("/%41", ["A"]),
        ("/a+b", ["a+b"]), ("/%C3%A9", ["é"]), ("/...", ["..."]), ("/a?b/c", ["a"]), ("/%25", ["%"]),
        ("/%252F", ["%2F"]),
    ])
    func targetsAreSplitThenDecodedOnce(_ raw: String, _ path: [String]) throws {
        #expect(try Target(parsing: raw).path == path)
    }

    @Test func queriesKeepTheirOrder() throws {
        let query = try Target(parsing: "/?b=1&a=x+y&b=%26&c&&=d&e=f=g").query
        #expect(query.pairs.map { "\($0.name)=\($0.value)" } == ["b=1", "a=x y", "b=&", "c=", "=d", "e=f=g"])
        #expect(query.all("b") == ["1", "&"])
        #expect(query.first("z") == nil)
        #expect(try query.integer("b", in: 0...5) == 1)
        #expect(throws: BadField("a", "true or false")) { try query.boolean("a") }
        #expect(throws: BadField("b", "a whole number from 5 to 9")) { try query.integer("b", in: 5...9) }
    }

    @Test func percentEncodingIsUndoneByDecoding() throws {
        let text = "a b/ü?&=%+\"\u{1F600}"
        #expect(try Target(parsing: "/?q=" + percentEncode(text)).query.first("q") == text)
        #expect(percentEncode("AZaz09-._~") == "AZaz09-._~")
    }

    @Test func headersAreFoundWithoutRegardToCase() {
        var headers: Headers = ["Content-Type": "text/plain", "X-A": "1"]
        headers.append("x-a", "2")
        #expect(headers.first("CONTENT-TYPE") == "text/plain")
        #expect(headers.all("X-a") == ["1", "2"])
        #expect(headers.count(of: "x-A") == 2)
        headers.set("X-A", "3")
        #expect(headers.all("x-a") == ["3"])
        headers.remove("content-type")
        #expect(headers.fields.map(\.name) == ["X-A"])
        for (name, value) in [("bad name", "x"), ("X", "a\nb"), ("", "x"), ("X", "a\u{0}")] {
            let isTaken = headers.append(name, value)
            #expect(!isTaken)
        }
    }

    @Test func cookiesAreRead() throws {
        let request = try Request(.get, "/", headers: ["Cookie": "a=1; access_token=x.y=z; b", "cookie": "c=3"])
        #expect(request.cookie("access_token") == "x.y=z")
        #expect(request.cookie("a") == "1")
        #expect(request.cookie("b") == nil)
        #expect(request.cookie("c") == "3")
    }

    @Test func theDocumentDescribesEveryRoute() throws {
        var routes = Routes()
        routes.add(
            .post, "/api/files/{id}/version",
            RouteInfo(
                family: "security", summary: "Adds a version", body: .stream, events: ["version_added"],
                parameters: [QueryParameter("limit", .integer, "At most")],
                requests: [.form(.required("file", .string(format: "binary")), .optional("message", .string()))],
                responses: [
                    ResponseDescription(201, "Added", .reference("Version")), ResponseDescription(404, "No such file"),
                ])
        ) { _ in .empty() }
        routes.add(.get, "/storage/{path*}", RouteInfo(family: "objects", summary: "Reads", access: .anyone)) { _ in
            .empty()
        }
        var api = OpenAPI(title: "Vault", version: "1")
        api.schemas = [
            ("Version", .object([.required("number", .integer), .optional("name", .nullable(.string()), "Its name")]))
        ]
        let json = try JSONValue(parsing: api.document(routes))
        #expect(try json.string("openapi") == "3.1.0")
        let operation = try json.object("paths").object("/api/files/{id}/version").object("post")
        #expect(try operation.string("operationId") == "postApiFilesIdVersion")
        #expect(try operation.array("parameters").count == 2)
        #expect(try operation.optionalStrings("x-journal-events") == ["version_added"])
        let body = try operation.object("requestBody").object("content").object("multipart/form-data").object("schema")
        #expect(try body.optionalStrings("required") == ["file"])
        let ref = try operation.object("responses").object("201").object("content").object("application/json")
            .object("schema").string("$ref")
        #expect(ref == "#/components/schemas/Version")
        #expect(try json.object("paths").object("/storage/{path}").object("get").array("security").isEmpty)
    }
}
