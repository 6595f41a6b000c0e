import Database
import HTTP
import Vault

/// `/s/{token}`: the page behind a link. Plain HTML, a form, no script.
///
/// The button posts: whatever follows addresses by itself, to show what is behind them, uses no download up.
struct LinkPages: Sendable {
    let vault: Vault

    func register(in table: inout RouteTable) {
        table.open(.get, "/s/{token}", Self.pageInfo, page)
        table.open(.post, "/s/{token}", Self.formInfo, submit)
    }

    // MARK: GET /s/{token}

    @Sendable func page(_ request: Request) async throws -> Response {
        do {
            let link = try await vault.publicLinks.look(try request.parameter("token"))
            return LinkPage(language: request.language).offer(link)
        } catch VaultError.notFound(.link) {
            return LinkPage(language: request.language).gone
        }
    }

    // MARK: POST /s/{token}

    @Sendable func submit(_ request: Request) async throws -> Response {
        let token = try request.parameter("token")
        let page = LinkPage(language: request.language)
        let form = try Query(parsing: try await request.body.collect(limit: 16 << 10), limit: 8)
        do {
            let unlocked = try await vault.publicLinks.unlock(
                token, password: form.first("password") ?? "", from: request.origin)
            return .seeOther(LinkAccess.downloadPath(token, pass: unlocked.pass))
        } catch VaultError.notFound(.link) {
            return page.gone
        } catch VaultError.wrongLinkPassword {
            return page.refusal(Problem(VaultError.wrongLinkPassword), try await vault.publicLinks.look(token))
        } catch VaultError.rateLimited(let seconds) {
            return page.refusal(
                Problem(VaultError.rateLimited(retryAfter: seconds)), try await vault.publicLinks.look(token))
        }
    }
}

/// The page's words and HTML.
struct LinkPage {
    let language: Language

    /// What is behind the link and the button; the password first where there is one.
    func offer(_ link: PublicLink) -> Response { render(200, body(link, refusal: nil)) }

    /// The form again, with what was wrong.
    func refusal(_ problem: Problem, _ link: PublicLink) -> Response {
        var response = render(problem.status, body(link, refusal: problem.message.text(language)))
        if let seconds = problem.retryAfter { response.headers.append("Retry-After", String(seconds)) }
        return response
    }

    var gone: Response {
        let problem = Problem(VaultError.notFound(.link))
        return render(problem.status, "<h1>CloudSpace</h1>\n<p>\(escaped(problem.message))</p>")
    }

    private func body(_ link: PublicLink, refusal: String?) -> String {
        var html = "<h1>"
        if let node = link.node {
            html += "\(Page.escaped(node.name.text))</h1>\n"
            html += "<p class=\"dim\">"
            html += node.kind == .file ? ByteCountText.text(node.size) : escaped(Self.folder)
            html += "</p>\n"
        } else {
            html += "\(escaped(Self.heading))</h1>\n"
        }
        if let refusal { html += "<p role=\"alert\"><strong>\(Page.escaped(refusal))</strong></p>\n" }
        // An empty action posts to the page's own address.
        html += "<form method=\"post\">\n"
        if link.node == nil {
            html += "<p><label>\(escaped(Self.password)) "
            html +=
                "<input type=\"password\" name=\"password\" required autocomplete=\"off\" maxlength=\"1024\"></label></p>\n"
        }
        html += "<p><button>\(escaped(Self.download))</button></p>\n</form>"
        for fact in facts(link) { html += "\n<p class=\"dim\">\(escaped(fact))</p>" }
        return html
    }

    /// How long the link is good for, and for how many.
    private func facts(_ link: PublicLink) -> [Bilingual] {
        var facts: [Bilingual] = []
        if let expiresAt = link.expiresAt {
            let day = expiresAt.day
            facts.append(Bilingual("Valid until \(day) (UTC)", fr: "Valable jusqu’au \(day) (UTC)"))
        }
        switch link.remainingDownloads {
        case nil: break
        case 1: facts.append(Bilingual("One download left", fr: "Encore un téléchargement"))
        case .some(let count):
            facts.append(Bilingual("\(count) downloads left", fr: "Encore \(count) téléchargements"))
        }
        return facts
    }

    private func render(_ status: Int, _ body: String) -> Response {
        let card = "<main class=\"card\">\n\(body)\n</main>"
        return Page(title: "CloudSpace", language: language, forms: .here, body: card).response(status).unlisted
            .with("Content-Language", language.rawValue).with("Vary", "Accept-Language")
    }

    private func escaped(_ text: Bilingual) -> String { Page.escaped(text.text(language)) }

    private static let heading = Bilingual(
        "Somebody shared a file with you", fr: "Quelqu’un a partagé un fichier avec vous")
    private static let folder = Bilingual("A folder, downloaded as a ZIP", fr: "Un dossier, téléchargé en ZIP")
    private static let password = Bilingual("Password", fr: "Mot de passe")
    private static let download = Bilingual("Download", fr: "Télécharger")
}

// MARK: Descriptions

extension LinkPages {
    private static let pageInfo = RouteInfo.drive(
        "The page behind a link", ResponseDescription(200, "A page", .string(), contentType: "text/html"),
        ResponseDescription(404, "A page that says the link is gone", .string(), contentType: "text/html"))

    private static let formInfo = RouteInfo.drive(
        "What the button of the page sends", body: .buffered(limit: 16 << 10), events: [.linkUsed, .linkRefused],
        requests: [
            BodyDescription("application/x-www-form-urlencoded", .object([.optional("password", .string())]))
        ],
        ResponseDescription(303, "On to the download"),
        ResponseDescription(403, "The page again: wrong password", .string(), contentType: "text/html"),
        ResponseDescription(404, "A page that says the link is gone", .string(), contentType: "text/html"),
        ResponseDescription(429, "The page again: too many attempts", .string(), contentType: "text/html"))
}
