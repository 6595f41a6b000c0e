import Crypto
import Foundation
import Testing

/// The published vectors in Vectors/ (its README says where each file is from).
enum VectorFiles {
    static func load<Case: Decodable>(_ name: String, as type: Case.Type = Case.self) -> Case {
        do {
            let url = Bundle.module.bundleURL.appendingPathComponent("Vectors/\(name)")
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(type, from: Data(contentsOf: url))
        } catch {
            fatalError("the vector file \(name) cannot be read: \(error)")
        }
    }
}

/// Bytes written as hexadecimal in a vector file.
struct HexBytes: Decodable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let bytes = Hex.decode(text) else { throw CocoaError(.coderReadCorrupt) }
        self.bytes = bytes
    }
}

/// `[[hex, times], …]`: long stretches of one byte written once.
struct RunBytes: Decodable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        var runs = try decoder.unkeyedContainer()
        var bytes: [UInt8] = []
        while !runs.isAtEnd {
            var run = try runs.nestedUnkeyedContainer()
            let piece = try run.decode(HexBytes.self).bytes
            let times = try run.decode(Int.self)
            if piece.count == 1 {
                bytes += [UInt8](repeating: piece[0], count: times)
            } else {
                for _ in 0..<times { bytes += piece }
            }
        }
        self.bytes = bytes
    }
}

/// An AEAD case of Wycheproof or of NIST.
struct AEADCase: Decodable, Sendable, CustomTestStringConvertible {
    let id: Int?
    let comment: String?
    let key, iv, msg, ct, tag: HexBytes
    let aad: HexBytes?
    let result: String?

    var isValid: Bool { result ?? "valid" == "valid" }
    var testDescription: String { "\(id ?? 0) \(comment ?? "")" }
}

/// A small seeded generator (SplitMix64), so that a random test can be run again.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    mutating func bytes(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count {
            var word = next()
            for _ in 0..<8 {
                bytes.append(UInt8(truncatingIfNeeded: word))
                word >>= 8
            }
        }
        return Array(bytes.prefix(count))
    }
}
