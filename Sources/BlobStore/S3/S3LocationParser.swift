import Outbound

/// Reads `s3://bucket[/prefix]?name=value&…`.
struct S3LocationParser {
    private let text: String

    init(_ text: String) { self.text = text }

    private static let parameters = ["endpoint", "region", "style", "checksum", "ca"]

    func location() throws(BlobStoreError) -> S3Location {
        guard text.hasPrefix("s3://") else {
            throw .refused("BLOB_STORE is not an S3 address; write s3://bucket?endpoint=https://host&region=us-east-1")
        }
        let rest = text.dropFirst(5)
        let halves = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let (bucket, prefix) = try place(halves[0])
        let values = try parameters(halves.count > 1 ? halves[1] : "")

        let region = values["region"]
        guard let region = region ?? (values["endpoint"] == nil ? nil : "us-east-1") else {
            throw .refused(
                "BLOB_STORE names neither endpoint nor region; add region=… (on AWS) or endpoint=https://host")
        }
        guard (1...64).contains(region.utf8.count), region.utf8.allSatisfy({ Self.isRegion($0) }) else {
            throw .refused("the region in BLOB_STORE is not one; write for example region=eu-west-3")
        }
        let isAWS = values["endpoint"] == nil
        let endpoint = try endpoint(values["endpoint"] ?? "https://s3.\(region).amazonaws.com")
        let style = try choice("style", values["style"], S3Location.Style.self)
        // A bucket with dots has no certificate that fits its name as part of the host's.
        let usual: S3Location.Style = isAWS && !bucket.contains(".") ? .virtual : .path
        let authority = values["ca"]
        guard authority.map({ $0.hasPrefix("/") && !$0.utf8.contains(0) }) ?? true else {
            throw .refused("ca in BLOB_STORE must be the absolute path of a file of certificates")
        }
        return S3Location(
            bucket: bucket, prefix: prefix, isSecure: endpoint.isSecure, host: endpoint.host, port: endpoint.port,
            region: region, style: style ?? usual,
            checksum: try choice("checksum", values["checksum"], S3Location.Checksum.self) ?? .sha256,
            certificateAuthority: authority)
    }

    private func place(_ text: Substring) throws(BlobStoreError) -> (bucket: String, prefix: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        let bucket = String(parts[0])
        let bytes = Array(bucket.utf8)
        guard (3...63).contains(bytes.count), bytes.allSatisfy({ Self.isBucket($0) }),
            bytes.first.map(Self.isLetterOrDigit) == true, bytes.last.map(Self.isLetterOrDigit) == true,
            !bucket.contains("..")
        else {
            throw .refused(
                "“\(bucket.prefix(64))” in BLOB_STORE is no bucket name: 3 to 63 of a-z, 0-9, “-” and “.”, a letter or digit at both ends"
            )
        }
        var prefix = parts.count > 1 ? String(parts[1]) : ""
        if prefix.hasSuffix("/") { prefix.removeLast() }
        if !prefix.isEmpty { try Self.check(prefix: prefix) }
        return (bucket, prefix)
    }

    static func check(prefix: String) throws(BlobStoreError) {
        let segments = prefix.split(separator: "/", omittingEmptySubsequences: false)
        guard prefix.utf8.count <= 512, prefix.utf8.allSatisfy({ isPrefix($0) }),
            segments.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else {
            throw .refused(
                "the prefix behind the bucket in BLOB_STORE may have letters, digits and -_.!*'() between single slashes"
            )
        }
    }

    private func parameters(_ query: Substring) throws(BlobStoreError) -> [String: String] {
        var values: [String: String] = [:]
        for pair in query.split(separator: "&") {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(sides[0])
            guard Self.parameters.contains(name) else {
                let known = Self.parameters.joined(separator: ", ")
                throw .refused("BLOB_STORE has an unknown parameter “\(name.prefix(64))”; known are \(known)")
            }
            guard sides.count == 2, let value = PercentEncoding.decode(sides[1]), !value.isEmpty else {
                throw .refused("\(name) in BLOB_STORE has no value, or one with a broken % sequence")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw .refused("BLOB_STORE names \(name) twice")
            }
        }
        return values
    }

    private func endpoint(_ text: String) throws(BlobStoreError) -> (isSecure: Bool, host: String, port: UInt16?) {
        let isSecure = text.hasPrefix("https://")
        guard isSecure || text.hasPrefix("http://") else { throw Self.badEndpoint }
        var rest = text.dropFirst(isSecure ? 8 : 7)
        if rest.hasSuffix("/") { rest.removeLast() }
        var host = rest
        var port: UInt16?
        let isBracketed = rest.hasPrefix("[")
        let end = isBracketed ? rest.firstIndex(of: "]").map(rest.index(after:)) : rest.firstIndex(of: ":")
        if isBracketed && end == nil { throw Self.badEndpoint }
        if let end, end < rest.endIndex {
            guard rest[end] == ":", let number = UInt16(rest[rest.index(after: end)...]), number > 0,
                rest[rest.index(after: end)...].utf8.allSatisfy({ (48...57).contains($0) })
            else { throw Self.badEndpoint }
            host = rest[..<end]
            port = number == (isSecure ? 443 : 80) ? nil : number
        }
        let name = isBracketed ? host.dropFirst().dropLast() : host
        guard (1...253).contains(name.utf8.count), name.utf8.allSatisfy({ Self.isHost($0, isAddress: isBracketed) })
        else { throw Self.badEndpoint }
        return (isSecure, host.lowercased(), port)
    }

    private static var badEndpoint: BlobStoreError {
        .refused("endpoint in BLOB_STORE must be https://host or https://host:port and nothing behind it")
    }

    private func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ name: String, _ value: String?, _ type: Choice.Type
    ) throws(BlobStoreError) -> Choice? {
        guard let value else { return nil }
        guard let choice = Choice(rawValue: value) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: " or ")
            throw .refused("\(name) in BLOB_STORE must be \(known)")
        }
        return choice
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool { isLower(byte) || isDigit(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    private static func isBucket(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || "-.".utf8.contains(byte) }
    private static func isRegion(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || isUpper(byte) || "-_".utf8.contains(byte)
    }
    private static func isPrefix(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || isUpper(byte) || "-_.!*'()/".utf8.contains(byte)
    }
    private static func isHost(_ byte: UInt8, isAddress: Bool) -> Bool {
        isLetterOrDigit(byte) || isUpper(byte) || (isAddress ? ":.%" : "-._").utf8.contains(byte)
    }
}
