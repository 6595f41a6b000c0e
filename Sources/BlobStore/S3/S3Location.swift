import Outbound

/// Where a bucket is: `s3://bucket[/prefix]?endpoint=…&region=…`.
///
/// | parameter  | meaning                                                      | when it is missing                          |
/// |------------|--------------------------------------------------------------|---------------------------------------------|
/// | `endpoint` | `https://host[:port]` (or `http://`) of the service          | AWS in `region`                             |
/// | `region`   | the region that requests are signed for                      | `us-east-1`; required without an `endpoint` |
/// | `style`    | `path` (`host/bucket/…`) or `virtual` (`bucket.host/…`)      | `virtual` on AWS, else `path`               |
/// | `checksum` | `sha256` (`x-amz-checksum-sha256`) or `md5` (`Content-MD5`)  | `sha256`                                    |
/// | `ca`       | absolute path of a file of certificates to trust             | the system's                                |
public struct S3Location: Hashable, Sendable {
    public enum Style: String, Hashable, Sendable, CaseIterable { case path, virtual }
    public enum Checksum: String, Hashable, Sendable, CaseIterable { case sha256, md5 }

    public let bucket: String
    /// What all object names begin with, without slashes around it; empty for none.
    public let prefix: String
    public let isSecure: Bool
    /// Name or address; an IPv6 address in brackets.
    public let host: String
    /// Nil for the scheme's own.
    public let port: UInt16?
    public let region: String
    public let style: Style
    public let checksum: Checksum
    /// A file in PEM form.
    public let certificateAuthority: String?

    /// Reads the form above. Values may be percent-encoded.
    /// - Throws: `BlobStoreError.refused`, in words that say what to correct.
    public static func parse(_ text: String) throws(BlobStoreError) -> S3Location {
        try S3LocationParser(text).location()
    }

    /// The same bucket with `name` behind the prefix.
    public func appending(_ name: String) throws(BlobStoreError) -> S3Location {
        let longer = prefix.isEmpty ? name : "\(prefix)/\(name)"
        try S3LocationParser.check(prefix: longer)
        return S3Location(
            bucket: bucket, prefix: longer, isSecure: isSecure, host: host, port: port, region: region, style: style,
            checksum: checksum, certificateAuthority: certificateAuthority)
    }
}

/// How requests are addressed.
extension S3Location {
    /// What goes before every object's name.
    var namePrefix: String { prefix.isEmpty ? "" : "\(prefix)/" }

    /// The name of a blob's object.
    func name(of key: BlobKey) -> String { namePrefix + key.path }

    /// The key whose object has this name; nil for objects that are no blobs of ours.
    func key(named name: String) -> BlobKey? {
        guard name.hasPrefix(namePrefix), let key = BlobKey(hex: name.utf8.suffix(32).text) else { return nil }
        return self.name(of: key) == name ? key : nil
    }

    /// Where connections go to, as people know it.
    var authority: String { port.map { "\(host):\($0)" } ?? host }

    /// The `Host` field.
    var hostField: String { style == .virtual ? "\(bucket).\(authority)" : authority }

    /// The percent-encoded path of an object, or of the bucket itself.
    func path(of object: String?) -> String {
        var path = style == .path ? "/\(bucket)" : ""
        if let object { path += "/" + PercentEncoding.encode(object, keepingSlash: true) }
        return path.isEmpty ? "/" : path
    }

    var scheme: String { isSecure ? "https" : "http" }

    /// Whether the endpoint is this machine.
    var isLocal: Bool {
        host == "localhost" || host.hasPrefix("127.") || host == "[::1]" || host.hasSuffix(".localhost")
    }
}

extension S3Location: CustomStringConvertible {
    public var description: String {
        var text = "s3://\(bucket)"
        if !prefix.isEmpty { text += "/\(prefix)" }
        return text + " at \(scheme)://\(authority)"
    }
}

extension Substring.UTF8View {
    fileprivate var text: String { String(Substring(self)) }
}
