import Testing
import VaultTesting

@testable import Vault

/// The type of a file: what its name says, held against its bytes.
@Suite struct MediaTypeTests {
    private static let zip: [UInt8] = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 1, count: 200)
    private static let jpeg: [UInt8] = [0xFF, 0xD8, 0xFF, 0xE0] + [UInt8](repeating: 1, count: 60)
    private static let elf: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1, 0] + [UInt8](repeating: 0, count: 60)
    private static let noise: [UInt8] = (0..<200).map { UInt8(truncatingIfNeeded: $0 &* 97 &+ 5) }
    private static let words = Array(String(repeating: "plain words, and more of them. ", count: 5).utf8)
    private static let page = Array("<!doctype html><script>alert(1)</script>".utf8)

    static let cases: [(name: String, bytes: [UInt8], type: String)] = [
        // Confirmed: the name is finer.
        ("a.jpg", jpeg, "image/jpeg"), ("a.csv", words, "text/csv"), ("a.swift", words, "text/x-swift"),
        ("a.docx", zip, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("a.odt", zip, "application/vnd.oasis.opendocument.text"), ("a.fig", zip, "application/x-figma"),
        ("a.fig", words, "application/x-figma"), ("a.md", page, "text/markdown"), ("a.html", page, "text/html"),
        ("a.svg", Array("<svg/>".utf8), "image/svg+xml"), ("a.bin", noise, "application/octet-stream"),
        ("a.mp3", noise, "audio/mpeg"), ("a.pdf", [], "application/pdf"),
        // Contradicted: the bytes win.
        ("a.jpg", page, "text/html"), ("a.png", jpeg, "image/jpeg"), ("a.pdf", elf, "application/x-executable"),
        ("a.txt", elf, "application/x-executable"), ("a.txt", jpeg, "image/jpeg"), ("a.png", words, "text/plain"),
        ("a.jpg", Array("<svg onload='x()'/>".utf8), "image/svg+xml"), ("a.jpg", zip, "application/zip"),
        ("a.bin", page, "text/html"), ("a.pdf", Array("#!/bin/sh\necho".utf8), "text/x-shellscript"),
        ("a.gif", Array("<?xml version='1.0'?><a/>".utf8), "application/xml"), ("a.svg", page, "text/html"),
        ("a.fig", page, "text/html"),
        // A few words prove nothing against a name.
        ("a.pdf", Array("hello".utf8), "application/pdf"),
        // Names that say nothing.
        ("a", jpeg, "image/jpeg"), ("a", words, "text/plain"), ("a.unheard-of", zip, "application/zip"),
    ]

    @Test(arguments: cases.indices)
    func aNameIsHeldAgainstTheContent(_ index: Int) async throws {
        let (name, bytes, type) = Self.cases[index]
        let world = try await World()
        let alex = try await world.person()
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName(name), conflict: .version))
        let saved = try await world.vault.save(request, .bytes(bytes), as: alex)
        #expect(saved.version.meta.mediaType == type, "\(name)")
        #expect(saved.node.meta.mediaType == type)
        await world.close()
    }

    /// What a document is must not depend on how it came.
    @Test func aStreamIsLookedAtLikeBytes() async throws {
        let world = try await World()
        let alex = try await world.person()
        let bytes = Self.page + [UInt8](repeating: 0x20, count: 100_000)
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName("a.jpg"), conflict: .version))
        let saved = try await world.vault.save(request, .stream(Slabs(bytes, of: 7)), as: alex)
        #expect(saved.version.meta.mediaType == "text/html")
        await world.close()
    }

    @Test func aNewVersionIsLookedAtAgainAndOldOnesKeepTheirType() async throws {
        let world = try await World()
        let alex = try await world.person()
        let place = SaveTarget.place(parent: nil, name: try NodeName("a.jpg"), conflict: .version)
        let first = try await world.vault.save(SaveRequest(target: place), .bytes(Self.jpeg), as: alex)
        let second = try await world.vault.save(
            SaveRequest(target: .file(first.node.id)), .bytes(Self.page), as: alex)
        #expect(second.node.meta.mediaType == "text/html")
        let old = try await world.vault.open(first.node.id, version: 1, as: alex)
        #expect(old.version.meta.mediaType == "image/jpeg")
        await world.close()
    }

    /// Uploads of thousands a second never wait for libmagic.
    @Test func libmagicIsAskedOnlyInDoubt() async throws {
        let world = try await World()
        let alex = try await world.person()
        for (name, bytes) in [("a.bin", Self.noise), ("a.txt", Self.words), ("a.jpg", Self.jpeg), ("a.zip", Self.zip)] {
            let request = SaveRequest(target: .place(parent: nil, name: try NodeName(name), conflict: .version))
            _ = try await world.vault.save(request, .bytes(bytes), as: alex)
        }
        #expect(world.core.magic.answered == 0)
        let request = SaveRequest(target: .place(parent: nil, name: try NodeName("b.jpg"), conflict: .version))
        _ = try await world.vault.save(request, .bytes(Self.noise), as: alex)
        #expect(world.core.magic.answered == 1)
        await world.close()
    }

    @Test func theClientsWordCountsWhereTheNameSaysNothing() async throws {
        func type(_ declared: String, _ bytes: [UInt8]) -> String {
            let judgement = TypeJudgement(claimed: nil, declared: declared)
            return judgement.type(ContentEvidence(look: .init(bytes), magic: nil))
        }
        #expect(type("text/x-diff", Self.words) == "text/x-diff")
        #expect(type("image/png", Self.page) == "text/html")
        #expect(type("application/x-mine", Self.noise) == "application/x-mine")
    }
}
