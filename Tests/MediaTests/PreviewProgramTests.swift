import Media
import PreviewWire
import Testing
import VaultTesting

/// The confined program, as the server runs it.
@Suite struct PreviewProgramTests {
    let program: PreviewProgram

    init() throws {
        let path = try #require(PreviewProgram.besideThisOne())
        program = try #require(PreviewProgram(path: path, workers: 2))
    }

    private func make(_ kind: PreviewKind, _ bytes: [UInt8]) async throws -> PreviewOutcome {
        let file = try #require(MemoryFile())
        try #require(file.append(bytes))
        return await program.make(kind, of: file)
    }

    private func picture(_ kind: PreviewKind, _ bytes: [UInt8]) async throws -> PreviewPicture {
        let outcome = try await make(kind, bytes)
        guard case .made(let picture) = outcome else {
            throw NotMade(outcome: outcome)
        }
        return picture
    }

    private struct NotMade: Error { let outcome: PreviewOutcome }

    // MARK: Pictures

    @Test func aPictureFitsInto512Pixels() async throws {
        let wide = try await picture(.image, PNGFile.picture(width: 1_024, height: 256))
        #expect((wide.width, wide.height) == (512, 128))
        let small = try await picture(.image, PNGFile.picture(width: 20, height: 10))
        #expect((small.width, small.height) == (20, 10))
    }

    @Test func anAvatarIsASquareOf256Pixels() async throws {
        for bytes in [PNGFile.picture(width: 300, height: 100), GIFFile.picture(width: 10, height: 30)] {
            let square = try await picture(.avatar, bytes)
            #expect((square.width, square.height) == (256, 256))
        }
    }

    @Test func whatIsTransparentBecomesWhite() async throws {
        let clear = PNGFile.picture(width: 16, height: 16, alpha: true) { _, _ in [255, 0, 0, 0] }
        let white = PNGFile.picture(width: 16, height: 16) { _, _ in [255, 255, 255] }
        #expect(try await picture(.image, clear).jpeg == picture(.image, white).jpeg)
    }

    @Test func ofAnAnimationTheFirstFrameIsShown() async throws {
        let moving = try await picture(.image, GIFFile.picture(width: 40, height: 30, frames: 5))
        #expect((moving.width, moving.height) == (40, 30))
        #expect(try await picture(.image, GIFFile.picture(width: 40, height: 30)).jpeg == moving.jpeg)
    }

    @Test func aPhotographIsTurnedUprightAndTellsNothingOfItsPlace() async throws {
        let plain = try await picture(.image, PNGFile.picture(width: 60, height: 20))
        let tagged = JPEGFile.withEXIF(plain.jpeg, orientation: 6, marker: "MARKER-IN-EXIF")
        let comment = JPEGFile.withSegment(tagged, 0xFE, Array("MARKER-IN-COMMENT".utf8))
        let preview = try await picture(.image, comment)
        #expect((preview.width, preview.height) == (20, 60))
        let metadata = JPEGFile.segments(of: preview.jpeg).filter { $0 > 0xE0 && $0 <= 0xEF || $0 == 0xFE }
        #expect(metadata == [])
        #expect(!String(decoding: preview.jpeg, as: UTF8.self).contains("MARKER"))
        // The test itself would see them.
        #expect(JPEGFile.segments(of: comment).contains(0xE1))
    }

    @Test func colourProfilesAreFollowedAndLeftOut() async throws {
        // A profile that takes red for blue.
        let plain = PNGFile.picture(width: 16, height: 16) { _, _ in [250, 10, 10] }
        let jpeg = try await picture(.image, plain).jpeg
        let profiled = JPEGFile.withSegment(
            jpeg, 0xE2, Array("ICC_PROFILE\0".utf8) + [1, 1] + ColourProfile.swapped())
        let preview = try await picture(.image, profiled)
        #expect(preview.jpeg != jpeg)
        #expect(!JPEGFile.segments(of: preview.jpeg).contains(0xE2))
    }

    @Test func webPAndTIFFAreOpened() async throws {
        // One pixel, lossless (the specification's smallest file).
        let webP: [UInt8] =
            Array("RIFF".utf8) + [0x1A, 0, 0, 0] + Array("WEBPVP8L".utf8) + [0x0D, 0, 0, 0, 0x2F, 0, 0, 0, 0x10, 7]
            + [0x10, 0x11, 0x11, 0x88, 0x88, 0xFE, 7, 0]
        #expect(try await picture(.image, webP).width == 1)
        #expect(try await picture(.image, TIFFFile.grey(width: 12, height: 9)).height == 9)
    }

    // MARK: Pages

    @Test func theFirstPageOfAPDFIs800PixelsHigh() async throws {
        let page = try await picture(.pdf, PDFFile.page("Bonjour"))
        #expect(page.height == 800)
        #expect((564...566).contains(page.width))
        // Text in a font that the file does not hold is drawn all the same.
        #expect(try await picture(.pdf, PDFFile.page("")).jpeg != page.jpeg)
    }

    @Test func aGiantPageIsNoLargerThanAnother() async throws {
        let giant = try await picture(.pdf, PDFFile.page("x", box: (14_400, 14_400)))
        #expect(giant.width <= 800 && giant.height <= 800)
    }

    // MARK: Refusals

    @Test(arguments: [(100_000, 100_000), (30_001, 1), (20_000, 20_000), (2_000_000_000, 2_000_000_000)])
    func aBombIsRefusedByItsHeader(_ width: Int, _ height: Int) async throws {
        let outcome = try await make(.image, PNGFile.bomb(width: width, height: height))
        #expect(outcome == .refused(.tooLarge) || outcome == .refused(.unreadable))
    }

    @Test func everyFormatIsHeldToTheSameSize() async throws {
        #expect(try await make(.image, GIFFile.bomb()) == .refused(.tooLarge))
        #expect(try await make(.image, TIFFFile.bomb()) == .refused(.tooLarge))
    }

    @Test func hostilePDFsHaveNoPreview() async throws {
        for bytes in [PDFFile.encrypted(), Array("%PDF-1.7\n1 0 obj\n<</Root 1 0 R".utf8), Array("%PDF-".utf8)] {
            #expect(try await make(.pdf, bytes) == .refused(.unreadable))
        }
        let endless = try await make(.pdf, PDFFile.endless())
        if case .failed = endless { Issue.record("an endless page stopped the program itself") }
        let huge = try await make(.pdf, PDFFile.page("x", box: (2_000_000_000, 2)))
        if case .failed = huge { Issue.record("a giant page stopped the program itself") }
    }

    @Test func otherFormatsAreNotOpenedWhateverTheyAreCalled() async throws {
        let svg = Array(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><rect width='9' height='9'/></svg>".utf8)
        #expect(try await make(.image, svg) == .refused(.unreadable))
        #expect(try await make(.image, PDFFile.page("x")) == .refused(.unreadable))
        #expect(try await make(.pdf, PNGFile.picture(width: 9, height: 9)) == .refused(.unreadable))
        #expect(try await make(.avatar, TIFFFile.grey(width: 12, height: 9)) == .refused(.unreadable))
        #expect(try await make(.image, []) == .refused(.unreadable))
        #expect(
            try await make(.image, Array("P5 9 9 255 ".utf8) + [UInt8](repeating: 9, count: 81))
                == .refused(.unreadable))
    }

    @Test func everyPrefixOfAPictureIsAnsweredHonestly() async throws {
        let whole = PNGFile.picture(width: 30, height: 30)
        for count in stride(from: 1, to: whole.count, by: 400) {
            if case .failed = try await make(.image, Array(whole.prefix(count))) {
                Issue.record("\(count) bytes stopped the program itself")
            }
        }
    }

    // MARK: The sandbox

    @Test func theConfinedProgramCanDoNothingOfWhatAnIntruderWouldTry() async throws {
        let report = try #require(await program.selfTest())
        let lines = report.split(separator: "\n").dropFirst()
        #expect(lines.count == 11)
        for line in lines { #expect(line.hasSuffix(": refused"), "\(line)") }
    }

    @Test func whatIsLookedAtCannotBeChangedMeanwhile() async throws {
        let file = try #require(MemoryFile())
        #expect(file.append(PNGFile.picture(width: 9, height: 9)))
        _ = await program.make(.image, of: file)
        #expect(!file.append([1]))
    }

    @Test func aProgramThatIsNotThereIsNone() {
        #expect(PreviewProgram(path: "/nonexistent/cloudspace-preview") == nil)
        #expect(PreviewProgram(path: "/tmp") == nil)
    }

    @Test func aProgramThatDoesSomethingElseMakesNothing() async throws {
        let other = try #require(PreviewProgram(path: "/bin/true"))
        let file = try #require(MemoryFile())
        #expect(file.append([1]))
        #expect(await other.make(.image, of: file) == .refused(.outOfBounds))
        #expect(await PreviewProgram(path: "/bin/false")?.make(.image, of: file) == .failed)
    }
}
