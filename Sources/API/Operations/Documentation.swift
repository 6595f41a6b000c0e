import HTTP

/// `/api/openapi.json` and `/api/docs`: the route table, for programs and for people.
struct Documentation: Sendable {
    let settings: ApplicationSettings

    /// Registers last: it documents everything registered before it, and itself.
    func register(in table: inout RouteTable) {
        let json = RouteInfo.operations("The API as OpenAPI 3.1", ResponseDescription(200, "The document", .any))
        let page = RouteInfo.operations(
            "The API for people", ResponseDescription(200, "A page", .string(), contentType: "text/html"))
        var described = table
        described.open(.get, "/api/openapi.json", json) { _ in .empty() }
        described.open(.get, "/api/docs", page) { _ in .empty() }

        var document = OpenAPI(title: "CloudSpace Vault", version: settings.version)
        document.schemas = [("Error", .error)]
        let bytes = document.document(described.routes)
        let html = Page(title: "CloudSpace Vault API", language: .english, body: Self.body(described.routes))
        table.open(.get, "/api/openapi.json", json) { _ in .bytes(200, bytes, contentType: "application/json") }
        table.open(.get, "/api/docs", page) { _ in html.response }
    }

    private static func body(_ routes: Routes) -> String {
        var html = "<h1>CloudSpace Vault API</h1>\n<p>Also as <a href=\"/api/openapi.json\">OpenAPI 3.1</a>.</p>\n"
        var families: [String] = []
        for route in routes.all where !families.contains(route.info.family) { families.append(route.info.family) }
        for family in families {
            html += "<h2>\(Page.escaped(family))</h2>\n"
            for route in routes.all where route.info.family == family { html += entry(route) }
        }
        return html
    }

    private static func entry(_ route: Route) -> String {
        let info = route.info
        var html = "<details><summary><span class=\"method\">\(route.method.rawValue)</span>"
        html += "<code>\(Page.escaped(route.pattern))</code> — \(Page.escaped(info.summary))</summary>\n<table>"
        html += row("Access", info.access.rawValue)
        for parameter in info.parameters { html += row("?\(parameter.name)", parameter.description ?? "") }
        for body in info.requests { html += row("Body", body.contentType) }
        for answer in info.responses { html += row(String(answer.status), answer.description) }
        if !info.events.isEmpty { html += row("Journal", info.events.joined(separator: ", ")) }
        return html + "</table></details>\n"
    }

    private static func row(_ name: String, _ text: String) -> String {
        "<tr><th>\(Page.escaped(name))</th><td>\(Page.escaped(text))</td></tr>"
    }
}
