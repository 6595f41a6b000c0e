import HTTP
import Testing
import VaultTesting

/// What is shown in a browser and what is only ever saved.
@Suite struct InlineTests {
    private static let script = "<script>fetch('/api/user/profile')</script>"

    private static let cases: [(name: String, content: [UInt8], disposition: String, type: String)] = [
        ("page.html", Array("<!doctype html>\(script)".utf8), "attachment", "text/html"),
        ("photo.jpg", Array("<!doctype html>\(script)".utf8), "attachment", "text/html"),
        (
            "photo.png", Array("<svg xmlns='http://www.w3.org/2000/svg'>\(script)</svg>".utf8), "attachment",
            "image/svg+xml"
        ),
        (
            "drawing.svg", Array("<svg xmlns='http://www.w3.org/2000/svg'>\(script)</svg>".utf8), "attachment",
            "image/svg+xml"
        ),
        (
            "data.xml", Array("<?xml version='1.0'?><?xml-stylesheet href='x'?><a/>".utf8), "attachment",
            "application/xml"
        ),
        (
            "tool.exe", [0x4D, 0x5A, 0x90, 0] + [UInt8](repeating: 0, count: 80), "attachment",
            "application/vnd.microsoft.portable-executable"
        ),
        ("a.bin", [1, 2, 3, 0, 255, 254, 9], "attachment", "application/octet-stream"),
        ("code.js", Array("alert(document.cookie)".utf8), "inline", "text/plain; charset=utf-8"),
        ("notes.txt", Array("<script>alert(1)</script>".utf8), "inline", "text/plain; charset=utf-8"),
        ("table.csv", Array("a;b;c".utf8), "inline", "text/plain; charset=utf-8"),
        ("photo.gif", Array("GIF89a".utf8), "inline", "image/gif"),
        ("plan.pdf", Array("%PDF-1.7".utf8), "inline", "application/pdf"),
        ("song.mp3", Array("ID3\u{4}".utf8), "inline", "audio/mpeg"),
    ]

    @Test(arguments: cases.indices)
    func contentThatCouldActIsNeverShown(_ index: Int) async throws {
        let (name, content, disposition, type) = Self.cases[index]
        try await withService { service in
            let alex = try await service.person()
            let uploaded = try await alex.client.form("/api/files/upload", [.file("file", name, content)])
            let path = "/api/files/\(uploaded.text("id"))/download"
            for query in ["?inline=1", "?disposition=inline"] {
                let shown = try await alex.client.get(path + query)
                #expect(shown.status == 200)
                #expect(shown.headers.first("Content-Disposition")?.hasPrefix("\(disposition);") == true)
                #expect(shown.headers.first("Content-Type") == type)
                #expect(shown.headers.first("X-Content-Type-Options") == "nosniff")
                let policy = shown.headers.first("Content-Security-Policy") ?? ""
                #expect(policy.contains("default-src 'none'"))
                #expect(policy.contains("sandbox") || type == "application/pdf")
                #expect(shown.body == content)
            }
            let saved = try await alex.client.get(path)
            #expect(saved.headers.first("Content-Disposition")?.hasPrefix("attachment;") == true)
            #expect(saved.headers.first("Content-Security-Policy")?.contains("sandbox") == true)
        }
    }
}
