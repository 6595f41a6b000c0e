import Crypto
import HTTP

/// A page of our own: plain HTML, one style, no script, nothing from elsewhere.
struct Page: Sendable {
    /// Where forms of a page may send what was typed.
    enum Forms: String { case nowhere = "'none'", here = "'self'" }

    private let bytes: [UInt8]
    private let forms: Forms

    /// - Parameter body: HTML, everything that is not ours escaped by the caller.
    init(title: String, language: Language, forms: Forms = .nowhere, body: String) {
        self.forms = forms
        bytes = Array(
            """
            <!doctype html>
            <html lang="\(language.rawValue)">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(Self.escaped(title))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            \(body)
            </body>
            </html>

            """.utf8)
    }

    var response: Response { response(200) }

    func response(_ status: Int) -> Response {
        Response.bytes(status, bytes, contentType: "text/html; charset=utf-8")
            .with("Content-Security-Policy", "\(Self.policy); form-action \(forms.rawValue)")
    }

    static func escaped(_ text: String) -> String {
        var out = ""
        for character in text {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.append(character)
            }
        }
        return out
    }

    /// Allows the one style by its hash, and nothing else.
    private static let policy =
        "default-src 'none'; style-src 'sha256-\(Base64.encode(SHA256Hash.of(Array(style.utf8))))'; "
        + "base-uri 'none'; frame-ancestors 'none'"

    private static let style = """
        :root{color-scheme:light dark;--line:#8884}
        body{font:16px/1.55 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:2rem 1rem}
        h1{font-size:1.6rem;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}
        code,pre{font:14px/1.5 ui-monospace,monospace}
        pre{padding:.75rem 1rem;border:1px solid var(--line);border-radius:.5rem;overflow-x:auto}
        details{border-top:1px solid var(--line);padding:.4rem 0}summary{cursor:pointer}
        table{border-collapse:collapse;margin:.5rem 0}td,th{text-align:left;padding:.15rem 1rem .15rem 0;vertical-align:top}
        .card{max-width:24rem;margin:12vh auto 0;padding:2rem;border:1px solid var(--line);border-radius:1rem}
        .card h1{overflow-wrap:anywhere}.card p{margin:.6rem 0}label{display:block}
        input{font:inherit;width:100%;box-sizing:border-box;margin-top:.3rem;padding:.5rem .7rem;border:1px solid var(--line);border-radius:.5rem}
        button{font:inherit;width:100%;margin-top:.6rem;padding:.6rem 1rem;border:0;border-radius:.5rem;background:#1d4ed8;color:#fff;cursor:pointer}
        .method{display:inline-block;min-width:4.5rem;font-weight:600}.dim{opacity:.7}
        """
}
