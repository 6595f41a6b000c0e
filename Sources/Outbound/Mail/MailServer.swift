package import Crypto

/// The SMTP server that takes our mail: `smtps://host`, or `smtp://host` with STARTTLS.
package struct MailServer: Sendable {
    /// How the connection is secured.
    package enum Security: Sendable, Equatable {
        /// TLS from the first byte (RFC 8314).
        case implicit
        /// STARTTLS, without which nothing is sent.
        case startTLS
        /// None: on this machine, or said on purpose (`?tls=none`).
        case none
    }

    let url: String
    package let security: Security
    let account: MailAccount?
    let isLocal: Bool
    /// A file of certificates to trust instead of the system's.
    let certificateAuthority: String?

    package static let expectation =
        "smtps://HOST or smtp://HOST, with a port if it is not 465 or 587, the user before @ if it wants one; ?tls=none "
        + "gives up encryption"

    /// - Parameters:
    ///   - text: `smtps://user@host:465` (TLS at once), `smtp://user@host:587` (STARTTLS, demanded unless the host is this
    ///     machine), `?tls=none` for a server without TLS.
    ///   - user: instead of the one in the address.
    ///   - password: sent only over TLS, or to this machine.
    package init(
        parsing text: String, user: String? = nil, password: consuming SecretBytes? = nil,
        certificateAuthority: String? = nil
    ) throws(ServiceAddressError) {
        guard let address = ServiceAddress(text), address.path.isEmpty || address.path == "/" else {
            throw ServiceAddressError(Self.expectation)
        }
        isLocal = address.isLoopback
        switch (address.scheme, address.query) {
        case ("smtps", nil): security = .implicit
        case ("smtp", "tls=none"): security = .none
        case ("smtp", nil): security = address.isLoopback ? .none : .startTLS
        case ("smtp", "tls=required"): security = .startTLS
        default: throw ServiceAddressError(Self.expectation)
        }
        let host = address.host.contains(":") ? "[\(address.host)]" : address.host
        let port = address.port ?? (security == .implicit ? 465 : 587)
        url = "\(address.scheme)://\(host):\(port)"
        let name = user ?? address.user
        if let password {
            guard let name else {
                throw ServiceAddressError("the user that the password belongs to (smtps://USER@HOST)")
            }
            guard security != .none || address.isLoopback else {
                throw ServiceAddressError("a server with TLS: a password is not sent in the clear")
            }
            guard let given = MailAccount(user: name, password: password) else {
                throw ServiceAddressError("a user and a password without line breaks, of at most 256 bytes")
            }
            account = given
        } else {
            guard name == nil else {
                throw ServiceAddressError("the password of the user (SMTP_PASSWORD or a file)")
            }
            account = nil
        }
        self.certificateAuthority = certificateAuthority
    }
}

/// Who we are to the mail server. Never printed.
final class MailAccount: Sendable {
    let user: String
    /// Ended by a zero, as libcurl takes it.
    let password: SecretBytes

    init?(user: String, password: borrowing SecretBytes) {
        let isPassword = password.withBytes { bytes in
            (1...256).contains(bytes.count) && bytes.indices.allSatisfy { bytes[$0] >= 0x20 && bytes[$0] != 0x7f }
        }
        guard isPassword, (1...256).contains(user.utf8.count), user.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            return nil
        }
        self.user = user
        var ended = SecretBytes(copying: [UInt8](repeating: 0, count: password.count + 1))
        password.withBytes { source in
            ended.withMutableBytes { bytes in
                for index in source.indices { bytes[index] = source[index] }
            }
        }
        self.password = ended
    }
}
