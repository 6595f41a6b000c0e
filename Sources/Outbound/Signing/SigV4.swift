import Crypto

/// AWS Signature Version 4 in the `Authorization` header, as S3 and the key management service want it.
///
/// Source: Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header". Why not libcurl's own:
/// docs/decisions/0015-s3-requests-signed-by-ourselves.md.
package struct SigV4 {
    package let credentials: AWSCredentials
    package let region: String
    /// As the scope names it: `s3`, `kms`.
    package let service: StaticString

    package init(credentials: AWSCredentials, region: String, service: StaticString) {
        self.credentials = credentials
        self.region = region
        self.service = service
    }

    /// A request as far as it is signed.
    package struct Canonical {
        package let method: String
        /// Percent-encoded once, as it is sent.
        package let path: String
        /// Names and values, not encoded.
        package let query: [(name: String, value: String)]
        /// All of these are signed; names in any case. `Host` must be among them.
        package let headers: [(name: String, value: String)]
        /// SHA-256 of the body in lower-case hexadecimal digits.
        package let payloadHash: String

        package init(
            method: String, path: String, query: [(name: String, value: String)],
            headers: [(name: String, value: String)], payloadHash: String
        ) {
            self.method = method
            self.path = path
            self.query = query
            self.headers = headers
            self.payloadHash = payloadHash
        }
    }

    /// The value of `Authorization`.
    /// - Parameter moment: the same as in the signed header `x-amz-date`.
    package func authorization(for request: Canonical, at moment: SigningTime) -> String {
        let headers = request.headers.map { ($0.name.lowercased(), Self.trimmed($0.value)) }.sorted { $0.0 < $1.0 }
        let names = headers.map(\.0).joined(separator: ";")
        let lines = [
            request.method, request.path, Self.canonicalQuery(request.query),
            headers.map { "\($0.0):\($0.1)\n" }.joined(), names, request.payloadHash,
        ]
        let scope = "\(moment.date)/\(region)/\(service)/aws4_request"
        let hash = Hex.encode(SHA256Hash.of(Array(lines.joined(separator: "\n").utf8)))
        let signature = sign("AWS4-HMAC-SHA256\n\(moment.dateTime)\n\(scope)\n\(hash)", on: moment.date)
        return
            "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope),SignedHeaders=\(names),Signature=\(signature)"
    }

    /// The query as it is signed, and sent: sorted by encoded name, then value.
    package static func canonicalQuery(_ query: [(name: String, value: String)]) -> String {
        query.map { (PercentEncoding.encode($0.name), PercentEncoding.encode($0.value)) }
            .sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    private func sign(_ text: String, on date: String) -> String {
        var start = SecretBytes(
            copying: Array("AWS4".utf8) + [UInt8](repeating: 0, count: credentials.secretAccessKey.count))
        credentials.secretAccessKey.withBytes { secret in
            start.withMutableBytes { bytes in
                for index in secret.indices { bytes[4 + index] = secret[index] }
            }
        }
        let dateKey = SHA256HMAC.derive(date, key: start)
        let regionKey = SHA256HMAC.derive(region, key: dateKey)
        let serviceKey = SHA256HMAC.derive(service.description, key: regionKey)
        let signingKey = SHA256HMAC.derive("aws4_request", key: serviceKey)
        return Hex.encode(SHA256HMAC.tag(text, key: signingKey))
    }

    /// Without blanks around it, and runs of blanks as one.
    private static func trimmed(_ value: String) -> String {
        value.split(separator: " ").joined(separator: " ")
    }
}

/// A moment as Signature Version 4 writes it.
package struct SigningTime: Hashable {
    /// `20130524`
    package let date: String
    /// `20130524T000000Z`
    package let dateTime: String

    /// - Parameter milliseconds: since 1970, UTC.
    package init(milliseconds: Int64) {
        let moment = CivilTime(secondsSince1970: milliseconds / 1_000)
        date = Self.digits(moment.year, 4) + Self.digits(moment.month, 2) + Self.digits(moment.day, 2)
        dateTime =
            "\(date)T" + Self.digits(moment.hour, 2) + Self.digits(moment.minute, 2) + Self.digits(moment.second, 2)
            + "Z"
    }

    private static func digits(_ number: Int, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
}
