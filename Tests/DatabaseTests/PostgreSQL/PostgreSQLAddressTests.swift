import Testing

@testable import Database

@Suite struct PostgreSQLAddressTests {
    @Test(arguments: [
        (
            "postgresql://vault:s3cret@db.example:5433/cloud?sslmode=verify-full",
            "postgresql://vault@db.example:5433/cloud"
        ),
        ("postgres://vault:s3cret@[::1]:5432/cloud", "postgres://vault@[::1]:5432/cloud"),
        (
            "postgresql://a.example,b.example:5433/cloud?target_session_attrs=read-write",
            "postgresql://a.example,b.example:5433/cloud"
        ),
        ("postgresql:///cloud?host=/run/postgresql", "postgresql:///cloud"),
        ("postgresql://vault@localhost?dbname=cloud&password=s3cret", "postgresql://vault@localhost"),
    ])
    func anAddressIsShownWithoutItsPassword(_ text: String, _ shown: String) throws {
        let address = try PostgreSQLAddress(text)
        #expect(address.description == shown)
        #expect(address.text == text)
    }

    @Test(arguments: [
        "", "mysql://vault:s3cret@db/cloud", "POSTGRESQL://vault:s3cret@db/cloud", "postgresql://vault:s3cret@db",
        "postgresql://vault:s3cret@db/", "postgresql://vault:s3cret@db:0/cloud",
        "postgresql://vault:s3cret@db:65536/cloud",
        "postgresql://vault:s3/cret@db/cloud", "postgresql://vault:s3@cret@db/cloud",
        "postgresql://vault:s3#cret@db/cloud",
        "postgresql://vault:s3%zzcret@db/cloud", "postgresql://vault:s3cret@db/cloud%0",
        "postgresql://vault:s3cret@db/cloud%00",
        "postgresql://vault:s3 cret@db/cloud", "postgresql://vault:s3cret@db/cloud\n",
        "postgresql://vault:s3cret@::1/cloud",
        "postgresql://vault:s3cret@db/one/two", "postgresql://" + String(repeating: "a", count: 9000) + "/cloud",
    ])
    func nonsenseIsRefusedInOneLineWithoutAnyOfThePassword(_ text: String) {
        do {
            let address = try PostgreSQLAddress(text)
            Issue.record("accepted as \(address)")
        } catch DatabaseError.unreachable(let words) {
            #expect(!words.contains("\n"))
            for piece in ["s3", "cret"] { #expect(!words.contains(piece)) }
        } catch {
            Issue.record(error)
        }
    }

    @Test func anotherDatabaseOfTheSameServerKeepsAllElse() throws {
        let address = try PostgreSQLAddress("postgresql://vault:s3cret@db:5433/cloud?sslmode=require")
        #expect(try address.naming(database: "other").text == "postgresql://vault:s3cret@db:5433/other?sslmode=require")
    }
}
