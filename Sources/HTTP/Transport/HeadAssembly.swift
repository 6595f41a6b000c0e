import CMicroHTTPD
import Glibc

/// Makes a `RequestHead` of what the library read, or says why not.
enum HeadAssembly {
    struct Result {
        /// The head; when `problem` is set, as much of it as could be made out.
        let head: RequestHead
        let framing: HeadReader.Framing
        let problem: HTTPProblem?
    }

    static func assemble(
        _ core: ServerCore, _ link: Link, _ connection: OpaquePointer, _ method: UnsafePointer<CChar>,
        _ version: UnsafePointer<CChar>
    ) -> Result {
        let rawTarget = link.target
        link.target = []
        let knownMethod = unsafe Method(rawValue: String(cString: method))
        var headers = Headers()
        var framing = HeadReader.Framing()
        var path: [String] = []
        var query = Query()
        var problem: HTTPProblem?
        do {
            let reader = try unsafe readHeaders(core, link, connection, method, version, rawTarget.count)
            headers = reader.headers
            framing = reader.framing
            guard rawTarget.count <= core.configuration.maximumTargetLength else {
                throw HeadReader.Refusal(414, "target_too_long", "The request target is too long")
            }
            guard knownMethod != nil else {
                throw HeadReader.Refusal(501, "unknown_method", "Unknown method")
            }
            let target = try Target(parsing: rawTarget)
            path = target.path
            query = target.query
        } catch let refusal as HeadReader.Refusal {
            problem = refusal.problem
        } catch {
            problem = HTTPProblem(error) ?? .badRequest("Malformed request")
        }
        if problem != nil, framing.contentLengths == 0, framing.transferEncodings == 0 {
            // The fields were not read to the end: ask the library whether it will deliver a body.
            framing.isChunked = unsafe mayHaveBody(connection)
        }
        let proxied = Forwarding(headers, link, core.configuration)
        let sentID = headers.first("X-Request-ID")
        let id = sentID.flatMap { RequestIdentifiers.isWellFormed($0) ? $0 : nil } ?? core.identifiers.next()
        let head = RequestHead(
            method: knownMethod ?? .get, target: String(decoding: rawTarget, as: UTF8.self), path: path, query: query,
            headers: headers, remoteAddress: proxied.address, id: id, isTLS: proxied.isTLS,
            contentLength: framing.isChunked ? nil : framing.contentLength,
            hasBody: framing.isChunked || (framing.contentLength ?? 0) > 0 || framing.transferEncodings > 0)
        return Result(head: head, framing: framing, problem: problem)
    }

    private static func readHeaders(
        _ core: ServerCore, _ link: Link, _ connection: OpaquePointer, _ method: UnsafePointer<CChar>,
        _ version: UnsafePointer<CChar>, _ targetCount: Int
    ) throws(HeadReader.Refusal) -> HeadReader {
        let isVersion11 = unsafe strcmp(version, "HTTP/1.1") == 0
        guard unsafe isVersion11 || strcmp(version, "HTTP/1.0") == 0 else {
            throw HeadReader.Refusal(505, "version_not_supported", "HTTP version not supported")
        }
        guard let info = unsafe cmhd_info(connection, .CONNECTION_INFO_REQUEST_HEADER_SIZE) else {
            throw HeadReader.Refusal(400, "malformed_request", "Malformed request")
        }
        let headSize = unsafe Int(info.pointee.header_size)
        // Up to half the connection's memory the library's buffer never moves, so the head lies in one piece.
        guard headSize <= core.configuration.connectionMemory / 2 else {
            throw HeadReader.Refusal(431, "header_fields_too_large", "The request header is too large")
        }
        // The line was `method SP target SP version CRLF`, with the blanks and CRLF now NUL.
        let start = UInt(bitPattern: method)
        let versionAddress = UInt(bitPattern: version)
        let methodCount = unsafe strlen(method)
        guard link.targetAddress == start + UInt(methodCount) + 1,
            link.targetAddress + UInt(targetCount) + 1 == versionAddress,
            versionAddress - start + 10 <= UInt(headSize), unsafe version[8] == 0, unsafe version[9] == 0,
            unsafe UnsafeRawBufferPointer(start: method, count: methodCount).allSatisfy(isTokenByte)
        else { throw HeadReader.Refusal(400, "malformed_request", "Malformed request line") }
        let lineCount = Int(versionAddress - start) + 10
        let block = unsafe UnsafeRawBufferPointer(
            start: UnsafeRawPointer(method) + lineCount, count: headSize - lineCount)
        let fieldCount = unsafe Int(MHD_get_connection_values(connection, .HEADER_KIND, nil, nil))
        return try unsafe HeadReader(
            block: block, fieldCount: fieldCount, isVersion11: isVersion11,
            maximumCount: core.configuration.maximumHeaderCount)
    }

    private static func mayHaveBody(_ connection: OpaquePointer) -> Bool {
        unsafe MHD_lookup_connection_value(connection, .HEADER_KIND, "Transfer-Encoding") != nil
            || MHD_lookup_connection_value(connection, .HEADER_KIND, "Content-Length") != nil
    }
}

/// Who the client is when a proxy stands between: believed only from proxies named in the configuration.
struct Forwarding {
    let address: String
    let isTLS: Bool

    init(_ headers: Headers, _ link: Link, _ configuration: ServerConfiguration) {
        guard configuration.trustedProxies.contains(link.address) else {
            address = link.address
            isTLS = link.isTLS
            return
        }
        // The last hop that is not ours said who connected to it; everything before may be invented.
        let hops = headers.all("X-Forwarded-For").flatMap { $0.split(separator: ",") }.map(\.trimmedBlanks)
        address = hops.last { !configuration.trustedProxies.contains($0) } ?? link.address
        isTLS = link.isTLS || headers.value(of: "X-Forwarded-Proto", is: "https")
    }
}
