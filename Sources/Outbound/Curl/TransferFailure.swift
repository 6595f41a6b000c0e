import CCurl

/// Why there is no answer.
package enum TransferFailure: Error, Equatable {
    /// The name of the host has no address.
    case hostUnknown
    /// Nothing accepts connections there.
    case refused
    /// No connection, or no progress, in time.
    case timedOut(connected: Bool)
    /// No secure connection; the library's words.
    case tls(String)
    /// The connection broke, or ended too early.
    case cutOff
    /// What came is not the protocol, or breaks its rules.
    case malformed
    /// The answer is longer than anything we asked for.
    case tooLarge
    /// Too many transfers wait, or this one has waited too long.
    case overloaded
    /// The engine was let go of.
    case stopped
    /// Anything else; the library's code.
    case other(Int32)

    /// - Parameters:
    ///   - code: how the transfer ended; not `CURLE_OK`.
    ///   - connected: whether there was a connection.
    ///   - words: what the library says about it.
    init(_ code: CURLcode, connected: Bool, words: String) {
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: self = .hostUnknown
        case CURLE_COULDNT_CONNECT: self = .refused
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(connected: connected)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_INVALIDCERTSTATUS:
            self = .tls(words)
        case CURLE_PARTIAL_FILE, CURLE_GOT_NOTHING, CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_SEND_FAIL_REWIND:
            self = .cutOff
        case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL, CURLE_HTTP2, CURLE_BAD_CONTENT_ENCODING:
            self = .malformed
        case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED: self = .tooLarge
        default: self = .other(Int32(code.rawValue))
        }
    }
}
