import HTTP

/// Header fields that every answer gets, whatever made it.
struct ResponseHeaders: Sendable {
    let allowedOrigins: Set<String>

    /// Adds what is not there yet.
    func apply(to response: inout Response, for head: RequestHead?) {
        var headers = response.headers
        headers.append("X-Content-Type-Options", "nosniff")
        headers.append("X-Frame-Options", "DENY")
        headers.append("Referrer-Policy", "no-referrer")
        if !headers.contains("Content-Security-Policy") {
            headers.append("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
        }
        if !headers.contains("Cache-Control") { headers.append("Cache-Control", "no-store") }
        if let head {
            if head.isTLS { headers.append("Strict-Transport-Security", "max-age=31536000") }
            applyCrossOrigin(to: &headers, status: &response.status, head)
        }
        response.headers = headers
    }

    /// Lets the pages of allowed origins call the API (Fetch standard, "CORS protocol").
    private func applyCrossOrigin(to headers: inout Headers, status: inout Int, _ head: RequestHead) {
        guard let origin = head.headers.first("Origin") else { return }
        headers.append("Vary", "Origin")
        guard allowedOrigins.contains(origin) || allowedOrigins.contains("*") else { return }
        headers.append("Access-Control-Allow-Origin", allowedOrigins.contains(origin) ? origin : "*")
        guard head.method == .options, head.headers.contains("Access-Control-Request-Method") else {
            headers.append("Access-Control-Expose-Headers", Self.exposed)
            return
        }
        headers.append("Access-Control-Allow-Methods", headers.first("Allow") ?? "GET, HEAD, OPTIONS")
        headers.append("Access-Control-Allow-Headers", Self.accepted)
        headers.append("Access-Control-Max-Age", "600")
    }

    private static let exposed =
        "Accept-Ranges, Content-Disposition, Content-Range, ETag, Last-Modified, Repr-Digest, Retry-After, X-Request-ID"
    private static let accepted =
        "Accept-Language, Authorization, Content-Digest, Content-MD5, Content-Type, Digest, Idempotency-Key, If-Match, "
        + "If-None-Match, If-Range, Range, Repr-Digest, X-Request-ID"
}
