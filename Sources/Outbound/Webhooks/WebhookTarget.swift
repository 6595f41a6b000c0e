/// Where a webhook is sent. Chosen by the operator alone: no request can name one.
package struct WebhookTarget: Sendable {
    let url: String
    let authority: String
    let isLocal: Bool
    let secret: WebhookSecret
    /// A file of certificates to trust instead of the system's.
    let certificateAuthority: String?

    package static let expectation =
        "an https address without user, password and fragment; http only for this machine (127.0.0.1, ::1, localhost)"

    package init(
        parsing text: String, secret: WebhookSecret, certificateAuthority: String? = nil
    ) throws(ServiceAddressError) {
        guard Self.isTarget(text), let address = ServiceAddress(text) else {
            throw ServiceAddressError(Self.expectation)
        }
        let path = address.path.isEmpty ? "/" : address.path
        authority = address.authority
        url = "\(address.scheme)://\(address.authority)\(path)" + (address.query.map { "?\($0)" } ?? "")
        isLocal = address.isLoopback
        self.secret = secret
        self.certificateAuthority = certificateAuthority
    }
}

extension WebhookTarget {
    /// Whether `text` may be a target's address.
    package static func isTarget(_ text: String) -> Bool {
        guard let address = ServiceAddress(text), address.user == nil else { return false }
        return address.scheme == "https" || address.scheme == "http" && address.isLoopback
    }
}
