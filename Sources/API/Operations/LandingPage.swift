import HTTP

/// `/`: what this is and how to begin, in both languages.
struct LandingPage: Sendable {
    let settings: ApplicationSettings

    func register(in table: inout RouteTable) {
        let page = Page(title: "CloudSpace Vault", language: .english, body: body)
        let info = RouteInfo.operations(
            "What this is and how to begin", ResponseDescription(200, "A page", .string(), contentType: "text/html"))
        table.open(.get, "/", info) { _ in page.response }
    }

    private var body: String {
        """
        <h1>CloudSpace Vault</h1>
        <p class="dim">\(Page.escaped(settings.version))</p>
        <section lang="en">
        <p>An encrypted, versioned document vault. Every file, version and name on this server is sealed with its own key;
        nothing is ever overwritten; everything that happens is in a journal that can be verified.</p>
        <h2>Begin</h2>
        <pre>cloudspace users create --email you@example.com --role admin --password-stdin</pre>
        <p>Then sign in with <code>POST /api/auth/login</code> and send the token as <code>Authorization: Bearer …</code>.</p>
        <p><a href="/api/docs">The API</a> · <a href="/api/openapi.json">OpenAPI</a> · <a href="/health">Health</a></p>
        </section>
        <hr>
        <section lang="fr">
        <p>Un coffre-fort de documents chiffré et versionné. Chaque fichier, version et nom sur ce serveur est scellé par sa
        propre clé ; rien n’est jamais écrasé ; tout ce qui se passe figure dans un journal vérifiable.</p>
        <h2>Commencer</h2>
        <pre>cloudspace users create --email vous@exemple.fr --role admin --password-stdin</pre>
        <p>Connectez-vous ensuite avec <code>POST /api/auth/login</code> et envoyez le jeton dans
        <code>Authorization: Bearer …</code>.</p>
        <p><a href="/api/docs">L’API</a> · <a href="/api/openapi.json">OpenAPI</a> · <a href="/health">État du service</a></p>
        </section>
        """
    }
}
