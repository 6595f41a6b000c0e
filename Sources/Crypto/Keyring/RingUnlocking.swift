/// What unlocks a key ring, as its header says (docs/formats/key-ring.md).
enum RingUnlocking: Equatable, Sendable {
    /// A 32-byte key in a file of its own.
    case keyFile
    /// A passphrase, through Argon2id with this salt (16 bytes).
    case passphrase(PasswordParameters, salt: [UInt8])
    /// A random key, split into shares.
    case shares(ShareScheme)
    /// A random key, wrapped by one that others keep.
    case custody(WrappedRingKey)

    /// The word for settings and status.
    var provider: String {
        switch self {
        case .keyFile: "file"
        case .passphrase: "passphrase"
        case .shares: "shares"
        case .custody(let wrapped): wrapped.custodian.rawValue
        }
    }

    /// Completes "is locked with …".
    fileprivate var words: String {
        switch self {
        case .keyFile: "a key file"
        case .passphrase: "a passphrase"
        case .shares: "shares of a split key"
        case .custody(let wrapped): wrapped.custodian.words
        }
    }

    /// The error of a provider of another kind.
    func refusal(to whichUses: String, at path: String) -> CryptoError {
        .keyFile("\(path) is locked with \(words), not with \(whichUses). Choose the \(provider) key provider.")
    }
}

/// Who keeps the key that wraps a ring's unlocking key.
package enum Custodian: String, CaseIterable, Sendable {
    /// A token that speaks PKCS#11: a hardware security module, a smart card.
    case pkcs11
    /// The transit engine of HashiCorp Vault or OpenBao.
    case transit
    /// The key management service of AWS, or one that speaks its protocol.
    case awsKMS = "aws-kms"

    /// Its number in the header.
    var code: UInt8 {
        switch self {
        case .pkcs11: 4
        case .transit: 5
        case .awsKMS: 6
        }
    }

    var words: String {
        switch self {
        case .pkcs11: "a key on a PKCS#11 token"
        case .transit: "a transit key of HashiCorp Vault or OpenBao"
        case .awsKMS: "a key of AWS KMS"
        }
    }
}

/// A ring's unlocking key, wrapped by a key that somebody else keeps.
package struct WrappedRingKey: Equatable, Sendable {
    package let custodian: Custodian
    /// What names the key where it lives. For people and for comparing with the settings: whoever may change the file may
    /// change these, so nothing is ever asked of a place because they name it.
    package let names: [String]
    package let bytes: [UInt8]

    static let nameCounts = 0...8
    static let nameSizes = 0...512
    static let byteCounts = 16...6_144

    /// - Returns: nil when a part is longer than the format takes.
    package init?(custodian: Custodian, names: [String], bytes: [UInt8]) {
        guard Self.nameCounts.contains(names.count), names.allSatisfy({ Self.nameSizes.contains($0.utf8.count) }),
            Self.byteCounts.contains(bytes.count)
        else { return nil }
        self.custodian = custodian
        self.names = names
        self.bytes = bytes
    }
}
