import Crypto
import Database
import Testing
import VaultTesting

@testable import Vault

@Suite struct ShareLinkTests {
    private static let visitor = RequestOrigin(address: "203.0.113.9", requestID: "r1")
    private static let gone = VaultError.notFound(.link)

    private func download(
        _ token: String, pass: String? = nil, _ world: World, from origin: RequestOrigin = visitor
    ) async throws -> String {
        let ticket = try await world.vault.publicLinks.beginDownload(token, pass: pass, from: origin)
        let content = try await opened(token, ticket, world)
        return String(decoding: try await content.reader.readAll(limit: 1 << 20), as: UTF8.self)
    }

    private func opened(_ token: String, _ ticket: String, _ world: World) async throws -> OpenedContent {
        guard
            case .file(let content, _) = try await world.vault.publicLinks.open(
                token, ticket: ticket, from: Self.visitor)
        else { throw VaultError.invalid(field: "id", .notAFile) }
        return content
    }

    @Test func whoeverHasTheLinkDownloadsAndItIsCountedAndJournalled() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let auditor = try await world.person("Ada", "Min", role: .auditeur)
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            let link = try await world.vault.links.create(LinkTerms(maximumDownloads: 5), on: file, as: alex)
            let token = link.token.text
            let seen = try await world.vault.publicLinks.look(token)
            #expect(seen.node?.name.text == "a.txt")
            #expect(seen.remainingDownloads == 5)
            #expect(try await download(token, world) == "content")
            #expect(try await world.vault.publicLinks.look(token).remainingDownloads == 4)
            let own = try #require(try await world.vault.links.list(of: file, as: alex).links.first)
            #expect(own.downloads == 1)
            #expect(own.token == link.token)
            #expect(own.lastUsedAt == world.clock.now())
            let rows = try await world.vault.auditTrail.entries(
                AuditFilter(target: file.value), before: nil, limit: 10, as: auditor
            ).entries
            #expect(rows.prefix(2).map(\.row.event.action) == ["link_used", "link_created"])
            #expect(rows.first?.row.event.actorKind == .anonymous)
            #expect(rows.first?.row.event.address == "203.0.113.9")
            #expect(rows.first?.details == "{\"link_id\":\"\(link.id)\",\"use\":\"download\"}")
        }
    }

    @Test func aPasswordStandsBeforeEverything() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            let terms = LinkTerms(password: try NewPassword("open sesame"))
            let token = try await world.vault.links.create(terms, on: file, as: alex).token.text
            let links = world.vault.publicLinks
            #expect(try await links.look(token).node == nil)
            #expect(try await links.look(token, pass: "nonsense").node == nil)
            await #expect(throws: VaultError.wrongLinkPassword) { try await download(token, world) }
            await #expect(throws: VaultError.wrongLinkPassword) {
                try await links.unlock(token, password: "open barley", from: Self.visitor)
            }
            let unlocked = try await links.unlock(token, password: "open sesame", from: Self.visitor)
            #expect(unlocked.link.node?.name.text == "a.txt")
            #expect(try await links.look(token, pass: unlocked.pass).node?.name.text == "a.txt")
            #expect(try await download(token, pass: unlocked.pass, world) == "content")
            #expect(try await world.count("SELECT COUNT(*) FROM journal_events WHERE action = 'link_refused'") == 1)

            // The pass is over after its time, and with another password.
            world.clock.advance(seconds: unlocked.lifetime)
            await #expect(throws: VaultError.wrongLinkPassword) {
                try await download(token, pass: unlocked.pass, world)
            }
            let again = try await links.unlock(token, password: "open sesame", from: Self.visitor).pass
            let ticket = try await links.beginDownload(token, pass: again, from: Self.visitor)
            let id = try #require(try await world.vault.links.list(of: file, as: alex).links.first?.id)
            var change = LinkChange()
            change.password = .set(try NewPassword("another one"))
            #expect(try await world.vault.links.change(id, on: file, change, as: alex).hasPassword)
            await #expect(throws: VaultError.wrongLinkPassword) { try await download(token, pass: again, world) }
            await #expect(throws: Self.gone) { try await opened(token, ticket, world) }
            change.password = .remove
            #expect(try await !world.vault.links.change(id, on: file, change, as: alex).hasPassword)
            #expect(try await download(token, world) == "content")
        }
    }

    @Test func guessingEndsInWaitingForWhoGuessesOnly() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            let terms = LinkTerms(password: try NewPassword("open sesame"))
            let token = try await world.vault.links.create(terms, on: file, as: alex).token.text
            let links = world.vault.publicLinks
            for _ in 0..<10 {
                await #expect(throws: VaultError.wrongLinkPassword) {
                    try await links.unlock(token, password: "guess guess", from: Self.visitor)
                }
            }
            // Not even the right one is looked at.
            await #expect(throws: VaultError.rateLimited(retryAfter: 900)) {
                try await links.unlock(token, password: "open sesame", from: Self.visitor)
            }
            let elsewhere = RequestOrigin(address: "198.51.100.7", requestID: nil)
            _ = try await links.unlock(token, password: "open sesame", from: elsewhere)
            world.clock.advance(seconds: 901)
            _ = try await links.unlock(token, password: "open sesame", from: Self.visitor)
        }
    }

    @Test func onePlaceCannotGuessAtManyLinks() async throws {
        var settings = VaultSettings()
        settings.links.wrongPasswordsPerPlace = 3
        try await withWorld(settings) { world in
            let alex = try await world.person()
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            let terms = LinkTerms(password: try NewPassword("open sesame"))
            for number in 0..<4 {
                let token = try await world.vault.links.create(terms, on: file, as: alex).token.text
                let refusal: VaultError = number < 3 ? .wrongLinkPassword : .rateLimited(retryAfter: 900)
                await #expect(throws: refusal) {
                    try await world.vault.publicLinks.unlock(token, password: "guess guess", from: Self.visitor)
                }
            }
        }
    }

    @Test func howeverManyComeAtOnceTheCountIsExact() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            let token = try await world.vault.links.create(LinkTerms(maximumDownloads: 7), on: file, as: alex)
                .token.text
            let outcomes = await withTaskGroup { group in
                for _ in 0..<40 {
                    group.addTask {
                        do { return try await download(token, world) == "content" } catch { return false }
                    }
                }
                return await group.reduce(into: [Bool]()) { $0.append($1) }
            }
            #expect(outcomes.count { $0 } == 7)
            let link = try #require(try await world.vault.links.list(of: file, as: alex).links.first)
            #expect(link.downloads == 7)
            #expect(link.state == .usedUp)
            #expect(try await world.count("SELECT COUNT(*) FROM journal_events WHERE action = 'link_used'") == 7)
        }
    }

    /// Each of these makes the link as good as unknown.
    enum End: CaseIterable, Sendable {
        case expired, revoked, usedUp, trashed, purged, creatorDisabled, creatorReadsOnly, creatorLostOwnership
    }

    @Test(arguments: End.allCases)
    func allEndsLookTheSame(_ end: End) async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let admin = try await world.person("Ada", "Min", role: .admin)
            let vault = world.vault
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            try await world.share(file, with: sam, .owner, as: alex)
            let terms = LinkTerms(
                expiresAt: world.clock.now().advanced(bySeconds: 60), maximumDownloads: 2)
            let link = try await vault.links.create(terms, on: file, as: sam)
            let token = link.token.text
            let ticket = try await vault.publicLinks.beginDownload(token, pass: nil, from: Self.visitor)
            #expect(try await opened(token, ticket, world).node.id == file)
            switch end {
            case .expired: world.clock.advance(seconds: 60)
            case .revoked: try await vault.links.revoke(link.id, on: file, as: alex)
            case .usedUp: _ = try await download(token, world)
            case .trashed: _ = try await vault.trash.put(file, as: alex)
            case .purged:
                _ = try await vault.trash.put(file, as: alex)
                _ = try await vault.purge(file, as: alex)
            case .creatorDisabled:
                _ = try await vault.accounts.administer(sam.account, role: nil, status: .disabled, as: admin)
            case .creatorReadsOnly:
                _ = try await vault.accounts.administer(sam.account, role: .lecteur, status: nil, as: admin)
            case .creatorLostOwnership:
                _ = try await vault.sharing.change(file, for: sam.account, to: .editor, as: alex)
            }
            await #expect(throws: Self.gone) { try await vault.publicLinks.look(token) }
            await #expect(throws: Self.gone) {
                try await vault.publicLinks.unlock(token, password: "", from: Self.visitor)
            }
            await #expect(throws: Self.gone) {
                try await vault.publicLinks.beginDownload(token, pass: nil, from: Self.visitor)
            }
            if end == .usedUp {
                // What was counted may be finished.
                #expect(try await opened(token, ticket, world).node.id == file)
            } else {
                await #expect(throws: Self.gone) { try await opened(token, ticket, world) }
            }
        }
    }

    @Test func alteredTokensPassesAndTicketsOpenNothing() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("content", at: "a.txt", as: alex).node.id
            let terms = LinkTerms(password: try NewPassword("open sesame"))
            let link = try await world.vault.links.create(terms, on: file, as: alex)
            let other = try await world.vault.links.create(terms, on: file, as: alex).token.text
            let token = link.token.text
            let links = world.vault.publicLinks
            let pass = try await links.unlock(token, password: "open sesame", from: Self.visitor).pass
            let ticket = try await links.beginDownload(token, pass: pass, from: Self.visitor)
            for altered in Self.altered(token) {
                await #expect(throws: Self.gone) { try await links.look(altered) }
            }
            for altered in Self.altered(pass) + [ticket] {
                await #expect(throws: VaultError.wrongLinkPassword) { try await download(token, pass: altered, world) }
            }
            for altered in Self.altered(ticket) + [pass] {
                await #expect(throws: Self.gone) { try await opened(token, altered, world) }
            }
            // Of another link, of another kind.
            await #expect(throws: VaultError.wrongLinkPassword) { try await download(other, pass: pass, world) }
            await #expect(throws: Self.gone) { try await opened(other, ticket, world) }
            world.clock.advance(seconds: 3_600)
            await #expect(throws: Self.gone) { try await opened(token, ticket, world) }
        }
    }

    /// The text with each of its bits of meaning changed, cut and grown.
    private static func altered(_ text: String) -> [String] {
        guard let bytes = Base64URL.decode(text) else { return [] }
        let flipped = bytes.indices.map { index in
            var copy = bytes
            copy[index] ^= 1
            return Base64URL.encode(copy)
        }
        return flipped + [
            Base64URL.encode(Array(bytes.dropLast())), Base64URL.encode(bytes + [0]), "", text + "=", "é",
        ]
    }

    @Test func aDownloadGoesOnWithTheVersionItBeganWith() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("first", at: "a.txt", as: alex).node.id
            let token = try await world.vault.links.create(LinkTerms(), on: file, as: alex).token.text
            let ticket = try await world.vault.publicLinks.beginDownload(token, pass: nil, from: Self.visitor)
            try await world.put("second", at: "a.txt", as: alex)
            #expect(try await opened(token, ticket, world).version.number == 1)
            #expect(try await download(token, world) == "second")
        }
    }

    @Test func aFolderIsReadDownToItsEndAsSomebodyUnknown() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let auditor = try await world.person("Ada", "Min", role: .auditeur)
            let folder = try await world.folder("Team", as: alex)
            let file = try await world.put("x", at: "a.txt", in: folder, as: alex).node.id
            // The owner read it, too: the visitor's reading is not taken for a repetition of it.
            _ = try await world.text(of: file, as: alex)
            let token = try await world.vault.links.create(LinkTerms(), on: folder, as: alex).token.text
            let ticket = try await world.vault.publicLinks.beginDownload(token, pass: nil, from: Self.visitor)
            guard
                case .folder(let tree, let name, _) = try await world.vault.publicLinks.open(
                    token, ticket: ticket, from: Self.visitor)
            else {
                Issue.record("not a folder")
                return
            }
            #expect(name.text == "Team")
            var paths: [String] = []
            while let part = try await tree.next() {
                switch part {
                case .folder(let path, _), .file(let path, _): paths.append(path)
                }
            }
            #expect(paths == ["Team", "Team/a.txt"])
            let reads = try await world.vault.auditTrail.entries(
                AuditFilter(action: "file_downloaded"), before: nil, limit: 10, as: auditor
            ).entries
            #expect(reads.map(\.row.event.actorKind) == [.anonymous, .anonymous, .user])
            #expect(reads.first?.row.event.address == "203.0.113.9")
        }
    }

    @Test func theOwnerAloneMakesAndKeepsLinks() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let sam = try await world.person("Sam", "Stone")
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            let other = try await world.put("x", at: "b.txt", as: alex).node.id
            try await world.share(file, with: sam, .editor, as: alex)
            let links = world.vault.links
            let link = try await links.create(LinkTerms(), on: file, as: alex)
            await #expect(throws: VaultError.forbidden) { try await links.create(LinkTerms(), on: file, as: sam) }
            await #expect(throws: VaultError.forbidden) { try await links.list(of: file, as: sam) }
            await #expect(throws: VaultError.forbidden) {
                try await links.change(link.id, on: file, LinkChange(), as: sam)
            }
            await #expect(throws: VaultError.forbidden) { try await links.revoke(link.id, on: file, as: sam) }
            await #expect(throws: Self.gone) { try await links.revoke(link.id, on: other, as: alex) }
            await #expect(throws: VaultError.cannotShare(.root)) {
                try await links.create(LinkTerms(), on: alex.root, as: alex)
            }
            try await links.revoke(link.id, on: file, as: alex)
            await #expect(throws: Self.gone) { try await links.revoke(link.id, on: file, as: alex) }
            #expect(try await links.list(of: file, as: alex).links.isEmpty)
        }
    }

    @Test func linksAreBoundedPagedAndChecked() async throws {
        var settings = VaultSettings()
        settings.links.maximumPerNode = 3
        try await withWorld(settings) { world in
            let alex = try await world.person()
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            let links = world.vault.links
            var made: [ShareLinkID] = []
            for _ in 0..<3 {
                made.append(try await links.create(LinkTerms(), on: file, as: alex).id)
                world.clock.advance(seconds: 1)
            }
            await #expect(throws: VaultError.tooManyLinks(maximum: 3)) {
                try await links.create(LinkTerms(), on: file, as: alex)
            }
            let first = try await links.list(of: file, limit: 2, as: alex)
            let second = try await links.list(of: file, limit: 2, cursor: first.next, as: alex)
            #expect((first.links + second.links).map(\.id) == made.reversed())
            #expect(second.next == nil)
            try await links.revoke(made[0], on: file, as: alex)
            await #expect(throws: VaultError.invalid(field: "expires_at", .inThePast)) {
                try await links.create(LinkTerms(expiresAt: world.clock.now()), on: file, as: alex)
            }
            await #expect(throws: VaultError.invalid(field: "max_downloads", .malformed)) {
                try await links.create(LinkTerms(maximumDownloads: 0), on: file, as: alex)
            }
        }
    }

    @Test func theTableGivesNothingAway() async throws {
        try await withWorld { world in
            let alex = try await world.person()
            let file = try await world.put("x", at: "a.txt", as: alex).node.id
            let terms = LinkTerms(password: try NewPassword("open sesame"))
            let link = try await world.vault.links.create(terms, on: file, as: alex)
            let secrets = [link.token.bytes, Array(link.token.text.utf8), Array("$argon2id".utf8)]
            let columns = try await world.database.read { snapshot in
                try snapshot.all("SELECT token_tag, sealed_token, sealed_password FROM share_links") { row in
                    [row.bytes(0), row.bytes(1), row.bytes(2)]
                }
            }
            for column in columns.joined() { for secret in secrets { #expect(!column.contains(secret)) } }
            #expect("\(link.token)" == "LinkToken")
        }
    }
}
