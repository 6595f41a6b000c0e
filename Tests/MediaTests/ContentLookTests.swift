import Media
import Testing

/// The own look at first bytes.
@Suite struct ContentLookTests {
    static let signatures: [(String, [UInt8])] = [
        ("image/jpeg", [0xFF, 0xD8, 0xFF, 0xE0]), ("image/png", [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
        ("image/gif", Array("GIF89a..".utf8)), ("image/webp", Array("RIFF....WEBPVP8 ".utf8)),
        ("audio/wav", Array("RIFF....WAVEfmt ".utf8)), ("application/pdf", Array("%PDF-1.7\n".utf8)),
        ("application/x-executable", [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1]),
        ("application/rtf", Array("{\\rtf1\\ansi".utf8)), ("image/heic", [0, 0, 0, 24] + Array("ftypheic....".utf8)),
        (
            "application/vnd.oasis.opendocument.text",
            [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 22) + [8, 0, 0, 0]
                + Array("mimetypeapplication/vnd.oasis.opendocument.textPK".utf8)
        ),
    ]

    @Test(arguments: signatures)
    func aSignatureNamesItsType(_ type: String, _ head: [UInt8]) {
        #expect(ContentLook(head) == .exactly(type))
    }

    @Test(arguments: [
        ("<!DOCTYPE html><title>x</title>", "text/html"), ("\u{FEFF}  \n<SCRIPT>alert(1)</SCRIPT>", "text/html"),
        ("<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "image/svg+xml"),
        ("<?xml version='1.0'?><!-- x --><SVG/>", "image/svg+xml"), ("<?xml version='1.0'?><a/>", "application/xml"),
        ("<?xml version='1.0'?><html/>", "text/html"), ("#!/bin/sh\nrm -rf", "text/x-shellscript"),
        ("a < b and b > c", "text/plain"), ("<3 to all", "text/plain"), ("caf\u{E9} cr\u{E8}me", "text/plain"),
    ])
    func textIsToldApartByWhatABrowserWouldDoWithIt(_ text: String, _ type: String) {
        guard case .text(let form) = ContentLook(Array(text.utf8)) else {
            Issue.record("not seen as text: \(text)")
            return
        }
        #expect(form.mediaType == type)
    }

    @Test func controlCharactersAreNoText() {
        #expect(ContentLook(Array("abc\u{0}def".utf8)) == .unknown)
        #expect(ContentLook([]) == .empty)
    }

    @Test func aCharacterCutInTwoAtTheEndOfTheSampleIsStillText() {
        let bytes = [UInt8](repeating: 0x61, count: 4_095) + Array("é".utf8)
        #expect(ContentLook(bytes) == .text(.plain(isShort: false)))
    }

    /// Never longer than what is there, whatever the first byte promises.
    @Test func everyPrefixOfEverySignatureIsLookedAtWithoutHarm() {
        for (_, head) in Self.signatures {
            for count in 0...head.count { _ = ContentLook(Array(head.prefix(count))) }
        }
        for byte in UInt8.min...UInt8.max { _ = ContentLook([byte]) }
    }

    @Test func libmagicKnowsWhatTheOwnLookDoesNot() async {
        let magic = MagicLibrary()
        // A Lua byte code file, and a DjVu document.
        let djvu = Array("AT&TFORM".utf8) + [0, 0, 0, 20] + Array("DJVUINFO".utf8) + [UInt8](repeating: 0, count: 16)
        #expect(ContentLook(djvu) == .unknown)
        #expect(await magic.mediaType(of: djvu) == "image/vnd.djvu")
        #expect(await magic.mediaType(of: [1, 2, 3, 4, 5, 250, 251]) == "application/octet-stream")
        #expect(magic.answered == 2)
    }
}
