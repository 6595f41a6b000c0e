import Foundation
import Testing

@testable import Crypto

/// Made by scripts/make_share_vectors.py, which shares no code with this.
private struct ShareVectors: Decodable {
    struct Case: Decodable {
        let threshold, count: Int
        let set: UInt32
        let key: HexBytes
        let shares: [String]
    }

    let vault: String
    let cases: [Case]
    let ring, ringStableKey: HexBytes
    let ringCase: Int

    static let all: ShareVectors = VectorFiles.load("shares.json")
}

private func share(_ text: String) throws -> KeyShare { try KeyShare(parsing: SecretBytes(copying: Array(text.utf8))) }

private func refusal(_ text: String) -> CryptoError? {
    do {
        _ = try share(text)
        return nil
    } catch { return error as? CryptoError }
}

@Suite struct KeyShareTests {
    private let vectors = ShareVectors.all

    @Test func theFieldIsThatOfAES() {
        // FIPS 197, sections 4.2 and 4.2.1.
        #expect(GaloisField.multiply(0x57, 0x83) == 0xc1)
        #expect(GaloisField.multiply(0x57, 0x13) == 0xfe)
        #expect(GaloisField.inverse(0) == 0)
        for a in UInt8(1)...255 { #expect(GaloisField.multiply(a, GaloisField.inverse(a)) == 1, "\(a)") }
    }

    @Test func anyThresholdOfTheVectorsSharesGivesTheKey() throws {
        for vector in vectors.cases {
            let shares = try vector.shares.map(share)
            #expect(shares.allSatisfy { $0.threshold == vector.threshold && $0.set == vector.set })
            for taken in choices(of: vector.threshold, from: shares) {
                let key = SealingKey(KeySplit.combine(taken.map(\.point), size: 32))
                #expect(key.bytesForTests == vector.key.bytes, "\(taken.map(\.index)) of \(vector.count)")
            }
            for taken in choices(of: vector.threshold - 1, from: shares) {
                let key = SealingKey(KeySplit.combine(taken.map(\.point), size: 32))
                #expect(key.bytesForTests != vector.key.bytes)
            }
        }
    }

    @Test func theTextIsTheVectorsText() throws {
        for vector in vectors.cases {
            for text in vector.shares { #expect(try share(text).text == text) }
        }
    }

    @Test func aSplitKeyComesBackFromEveryChoice() throws {
        for (threshold, count) in [(2, 2), (2, 4), (3, 5), (4, 4), (5, 6)] {
            let key = SealingKey.random()
            let points = KeySplit.split(key.secret, into: count, threshold: threshold)
            #expect(points.map(\.index) == (1...count).map { UInt8($0) })
            for taken in choices(of: threshold, from: points) {
                #expect(SealingKey(KeySplit.combine(taken.reversed(), size: 32)).isSame(as: key))
            }
        }
    }

    @Test func oneShareFewerTellsNothing() throws {
        // Whatever the missing share is, every key is possible: 2 of 2, one byte, all 256 values of the other share.
        let secret = SecretBytes(copying: [0x5a])
        let known = KeySplit.split(secret, into: 2, threshold: 2)[0]
        let keys = (UInt8(0)...255).map { value in
            KeySplit.combine([known, SplitValue(index: 2, value: SecretBytes(copying: [value]))], size: 1)
                .withBytes { $0[0] }
        }
        #expect(Set(keys).count == 256)
    }

    @Test func blanksDashesAndCaseDoNotMatter() throws {
        let text = vectors.cases[2].shares[0]
        let typed = " " + text.lowercased().replacingOccurrences(of: "-", with: " ") + "\r\n"
        #expect(try share(typed).text == text)
        #expect(try share(text.replacingOccurrences(of: "-", with: "")).text == text)
    }

    @Test func everyTypingErrorIsNoticed() {
        let text = vectors.cases[2].shares[0]
        for position in text.indices where text[position] != "-" {
            for letter in ["A", "Z", "2", "7", "1", "0", "ä"] where String(text[position]) != letter {
                var typed = text
                typed.replaceSubrange(position...position, with: letter)
                #expect(refusal(typed) == .custody(.share(.malformed)), "\(typed)")
            }
        }
        let tooLong = String(repeating: " ", count: 600) + text
        for other in ["", "CSVSHARE1", text + "A", String(text.dropLast()), "CSVSHARE2" + text.dropFirst(9), tooLong] {
            #expect(refusal(other) == .custody(.share(.malformed)), "\(other)")
        }
    }

    @Test(arguments: [(1, 5), (0, 2), (6, 5), (2, 1), (2, 256), (300, 400), (-1, 3)])
    func splitsThatMakeNoSenseAreRefused(_ threshold: Int, _ count: Int) {
        #expect(ShareScheme(threshold: threshold, count: count) == nil)
        #expect(SharesKeyProvider(directory: "/x", threshold: threshold, count: count) == nil)
    }

    private func choices<Element>(of count: Int, from elements: [Element]) -> [[Element]] {
        guard count > 0 else { return [[]] }
        guard elements.count >= count, let first = elements.first else { return [] }
        let rest = Array(elements.dropFirst())
        return choices(of: count - 1, from: rest).map { [first] + $0 } + choices(of: count, from: rest)
    }
}

@Suite struct SharesKeyProviderTests {
    private let directory = TemporaryDirectory()

    private func made(threshold: Int = 3, count: Int = 5, vaultID: UInt128 = 9) throws -> [KeyShare] {
        let provider = try #require(
            SharesKeyProvider(directory: directory.path, threshold: threshold, count: count))
        _ = try provider.create(vaultID: vaultID)
        let shares = provider.takeShares()
        #expect(shares.count == count)
        #expect(provider.takeShares().isEmpty, "handed out once")
        return shares
    }

    private func thrown(_ body: () throws -> Void) -> CryptoError? {
        do {
            try body()
            return nil
        } catch { return error as? CryptoError }
    }

    @Test func theIndependentScriptsRingOpensWithItsShares() throws {
        let vectors = ShareVectors.all
        _ = try made()
        try directory.write(vectors.ring.bytes, "ring.sealed")
        let provider = SharesKeyProvider(directory: directory.path)
        for text in vectors.cases[vectors.ringCase].shares.dropFirst(2) { _ = try provider.add(try share(text)) }
        let ring = try provider.unlock()
        #expect(ring.vaultID == UInt128(vectors.vault, radix: 16))
        #expect(ring.stableKey("journal").bytesForTests == vectors.ringStableKey.bytes)
    }

    @Test func sharesUnlockOneByOne() throws {
        let shares = try made()
        let provider = SharesKeyProvider(directory: directory.path)
        #expect(thrown { _ = try provider.unlock() } == .custody(.sharesNeeded(threshold: 3, provided: 0)))
        for (given, share) in [shares[4], shares[1]].enumerated() {
            let (provided, threshold) = try provider.add(share)
            #expect((provided, threshold) == (given + 1, 3))
        }
        #expect(thrown { _ = try provider.unlock() } == .custody(.sharesNeeded(threshold: 3, provided: 2)))
        _ = try provider.add(shares[2])
        #expect(try provider.unlock().vaultID == 9)
        #expect(try provider.progress().provided == 0, "let go of once they did their work")
        // Unlocked, it can save and unlock again; the same shares go on to be right.
        let ring = try provider.unlock()
        ring.addGeneration()
        try provider.save(ring)
        let later = SharesKeyProvider(directory: directory.path)
        for share in shares[0..<3] { _ = try later.add(share) }
        #expect(try later.unlock().generations == [1, 2])
    }

    @Test func whatDoesNotHelpIsRefusedAndTheRestStays() throws {
        let shares = try made()
        let stranger = TemporaryDirectory()
        let other = try #require(SharesKeyProvider(directory: stranger.path, threshold: 3, count: 5))
        _ = try other.create(vaultID: 10)
        let foreign = other.takeShares()
        let provider = SharesKeyProvider(directory: directory.path)
        _ = try provider.add(shares[0])
        #expect(thrown { _ = try provider.add(foreign[1]) } == .custody(.share(.anotherVault)))
        #expect(thrown { _ = try provider.add(shares[0]) } == .custody(.share(.repeated(index: 1))))
        #expect(try provider.progress().provided == 1)
    }

    @Test func aKeySplitAnewMakesOldSharesWorthless() throws {
        let old = try made()
        let provider = SharesKeyProvider(directory: directory.path)
        for share in old[0..<3] { _ = try provider.add(share) }
        let ring = try provider.unlock()
        let again = try #require(SharesKeyProvider(directory: directory.path, threshold: 2, count: 3))
        try again.adopt(ring)
        let new = again.takeShares()
        let later = SharesKeyProvider(directory: directory.path)
        #expect(thrown { _ = try later.add(old[0]) } == .custody(.share(.anotherSplit)))
        for share in new[1...2] { _ = try later.add(share) }
        #expect(try later.unlock().stableKey("x").isSame(as: ring.stableKey("x")))
    }

    @Test func aForgedShareFailsTogetherAndAllAreDropped() throws {
        let shares = try made()
        let provider = SharesKeyProvider(directory: directory.path)
        for share in shares[0...1] { _ = try provider.add(share) }
        // Well formed, of the right vault and split, and of no polynomial.
        let forged = KeyShare(
            vault: shares[2].vault, set: shares[2].set, threshold: 3,
            point: SplitValue(index: 3, value: SecretBytes(count: 32)))
        _ = try provider.add(forged)
        #expect(thrown { _ = try provider.unlock() } == .custody(.share(.wrongTogether(count: 3))))
        #expect(try provider.progress().provided == 0)
        for share in shares[0...2] { _ = try provider.add(share) }
        _ = try provider.unlock()
    }

    @Test func anotherProvidersRingIsNamed() throws {
        _ = try FileKeyProvider(directory: directory.path).create(vaultID: 1)
        let error = thrown { _ = try SharesKeyProvider(directory: directory.path).unlock() }
        guard case .keyFile(let words)? = error else { throw CocoaError(.featureUnsupported) }
        #expect(words.contains("locked with a key file") && words.contains("Choose the file key provider"))
    }
}
