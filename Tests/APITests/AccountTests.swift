import Database
import HTTP
import Testing
import Vault
import VaultTesting

@Suite struct AccountTests {
    private let newPerson =
        #"{"first_name":"Alex","last_name":"Davidson","email":"alex.davidson@cloudspace.com","password":"motdepasse123"}"#

    @Test func signingUpAnswersAsDocumentedAndSignsIn() async throws {
        try await withService { service in
            let answer = try await service.anyone.post("/api/auth/register", json: newPerson)
            #expect(answer.status == 201)
            #expect(answer.string("first_name") == "Alex")
            #expect(answer.string("last_name") == "Davidson")
            #expect(answer.string("email") == "alex.davidson@cloudspace.com")
            let me = try await service.anyone.signedIn(answer.text("token")).get("/api/me")
            #expect(me.status == 200)
            #expect(me.string("id") == answer.string("id"))
            #expect(me.string("role") == "contributeur")
        }
    }

    @Test func anEmailRegistersOnce() async throws {
        try await withService { service in
            _ = try await service.anyone.post("/api/auth/register", json: newPerson)
            let again = newPerson.replacing("alex.davidson@", with: "ALEX.Davidson@")
            let answer = try await service.anyone.post("/api/auth/register", json: again)
            #expect(answer.status == 409)
            #expect(answer.error == "Email already exists")
            #expect(answer.code == "email_taken")
        }
    }

    @Test(arguments: ["first_name", "last_name", "email", "password"])
    func aMissingFieldIsNamed(_ field: String) async throws {
        try await withService { service in
            var members: [String: JSONValue] = [
                "first_name": .string("A"), "last_name": .string("B"), "email": .string("a@b.fr"),
                "password": .string("12345678"),
            ]
            for absent: JSONValue? in [nil, .null, .string("")] {
                members[field] = absent
                let answer = try await service.anyone.send(
                    .post, "/api/auth/register", body: JSONValue.object(members).serialized)
                #expect(answer.status == 400)
                #expect(answer.error == "Missing required fields")
                #expect(answer.string("field") == field)
            }
            members[field] = .integer(7)
            let wrong = try await service.anyone.send(
                .post, "/api/auth/register", body: JSONValue.object(members).serialized)
            #expect(wrong.status == 400)
            #expect(wrong.code == "invalid_field")
        }
    }

    @Test func weakPasswordsAndBadAddressesAreRefused() async throws {
        try await withService { service in
            let short = try await service.anyone.post(
                "/api/auth/register", json: newPerson.replacing("motdepasse123", with: "1234567"))
            #expect(short.status == 400)
            #expect(short.error == "Password must be at least 8 characters")
            let address = try await service.anyone.post(
                "/api/auth/register", json: newPerson.replacing("alex.davidson@cloudspace.com", with: "alex"))
            #expect(address.status == 400)
            #expect(address.error == "Invalid email format")
        }
    }

    @Test func signingInAnswersAsDocumented() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await service.anyone.post(
                "/api/auth/login",
                json: #"{"email":"alex.davidson@cloudspace.com","password":"\#(World.password)"}"#)
            #expect(answer.status == 200)
            #expect(answer.string("id") == alex.id)
            #expect(try answer.member("avatar_url") == .null)
            #expect(try await service.anyone.signedIn(answer.text("token")).get("/api/me").status == 200)
        }
    }

    @Test func wrongPasswordsAndUnknownPeopleGetTheSameAnswer() async throws {
        try await withService { service in
            _ = try await service.person()
            let wrong = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"alex.davidson@cloudspace.com","password":"wrong password"}"#)
            let unknown = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"nobody@cloudspace.com","password":"wrong password"}"#)
            #expect(wrong.status == 401)
            #expect(wrong.error == "Invalid email or password")
            #expect(wrong.body == unknown.body)
            #expect(unknown.status == 401)
        }
    }

    @Test func signingOutEndsTheTokenAtOnce() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.send(.post, "/api/auth/logout", body: [])
            #expect(answer.status == 200)
            #expect(answer.string("message") == "Logged out successfully")
            #expect(try await alex.client.get("/api/me").status == 401)
        }
    }

    @Test func anExpiredTokenIsNoToken() async throws {
        try await withService { service in
            let alex = try await service.person()
            #expect(try await alex.client.get("/api/me").status == 200)
            service.world.clock.advance(seconds: 25 * 3_600)
            let answer = try await alex.client.get("/api/me")
            #expect(answer.status == 401)
            #expect(answer.error == "Authentication required")
            #expect(answer.headers.first("WWW-Authenticate") == "Bearer")
        }
    }

    @Test func meIsTheAccountWithItsPermissionRole() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Lovelace", role: .admin)
            let me = try await admin.client.get("/api/me").json()
            let example = try JSONValue(
                parsing: """
                    {"id":"","first_name":"","last_name":"","email":"","role":"","title":null,"two_factor_enabled":false,
                     "company_id":null,"created_at":""}
                    """)
            #expect(differences(me, from: example) == [])
            #expect(me["role"] == .string("admin"))
        }
    }

    // MARK: Administration

    @Test func administratorsListPeoplePageByPage() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Lovelace", role: .admin)
            for number in 0..<5 {
                service.world.clock.advance(milliseconds: 1)
                _ = try await service.person("P\(number)", "Q")
            }
            var names: [String] = []
            var cursor = ""
            for _ in 0..<3 {
                let page = try await admin.client.get("/api/users?limit=2\(cursor)")
                #expect(page.status == 200)
                guard case .array(let users)? = try page.member("users") else { throw Missing() }
                names += try users.map { try $0.string("first_name") }
                cursor = page.string("next_cursor").map { "&cursor=\($0)" } ?? "&cursor=end"
            }
            #expect(names == ["Ada", "P0", "P1", "P2", "P3", "P4"])
            #expect(cursor == "&cursor=end")
            #expect(try await admin.client.get("/api/users?cursor=end").status == 400)
            #expect(try await admin.client.get("/api/users?limit=0").status == 400)
        }
    }

    private struct Missing: Error {}

    @Test func administratorsChangeRolesAndStatus() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Lovelace", role: .admin)
            let alex = try await service.person()
            let changed = try await admin.client.put("/api/users/\(alex.id)", json: #"{"role":"lecteur"}"#)
            #expect(changed.status == 200)
            #expect(changed.string("role") == "lecteur")
            #expect(try await alex.client.post("/api/drive/folders", json: #"{"name":"X"}"#).status == 403)
            let disabled = try await admin.client.put("/api/users/\(alex.id)", json: #"{"status":"disabled"}"#)
            #expect(disabled.status == 200)
            #expect(try await alex.client.get("/api/me").status == 401)
            let login = try await service.anyone.post(
                "/api/auth/login", json: #"{"email":"\#(alex.account.profile.email)","password":"\#(World.password)"}"#)
            #expect(login.status == 403)
            #expect(login.code == "account_disabled")
        }
    }

    @Test func theLastAdministratorStaysOne() async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Lovelace", role: .admin)
            let answer = try await admin.client.put("/api/users/\(admin.id)", json: #"{"role":"lecteur"}"#)
            #expect(answer.status == 409)
            #expect(answer.code == "last_administrator")
        }
    }

    @Test(arguments: [
        (#"{"role":"owner"}"#, 400), (#"{"role":5}"#, 400), (#"{"status":"erased"}"#, 400), ("{}", 400), ("[]", 400),
        ("{", 400),
    ])
    func roleChangesAreChecked(_ body: String, _ status: Int) async throws {
        try await withService { service in
            let admin = try await service.person("Ada", "Lovelace", role: .admin)
            let alex = try await service.person()
            #expect(try await admin.client.put("/api/users/\(alex.id)", json: body).status == status)
            #expect(try await admin.client.put("/api/users/nobody", json: #"{"role":"lecteur"}"#).status == 404)
        }
    }

    // MARK: Profile and storage

    @Test func theProfileHasTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            let answer = try await alex.client.get("/api/user/profile")
            let example = try JSONValue(
                parsing: """
                    {"id":"uuid","first_name":"Alex","last_name":"Davidson","email":"alex.davidson@cloudspace.com",
                     "bio":"Lead Designer","avatar_url":null,"role":"Designer","storage_used":16324091904,
                     "storage_limit":21474836480,"two_factor_enabled":false,"created_at":"2024-01-15T10:00:00Z"}
                    """)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("storage_limit") == .integer(21_474_836_480))
            #expect(answer.string("role") == "member")
            #expect(answer.string("created_at") == "2024-10-26T15:00:00Z")
        }
    }

    @Test func theProfileChangesFieldByField() async throws {
        try await withService { service in
            let alex = try await service.person()
            _ = try await service.person("Sarah", "Miller")
            let bio = try await alex.client.put(
                "/api/user/profile", json: #"{"bio":"Updated bio text.","role":"admin"}"#)
            #expect(bio.status == 200)
            #expect(bio.string("bio") == "Updated bio text.")
            #expect(bio.string("first_name") == "Alex")
            #expect(bio.string("role") == "member")
            let taken = try await alex.client.put(
                "/api/user/profile", json: #"{"email":"sarah.miller@cloudspace.com"}"#)
            #expect(taken.status == 409)
            #expect(taken.error == "Email already in use")
            let malformed = try await alex.client.put("/api/user/profile", json: #"{"email":"sarah"}"#)
            #expect(malformed.status == 400)
            #expect(malformed.error == "Invalid email format")
            let cleared = try await alex.client.put("/api/user/profile", json: #"{"bio":null}"#)
            #expect(try cleared.member("bio") == .null)
            #expect(try await alex.client.put("/api/user/profile", json: #"{"bio":1}"#).status == 400)
            let long = String(repeating: "x", count: 51)
            #expect(try await alex.client.put("/api/user/profile", json: #"{"first_name":"\#(long)"}"#).status == 400)
        }
    }

    @Test func storageHasTheDocumentedShape() async throws {
        try await withService { service in
            let alex = try await service.person()
            try await alex.client.put("GIF89a" + String(repeating: "x", count: 3_066), at: "a.gif")
            try await alex.client.put("%PDF-1.7" + String(repeating: "x", count: 1_016), at: "a.pdf")
            let answer = try await alex.client.get("/api/user/storage")
            let example = try JSONValue(
                parsing: """
                    {"used":1,"limit":1,"percentage":76,"formatted_used":"15.2 GB","formatted_limit":"20 GB",
                     "breakdown":[{"type":"Images","size":5798205850,"formatted":"5.4 GB","percent":36,"icon":"image"}]}
                    """)
            #expect(differences(try answer.json(), from: example) == [])
            #expect(try answer.member("used") == .integer(4_096))
            #expect(try answer.member("breakdown", "0", "percent") == .integer(75))
            #expect(try answer.member("breakdown", "2", "percent") == .integer(25))
            #expect(answer.string("formatted_limit") == "20 GB")
        }
    }
}
