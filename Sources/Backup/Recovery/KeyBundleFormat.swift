import Crypto
import Database
import Vault

/// A key bundle's first bytes (docs/formats/key-bundle.md): `CSVAULT-KEYBNDL\n` ‖ format (2) ‖ vault (16) ‖ moment (8) ‖
/// recipient (32) ‖ sealed key (80). The stream behind them is bound to their hash.
struct KeyBundleHeader: Sendable {
    static let format = 1
    static let magic = Array("CSVAULT-KEYBNDL\n".utf8)
    static let size = 16 + 2 + 16 + 8 + 32 + 80

    /// 16 bytes.
    let vaultID: [UInt8]
    let moment: Timestamp
    let recipient: RecoveryPublicKey
    let sealedKey: [UInt8]

    var bytes: [UInt8] {
        Self.magic + [UInt8(Self.format >> 8), UInt8(Self.format & 0xff)] + vaultID
            + stride(from: 56, through: 0, by: -8).map {
                UInt8(truncatingIfNeeded: UInt64(bitPattern: moment.milliseconds) >> UInt64($0))
            } + recipient.bytes + sealedKey
    }

    /// What the stream is bound to.
    var context: [UInt8] { SHA256Hash.of(bytes) }

    init(vaultID: [UInt8], moment: Timestamp, recipient: RecoveryPublicKey, sealedKey: [UInt8]) {
        self.vaultID = vaultID
        self.moment = moment
        self.recipient = recipient
        self.sealedKey = sealedKey
    }

    /// - Throws: ``KeyBundleRefusal``.
    init(_ bytes: [UInt8]) throws(KeyBundleRefusal) {
        guard bytes.count >= Self.size, Array(bytes[..<16]) == Self.magic else { throw .notABundle }
        let format = Int(bytes[16]) << 8 | Int(bytes[17])
        guard format <= Self.format else { throw .newerFormat(format) }
        guard let recipient = RecoveryPublicKey(Array(bytes[42..<74])) else { throw .notABundle }
        vaultID = Array(bytes[18..<34])
        moment = Timestamp(
            milliseconds: Int64(bitPattern: bytes[34..<42].reduce(0) { $0 << 8 | UInt64($1) }))
        self.recipient = recipient
        sealedKey = Array(bytes[74..<Self.size])
    }
}

/// Why a key bundle does not serve.
public enum KeyBundleRefusal: Error, Equatable, Sendable, CustomStringConvertible {
    case notABundle
    case newerFormat(Int)
    /// Sealed to another recovery key: the fingerprints of the one it needs and of the one given.
    case otherRecoveryKey(needed: String, given: String)
    /// Cut off, or altered.
    case altered
    /// No recovery key is set, so there is nothing to seal it to.
    case noRecoveryKey

    public var description: String {
        switch self {
        case .notABundle: "this is no key bundle of CloudSpace Vault"
        case .newerFormat(let number):
            "the key bundle has format \(number), which a newer program wrote; use that one, or update this one"
        case .otherRecoveryKey(let needed, let given):
            "the key bundle is sealed to the recovery key with fingerprint \(needed), and this one has \(given): give the other "
                + "key, or a bundle that was made for this one"
        case .altered: "the key bundle is cut off or altered: it does not open to its end"
        case .noRecoveryKey:
            "no recovery key is set; make one with `cloudspace keys recovery-key create`"
        }
    }
}

/// The records of a bundle's stream: each a length of 4 bytes and a list in the row coding, whose first value says what it is.
enum KeyBundleRecord: Sendable {
    /// A row of `file_keys`, as it is: owner, kind of owner, space, generation, wrapped key, made at, wrapped at.
    case key([SQLValue])
    /// The key ring, sealed under the bundle's key; how many keys came before; the last event of the journal by then.
    case end(ring: [UInt8], keys: Int64, lastSequence: Int64)

    static let mostBytes = 1 << 20

    var encoding: [UInt8] {
        let list: [UInt8]
        switch self {
        case .key(let values): list = RowCoding.encode([.text("key")] + values)
        case .end(let ring, let keys, let sequence):
            list = RowCoding.encode([.text("end"), .bytes(ring), .integer(keys), .integer(sequence)])
        }
        let count = UInt32(clamping: list.count)
        return stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: count >> UInt32($0)) } + list
    }

    /// - Returns: nil for what no record is.
    init?(_ list: [UInt8]) {
        guard let values = try? RowCoding.decode(list), case .text(let kind)? = values.first else { return nil }
        switch (kind, values.count) {
        case ("key", 8): self = .key(Array(values.dropFirst()))
        case ("end", 4):
            guard case .bytes(let ring) = values[1], case .integer(let keys) = values[2],
                case .integer(let sequence) = values[3]
            else { return nil }
            self = .end(ring: ring, keys: keys, lastSequence: sequence)
        default: return nil
        }
    }
}
