import Database
import Testing

extension DatabaseContract {
    static let valueRules: [DatabaseRule] = [
        DatabaseRule("integers keep all 64 bits") { database in
            for value in [0, 1, -1, Int64.max, Int64.min] {
                let back = try await database.read { try $0.first("SELECT CAST(\(value) AS BIGINT)") { $0.integer(0) } }
                #expect(back == value)
            }
        },
        DatabaseRule("text comes back as it was, whatever it contains") { database in
            try await makeShelf(database)
            let texts = [
                "", "é", "e\u{301}", "👩‍👩‍👧", "'; DROP TABLE shelf; --", "$1 \\ \" \n",
                String(repeating: "ß", count: 70_000),
            ]
            for text in texts {
                let back = try await database.write { transaction in
                    try transaction.run("DELETE FROM shelf")
                    try transaction.run("INSERT INTO shelf (id, label) VALUES (\(1), \(text))")
                    return try transaction.first("SELECT label FROM shelf WHERE label = \(text)") { $0.text(0) }
                }
                #expect(back.map { Array($0.utf8) } == Array(text.utf8))
            }
        },
        DatabaseRule("bytes come back as they were, also none and very many") { database in
            try await makeShelf(database)
            for bytes in [[], Array(0...255), [UInt8](repeating: 0, count: 1_000_000)] {
                let back = try await database.write { transaction in
                    try transaction.run("DELETE FROM shelf")
                    try transaction.run("INSERT INTO shelf (id, content) VALUES (\(1), \(bytes))")
                    return try transaction.first("SELECT content FROM shelf") { $0.optionalBytes(0) }
                }
                #expect(back == .some(bytes))
            }
        },
        DatabaseRule("identifiers are kept in full and sort as numbers do") { database in
            try await makeShelf(database)
            let identifiers: [UInt128] = [.max, 0, 1, 1 << 64, 255, 256, UInt128(UInt64.max)]
            let back = try await database.write { transaction in
                for (number, identifier) in identifiers.enumerated() {
                    try transaction.run("INSERT INTO shelf (id, content) VALUES (\(number), \(identifier))")
                }
                return try transaction.all("SELECT content FROM shelf ORDER BY content") { $0.uuid(0) }
            }
            #expect(back == identifiers.sorted())
        },
        DatabaseRule("truth and time come back as they were") { database in
            try await makeShelf(database)
            let moment = Timestamp(milliseconds: 1_729_953_000_123)
            let back = try await database.write { transaction in
                try transaction.run("INSERT INTO shelf (id, number) VALUES (\(1), \(true)), (\(2), \(moment))")
                return try transaction.all("SELECT number FROM shelf ORDER BY id") { ($0.bool(0), $0.timestamp(0)) }
            }
            #expect(back.first?.0 == true)
            #expect(back.last?.1 == moment)
        },
        DatabaseRule("nothing is NULL, and NULL is nothing") { database in
            try await makeShelf(database)
            let nothing: String? = nil
            let row = try await database.write { transaction in
                try transaction.run(
                    """
                    INSERT INTO shelf (id, label, content, number)
                    VALUES (\(1), \(nothing), \(nil as [UInt8]?), \(nil as Timestamp?))
                    """)
                return try transaction.first("SELECT label, content, number FROM shelf") { row in
                    row.isNull(0) && row.optionalText(0) == nil && row.optionalBytes(1) == nil
                        && row.optionalInt(2) == nil && row.optionalTimestamp(2) == nil && row.optionalBool(2) == nil
                        && row.optionalUUID(1) == nil
                }
            }
            #expect(row == true)
        },
        DatabaseRule("a statement run again sees only its new values") { database in
            try await makeShelf(database)
            let labels = [String(repeating: "long", count: 500), "b", "", "a label of middle length"]
            let back = try await database.write { transaction in
                for (number, label) in labels.enumerated() {
                    try transaction.run("INSERT INTO shelf (id, label) VALUES (\(number), \(label))")
                }
                return try transaction.all("SELECT label FROM shelf ORDER BY id") { $0.text(0) }
            }
            #expect(back == labels)
        },
        DatabaseRule("statements built of parts keep the order of their values") { database in
            try await makeShelf(database)
            let back = try await database.write { transaction in
                for number in 0..<10 {
                    try transaction.run("INSERT INTO shelf (id, number) VALUES (\(number), \(number * 2))")
                }
                let range: SQL = "id BETWEEN \(2) AND \(6)"
                let rest: SQL = "\(range) AND number <> \(8)"
                return try transaction.all("SELECT id FROM shelf WHERE \(rest) AND id < \(6) ORDER BY id") { $0.int(0) }
            }
            #expect(back == [2, 3, 5])
        },
    ]

    /// The one table that most rules use.
    static func makeShelf(_ database: any Database) async throws {
        try await database.restructure { transaction in
            try transaction.script(
                "CREATE TABLE shelf (id BIGINT NOT NULL PRIMARY KEY, label TEXT, content BLOB, number BIGINT)")
        }
    }
}
