/// Why a server did not start; words for the operator.
public enum ServerError: Error, Equatable, Sendable {
    /// The address is no IPv4 or IPv6 address in numbers.
    case badAddress(String)
    /// The address cannot be listened on: the reason in the system's words.
    case cannotListen(String)
    /// The certificate or key file cannot be read or used.
    case certificate(String)
    /// The library refused to start.
    case cannotStart(String)
}
