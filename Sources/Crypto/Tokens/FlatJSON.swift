/// The little JSON that tokens are made of: one object of strings and integers, no field twice, nothing nested.
enum FlatJSON {
    enum Value: Equatable { case string(String), integer(Int64) }

    /// The fields of an object, in their order; so few that looking through them is the fastest.
    struct Fields {
        fileprivate(set) var list: [(name: String, value: Value)] = []

        subscript(name: String) -> Value? {
            list.first { $0.name == name }?.value
        }
    }

    /// Most fields an object may have.
    static let maximumFields = 16

    /// - Returns: nil for anything but exactly one such object (white space between its parts is allowed).
    static func parse(_ bytes: [UInt8]) -> Fields? {
        var parser = Parser(bytes: bytes)
        return parser.object()
    }

    /// `text` as a JSON string, quotes included.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1f}": quoted += "\\u00" + Hex.encode([UInt8(scalar.value)])
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private struct Parser {
        let bytes: [UInt8]
        var position = 0

        mutating func object() -> Fields? {
            guard take("{") else { return nil }
            var fields = Fields()
            fields.list.reserveCapacity(4)
            if take("}") { return atEnd() ? fields : nil }
            repeat {
                guard let name = string(), take(":"), let value = value(), fields[name] == nil,
                    fields.list.count < FlatJSON.maximumFields
                else { return nil }
                fields.list.append((name, value))
            } while take(",")
            return take("}") && atEnd() ? fields : nil
        }

        private mutating func value() -> Value? {
            skipSpace()
            guard position < bytes.count else { return nil }
            return bytes[position] == UInt8(ascii: "\"") ? string().map { .string($0) } : integer().map { .integer($0) }
        }

        /// -?(0|[1-9][0-9]*), in 64 bits.
        private mutating func integer() -> Int64? {
            let start = position
            if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
            let digits = position
            while position < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[position]) {
                position += 1
            }
            guard position > digits, position - digits == 1 || bytes[digits] != UInt8(ascii: "0") else { return nil }
            return Int64(String(decoding: bytes[start..<position], as: UTF8.self))
        }

        private mutating func string() -> String? {
            guard take("\"") else { return nil }
            let start = position
            while position < bytes.count, bytes[position] >= 0x20, bytes[position] != UInt8(ascii: "\""),
                bytes[position] != UInt8(ascii: "\\")
            {
                position += 1
            }
            if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
                position += 1
                return String(validating: bytes[start..<position - 1], as: UTF8.self)
            }
            return stringWithEscapes(after: Array(bytes[start..<position]))
        }

        private mutating func stringWithEscapes(after beginning: [UInt8]) -> String? {
            var text = beginning
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                switch byte {
                case UInt8(ascii: "\""): return String(validating: text, as: UTF8.self)
                case UInt8(ascii: "\\"):
                    guard let escaped = escape() else { return nil }
                    text.append(contentsOf: String(Character(escaped)).utf8)
                case 0..<0x20: return nil
                default: text.append(byte)
                }
            }
            return nil
        }

        private mutating func escape() -> Unicode.Scalar? {
            guard position < bytes.count else { return nil }
            let letter = bytes[position]
            position += 1
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(letter)
            case UInt8(ascii: "b"): return "\u{8}"
            case UInt8(ascii: "f"): return "\u{c}"
            case UInt8(ascii: "n"): return "\n"
            case UInt8(ascii: "r"): return "\r"
            case UInt8(ascii: "t"): return "\t"
            case UInt8(ascii: "u"):
                guard bytes.count - position >= 4 else { return nil }
                let digits = String(decoding: bytes[position..<position + 4], as: UTF8.self)
                position += 4
                // Surrogate pairs are nothing we write, and half of one is no scalar.
                guard let value = Hex.decode(digits), value.count == 2 else { return nil }
                return Unicode.Scalar(UInt32(value[0]) << 8 | UInt32(value[1]))
            default: return nil
            }
        }

        private mutating func take(_ character: Unicode.Scalar) -> Bool {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
            position += 1
            return true
        }

        private mutating func atEnd() -> Bool {
            skipSpace()
            return position == bytes.count
        }

        private mutating func skipSpace() {
            while position < bytes.count {
                switch bytes[position] {
                case 0x20, 0x09, 0x0a, 0x0d: position += 1
                default: return
                }
            }
        }
    }
}
