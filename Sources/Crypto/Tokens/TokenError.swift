/// Why a token was refused. For logs and tests: the bearer is told only that it was.
public enum TokenError: Error, Equatable, Sendable {
    /// Not three parts of strict base64url, or not the JSON that belongs inside, or too long.
    case malformed
    /// The header names another algorithm than HS256, or none.
    case wrongAlgorithm
    /// The header names a key generation the ring does not hold (any more).
    case unknownKey
    /// The signature is not ours.
    case badSignature
    /// `exp` has come.
    case expired
    /// `iat` lies in the future by more than a minute.
    case notYetValid
}
