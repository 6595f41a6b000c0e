/// The header of a ring file: in clear, so that one can tell what unlocks it, and authenticated by what it locks.
enum RingHeader {
    private static let magic: StaticString = "CSVRING"
    private static let argon2Version: UInt8 = 0x13
    /// Format 1: all of it. Format 2: what stands before the part that differs in length.
    private static let firstSize = 56
    private static let secondSize = 32
    static let longestPart = 12_288

    /// - Throws: `.unsupportedFormat`; `.openFailed` when this is not the whole header of a ring.
    static func decode(_ bytes: Span<UInt8>) throws(CryptoError) -> KeyRingFile.Header {
        guard bytes.count > magic.utf8CodeUnitCount, magic.withBytes({ bytes.starts(with: $0) }) else {
            throw CryptoError.openFailed
        }
        switch bytes[7] {
        case 1: return try decodeFirst(bytes)
        case 2: return try decodeSecond(bytes)
        default: throw CryptoError.unsupportedFormat(bytes[7])
        }
    }

    static func encode(_ unlocking: RingUnlocking, vaultID: UInt128) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(magic)
        switch unlocking {
        case .keyFile:
            bytes.append(contentsOf: [1, 1])
            bytes.append(contentsOf: [UInt8](repeating: 0, count: 31))
            bytes.append(bigEndian: vaultID)
        case .passphrase(let parameters, let salt):
            precondition(salt.count == Argon2id.saltSize)
            bytes.append(contentsOf: [1, 2, argon2Version, 0, 0])
            bytes.append(bigEndian: UInt32(parameters.memoryKiB))
            bytes.append(bigEndian: UInt32(parameters.iterations))
            bytes.append(bigEndian: UInt32(1))
            bytes.append(contentsOf: salt)
            bytes.append(bigEndian: vaultID)
        case .shares(let scheme):
            var part: [UInt8] = [UInt8(scheme.threshold), UInt8(scheme.count)]
            part.append(bigEndian: scheme.set)
            encodeSecond(3, part, vaultID, into: &bytes)
        case .custody(let wrapped):
            var part: [UInt8] = [UInt8(wrapped.names.count)]
            for name in wrapped.names {
                part.append(bigEndian: UInt16(name.utf8.count))
                part.append(contentsOf: name.utf8)
            }
            part.append(bigEndian: UInt16(wrapped.bytes.count))
            part.append(contentsOf: wrapped.bytes)
            encodeSecond(wrapped.custodian.code, part, vaultID, into: &bytes)
        }
        return bytes
    }

    private static func encodeSecond(_ kind: UInt8, _ part: [UInt8], _ vaultID: UInt128, into bytes: inout [UInt8]) {
        precondition(part.count <= longestPart, "names and wrapped bytes are bounded")
        bytes.append(contentsOf: [2, kind, 0])
        bytes.append(bigEndian: UInt16(part.count))
        bytes.append(bigEndian: UInt32(0))
        bytes.append(bigEndian: vaultID)
        bytes.append(contentsOf: part)
    }

    private static func decodeFirst(_ bytes: Span<UInt8>) throws(CryptoError) -> KeyRingFile.Header {
        guard bytes.count >= firstSize else { throw CryptoError.openFailed }
        let unlocking: RingUnlocking
        switch bytes[8] {
        case 1: unlocking = .keyFile
        case 2:
            let memory = Int(bytes.bigEndian(at: 12, as: UInt32.self))
            let iterations = Int(bytes.bigEndian(at: 16, as: UInt32.self))
            // Bounded before anything is authenticated, so that a changed header cannot exhaust the machine.
            guard bytes[9] == argon2Version, bytes.bigEndian(at: 20, as: UInt32.self) == 1,
                let parameters = PasswordParameters(memoryKiB: memory, iterations: iterations)
            else { throw CryptoError.openFailed }
            unlocking = .passphrase(parameters, salt: bytes.extracting(24..<40).copied())
        default: throw CryptoError.openFailed
        }
        return KeyRingFile.Header(
            unlocking: unlocking, vaultID: bytes.bigEndian(at: 40, as: UInt128.self),
            bytes: bytes.extracting(..<firstSize).copied())
    }

    private static func decodeSecond(_ bytes: Span<UInt8>) throws(CryptoError) -> KeyRingFile.Header {
        guard bytes.count >= secondSize, bytes[9] == 0, bytes.bigEndian(at: 12, as: UInt32.self) == 0 else {
            throw CryptoError.openFailed
        }
        let end = secondSize + Int(bytes.bigEndian(at: 10, as: UInt16.self))
        guard end <= secondSize + longestPart, end <= bytes.count else { throw CryptoError.openFailed }
        let part = bytes.extracting(secondSize..<end)
        guard let unlocking = decode(kind: bytes[8], part) else { throw CryptoError.openFailed }
        return KeyRingFile.Header(
            unlocking: unlocking, vaultID: bytes.bigEndian(at: 16, as: UInt128.self),
            bytes: bytes.extracting(..<end).copied())
    }

    private static func decode(kind: UInt8, _ part: Span<UInt8>) -> RingUnlocking? {
        if kind == 3 {
            guard part.count == 6 else { return nil }
            return ShareScheme(
                threshold: Int(part[0]), count: Int(part[1]), set: part.bigEndian(at: 2, as: UInt32.self)
            ).map { .shares($0) }
        }
        guard let custodian = Custodian.allCases.first(where: { $0.code == kind }), part.count > 0 else { return nil }
        var position = 1
        var names: [String] = []
        guard WrappedRingKey.nameCounts.contains(Int(part[0])) else { return nil }
        for _ in 0..<part[0] {
            guard let bytes = take(part, &position), let name = String(validating: bytes, as: UTF8.self) else {
                return nil
            }
            names.append(name)
        }
        guard let wrapped = take(part, &position), position == part.count else { return nil }
        return WrappedRingKey(custodian: custodian, names: names, bytes: wrapped).map { .custody($0) }
    }

    /// A length of two bytes and as many bytes; nil when there are not so many left.
    private static func take(_ part: Span<UInt8>, _ position: inout Int) -> [UInt8]? {
        guard part.count - position >= 2 else { return nil }
        let size = Int(part.bigEndian(at: position, as: UInt16.self))
        guard part.count - position - 2 >= size else { return nil }
        defer { position += 2 + size }
        return part.extracting(position + 2..<position + 2 + size).copied()
    }
}
