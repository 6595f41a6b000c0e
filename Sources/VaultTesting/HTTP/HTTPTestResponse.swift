public import HTTP

/// An answer as a test sees it.
public struct HTTPTestResponse: Sendable {
    /// The status code.
    public var status: Int
    /// The header fields.
    public var headers: Headers
    /// The whole body, transfer coding removed.
    public var body: [UInt8]

    /// The body as text.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    public func json() throws -> JSONValue { try JSONValue(parsing: body) }

    /// A member of the body's JSON object as text; nil when it is not there or no text.
    public func string(_ name: String) -> String? { (try? json())?.optional(name) }
}

extension JSONValue {
    fileprivate func optional(_ name: String) -> String? { (try? optionalString(name)) ?? nil }
}

/// Reads answers off a socket.
enum ResponseReader {
    static func read(from socket: TestSocket, toHead: Bool) throws -> HTTPTestResponse {
        var response = try readHead(from: socket)
        if toHead || response.status == 204 || response.status == 304 || response.status < 200 { return response }
        if response.headers.value(of: "Transfer-Encoding", is: "chunked") {
            response.body = try readChunked(from: socket)
        } else if let length = response.headers.first("Content-Length").flatMap({ Int($0) }) {
            response.body = try readExactly(length, from: socket)
        } else {
            while let piece = try socket.receive(atMost: 65_536) { response.body += piece }
        }
        return response
    }

    static func readHead(from socket: TestSocket) throws -> HTTPTestResponse {
        var head: [UInt8] = []
        while true {
            guard let piece = try socket.receive(atMost: 65_536) else {
                throw head.isEmpty
                    ? RawHTTPClient.Failure.endOfStream
                    : RawHTTPClient.Failure.malformedResponse(String(decoding: head, as: UTF8.self))
            }
            let searchFrom = max(0, head.count - 3)
            head += piece
            if let end = endOfHead(head, from: searchFrom) {
                socket.unread(Array(head[end...]))
                return try parse(Array(head[..<end]))
            }
        }
    }

    private static func endOfHead(_ bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in start...(bytes.count - 4)
        where bytes[index] == 13 && bytes[index + 1] == 10 && bytes[index + 2] == 13 && bytes[index + 3] == 10 {
            return index + 4
        }
        return nil
    }

    private static func parse(_ head: [UInt8]) throws -> HTTPTestResponse {
        let text = String(decoding: head, as: UTF8.self)
        let lines = text.split(separator: "\r\n")
        guard let first = lines.first, first.hasPrefix("HTTP/1.") else {
            throw RawHTTPClient.Failure.malformedResponse(text)
        }
        let words = first.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, let status = Int(words[1]) else {
            throw RawHTTPClient.Failure.malformedResponse(text)
        }
        var headers = Headers()
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw RawHTTPClient.Failure.malformedResponse(text) }
            var value = line[line.index(after: colon)...]
            while value.first == " " { value.removeFirst() }
            headers.append(String(line[..<colon]), String(value))
        }
        return HTTPTestResponse(status: status, headers: headers, body: [])
    }

    static func readExactly(_ count: Int, from socket: TestSocket) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let piece = try socket.receive(atMost: min(1 << 20, count - bytes.count)) else {
                throw RawHTTPClient.Failure.endOfStream
            }
            bytes += piece
        }
        return bytes
    }

    private static func readChunked(from socket: TestSocket) throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            let line = try readLine(from: socket)
            guard let size = Int(line.prefix { $0 != ";" }, radix: 16) else {
                throw RawHTTPClient.Failure.malformedResponse(line)
            }
            if size == 0 { break }
            body += try readExactly(size, from: socket)
            _ = try readLine(from: socket)
        }
        while try readLine(from: socket) != "" {}
        return body
    }

    private static func readLine(from socket: TestSocket) throws -> String {
        var line: [UInt8] = []
        while line.suffix(2) != [13, 10] { line += try readExactly(1, from: socket) }
        return String(decoding: line.dropLast(2), as: UTF8.self)
    }
}
