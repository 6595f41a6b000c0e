import HTTP
import Testing

@Suite struct JSONTests {
    @Test func writesEveryKindOfValue() {
        var json = JSONWriter()
        json.object { json in
            json.field("text", "a\"b\\c\n\r\t\u{1}é😀/")
            json.field("number", Int64.min)
            json.field("big", Int64.max)
            json.field("zero", 0)
            json.field("real", 1.5)
            json.field("nothing", Double.nan)
            json.field("yes", true)
            json.null("null")
            json.field("absent", String?.none)
            json.array("list", [1, 2]) { json, number in json.value(number) }
            json.array("empty") { _ in }
            json.object("inner") { json in json.object("deep") { _ in } }
            json.key("raw")
            json.raw(Array("[1]".utf8))
        }
        #expect(
            String(decoding: json.bytes, as: UTF8.self)
                == #"{"text":"a\"b\\c\n\r\t\u0001é😀/","number":-9223372036854775808,"big":9223372036854775807,"#
                + #""zero":0,"real":1.5,"nothing":null,"yes":true,"null":null,"absent":null,"list":[1,2],"#
                + #""empty":[],"inner":{"deep":{}},"raw":[1]}"#)
    }

    @Test func linesOfNDJSONFollowEachOther() {
        var json = JSONWriter()
        for number in 1...2 {
            json.object { json in json.field("n", number) }
            json.endLine()
        }
        #expect(String(decoding: json.takeBytes(), as: UTF8.self) == "{\"n\":1}\n{\"n\":2}\n")
        #expect(json.bytes.isEmpty)
    }

    @Test func whatIsWrittenIsReadBack() throws {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<500 {
            let value = Self.random(&generator, depth: 0)
            #expect(try JSONValue(parsing: value.serialized) == value)
        }
    }

    /// From the JSON Parsing Test Suite of Nicolas Seriot (n_ and y_ files), the cases that fit on a line.
    @Test(arguments: [
        "", " ", "[1,]", "[,1]", "[1 2]", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{\"a\":}", "{1:1}", "[", "]", "{", "\"",
        "\"a", "[\"a", "nul", "True", "NaN", "[NaN]", "[-]", "[01]", "[1.]", "[.1]", "[1e]", "[1e+]", "[+1]", "[0x1]",
        "[1]x", "[1]]", "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "\"\t\"", "\"\n\"", "['a']", "[1,,2]",
        "{\"a\":1 \"b\":2}",
        "//", "[1]//", "{\"a\":1,\"a\":2}", "\"\\uD800\"", "\"\\uD800\\u0041\"", "\"\\uDC00\"", "[1e999]", "\u{FEFF}1",
    ])
    func refusesWhatIsNoJSON(_ text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test(arguments: [
        ("null", JSONValue.null), (" true ", .boolean(true)), ("-0", .integer(0)), ("1E2", .number(100)),
        ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9.223372036854775807e18)),
        (#""\u0061\u00e9\ud83d\ude00\/""#, .string("aé😀/")), ("[]", .array([])), ("{}", .object([:])),
        (#"{"a":[1,{"b":null}]}"#, .object(["a": .array([.integer(1), .object(["b": .null])])])),
    ])
    func readsWhatIsJSON(_ text: String, _ value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test func invalidUTF8IsRefused() {
        for bytes: [UInt8] in [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0xAF, 0x22], [0x22, 0x5C, 0x6E, 0xED, 0xA0, 0x80, 0x22],
        ] {
            #expect(throws: JSONError.notUTF8(offset: 1)) { try JSONValue(parsing: bytes) }
        }
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSONValue(parsing: deep)
        #expect(throws: JSONError.tooDeep) { try JSONValue(parsing: "[" + deep + "]") }
        #expect(throws: JSONError.tooDeep) { try JSONValue(parsing: String(repeating: "{\"a\":", count: 100_000)) }
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func noInputCrashesTheParser(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let alphabet = Array(#"{}[]",:\u0123456789abcdefntrl.eE+- "#.utf8) + [0, 0x0A, 0x80, 0xC3, 0xFF]
        for _ in 0..<5_000 {
            var bytes = Self.random(&generator, depth: 0).serialized
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0...bytes.count, using: &generator)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes.insert(byte, at: place)
                case 1 where place < bytes.count: bytes[place] = byte
                default: bytes = Array(bytes.prefix(place))
                }
            }
            // Whatever is read can be written and read again.
            if let value = try? JSONValue(parsing: bytes) {
                #expect((try? JSONValue(parsing: value.serialized)) == value, "seed \(seed)")
            }
        }
    }

    @Test func fieldsAreTakenByType() throws {
        let json = try JSONValue(parsing: #"{"s": "x", "i": 5, "b": false, "n": null, "l": ["a"], "o": {}, "m": [1]}"#)
        #expect(try json.string("s") == "x")
        #expect(try json.optionalString("n") == nil)
        #expect(try json.optionalString("absent") == nil)
        #expect(json.isNull("n") && !json.isNull("absent") && json.has("n") && !json.has("absent"))
        #expect(try json.integer("i", in: 1...10) == 5)
        #expect(try json.boolean("b") == false)
        #expect(try json.optionalStrings("l") == ["a"])
        #expect(throws: BadField("absent", "a text")) { try json.string("absent") }
        #expect(throws: BadField("i", "a whole number from 6 to 10")) { try json.integer("i", in: 6...10) }
        #expect(throws: BadField("s", "true or false")) { try json.boolean("s") }
        #expect(throws: BadField("m", "an array of texts")) { try json.optionalStrings("m") }
        #expect(throws: BadField("body", "a JSON object")) { try JSONValue.array([]).requireObject() }
    }

    private static func random(_ generator: inout SeededGenerator, depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth < 4 ? 7 : 5), using: &generator) {
        case 0: return .null
        case 1: return .boolean(Bool.random(using: &generator))
        case 2: return .integer(Int64.random(in: .min ... .max, using: &generator))
        case 3: return .number(Double.random(in: -1e6...1e6, using: &generator) + 0.5e-7)
        case 4: return .string(text(&generator))
        case 5:
            return .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in random(&generator, depth: depth + 1) })
        default:
            var members: [String: JSONValue] = [:]
            for _ in 0..<Int.random(in: 0..<4, using: &generator) {
                members[text(&generator)] = random(&generator, depth: depth + 1)
            }
            return .object(members)
        }
    }

    private static func text(_ generator: inout SeededGenerator) -> String {
        let scalars: [Unicode.Scalar] = ["a", "\"", "\\", "\n", "\u{0}", "\u{1F}", "é", "😀", "\u{2028}", "/"]
        var text = ""
        for _ in 0..<Int.random(in: 0..<8, using: &generator) {
            text.unicodeScalars.append(scalars[Int.random(in: 0..<scalars.count, using: &generator)])
        }
        return text
    }
}

/// splitmix64, so that a failure can be repeated from its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
