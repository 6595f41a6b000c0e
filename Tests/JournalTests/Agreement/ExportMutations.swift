import Crypto
import Foundation
import Journal
import VaultTesting

/// Makes bad exports out of good ones, in every way that somebody who wants to deceive, or a broken disk, might.
struct ExportMutations {
    /// What was done, for whoever reads a failure.
    struct Mutant {
        let export: [UInt8]
        let deed: String
    }

    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// One to three deeds on a good export.
    /// - Parameter others: good exports of other journals and selections, of which lines are taken.
    mutating func mutant(of export: [UInt8], others: [[UInt8]]) -> Mutant {
        var current = export
        var deeds: [String] = []
        // Most often one: several hide each other.
        for _ in 0..<[1, 1, 1, 1, 2, 3][Int.random(in: 0..<6, using: &random)] {
            let (changed, deed) = mutated(current, others)
            deeds.append(deed)
            current = changed
        }
        return Mutant(export: current, deed: deeds.joined(separator: ", "))
    }

    private mutating func mutated(_ export: [UInt8], _ others: [[UInt8]]) -> ([UInt8], String) {
        switch Int.random(in: 0..<16, using: &random) {
        case 0: return flippedBit(export)
        case 1: return changedByte(export)
        case 2, 3: return movedLine(export)
        case 4: return cut(export)
        case 5, 6, 7: return changedValue(export)
        case 8: return otherLine(export, others)
        case 9, 10: return respelled(export)
        case 11: return changedBase64(export)
        case 12: return insertedBytes(export)
        case 13: return reorderedKeys(export)
        case 14: return changedNote(export)
        default: return changedEnds(export)
        }
    }
}

/// Bytes and lines.
extension ExportMutations {
    private mutating func place(in export: [UInt8]) -> Int {
        export.isEmpty ? 0 : Int.random(in: 0..<export.count, using: &random)
    }

    private mutating func flippedBit(_ export: [UInt8]) -> ([UInt8], String) {
        guard !export.isEmpty else { return ([0], "a byte") }
        var changed = export
        let place = place(in: export)
        changed[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        return (changed, "bit of byte \(place)")
    }

    private mutating func changedByte(_ export: [UInt8]) -> ([UInt8], String) {
        guard !export.isEmpty else { return ([0], "a byte") }
        var changed = export
        let place = place(in: export)
        changed[place] = Array("0123456789\"\\{}[]:,+/=- \t\r\n\u{0}\u{7f}eEnu".utf8).randomElement(using: &random) ?? 0
        return (changed, "byte \(place) becomes \(changed[place])")
    }

    /// What UTF-8 forbids or hides: overlong forms, surrogates, a mark of byte order, a lone continuation, controls.
    private mutating func insertedBytes(_ export: [UInt8]) -> ([UInt8], String) {
        let pieces: [[UInt8]] = [
            [0xc0, 0x80], [0xc1, 0xbf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xef, 0xbb, 0xbf], [0x80],
            [0xff],
            [0xc3], [0xe2, 0x80, 0xa8], [0xe2, 0x84, 0xaa], [0xcc, 0x81], [0xc2, 0x85], [0x0d], [0x00], [0x1f], [0x0a],
            [0x0a, 0x0a], [0x20], [0x09], Array("\\u0000".utf8), Array("\\n".utf8), Array("\\/".utf8),
            Array("\\u001F".utf8), Array("\\ud800".utf8), Array("\\".utf8),
        ]
        let piece = pieces.randomElement(using: &random) ?? []
        var changed = export
        let place = place(in: export)
        changed.insert(contentsOf: piece, at: place)
        return (changed, "\(piece) at byte \(place)")
    }

    private mutating func movedLine(_ export: [UInt8]) -> ([UInt8], String) {
        var lines = Self.lines(export)
        guard lines.count > 1 else { return (export + [10], "an empty line") }
        let (first, second) = (
            Int.random(in: 0..<lines.count, using: &random), Int.random(in: 0..<lines.count, using: &random)
        )
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            lines.remove(at: first)
            return (lines.flatMap { $0 }, "line \(first) gone")
        case 1:
            lines.insert(lines[first], at: second)
            return (lines.flatMap { $0 }, "line \(first) again at \(second)")
        case 2:
            lines.swapAt(first, second)
            return (lines.flatMap { $0 }, "lines \(first) and \(second) change places")
        default:
            lines.insert([10], at: second)
            return (lines.flatMap { $0 }, "an empty line at \(second)")
        }
    }

    private mutating func cut(_ export: [UInt8]) -> ([UInt8], String) {
        guard Bool.random(using: &random) else {
            let place = place(in: export)
            return (Array(export[..<place]), "cut at byte \(place)")
        }
        let lines = Self.lines(export)
        let place = Int.random(in: 0...lines.count, using: &random)
        return (lines[..<place].flatMap { $0 }, "cut at line \(place)")
    }

    private mutating func otherLine(_ export: [UInt8], _ others: [[UInt8]]) -> ([UInt8], String) {
        var lines = Self.lines(export)
        let strange = Self.lines(others.randomElement(using: &random) ?? export)
        guard let line = strange.randomElement(using: &random), let first = strange.first, let last = strange.last,
            !lines.isEmpty
        else { return (export, "nothing") }
        switch Int.random(in: 0..<4, using: &random) {
        case 0: lines[0] = first
        case 1: lines[lines.count - 1] = last
        case 2: lines[Int.random(in: 0..<lines.count, using: &random)] = line
        default: lines.insert(line, at: Int.random(in: 0...lines.count, using: &random))
        }
        return (lines.flatMap { $0 }, "a line of another export")
    }

    private mutating func changedEnds(_ export: [UInt8]) -> ([UInt8], String) {
        switch Int.random(in: 0..<7, using: &random) {
        case 0: return (export + [10], "a line break more")
        case 1: return (Array(export.dropLast()), "the last byte gone")
        case 2: return (export + export, "twice")
        case 3: return ([0xef, 0xbb, 0xbf] + export, "a mark of byte order")
        case 4: return (export.flatMap { $0 == 10 ? [13, 10] : [$0] }, "CRLF")
        case 5: return (export + [UInt8](repeating: 32, count: 5), "blanks behind the end")
        default: return ([], "nothing left")
        }
    }

    static func lines(_ export: [UInt8]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var line: [UInt8] = []
        for byte in export {
            line.append(byte)
            if byte == 10 {
                lines.append(line)
                line = []
            }
        }
        return line.isEmpty ? lines : lines + [line]
    }
}

/// Values and spellings.
extension ExportMutations {
    /// Some member of some line gets another value.
    private mutating func changedValue(_ export: [UInt8]) -> ([UInt8], String) {
        let names = [
            "type", "version", "origin", "public_key", "checkpoint", "form", "filter", "leaf_index", "sequence", "time",
            "actor_kind", "outcome", "actor_id", "action", "target_kind", "target_id", "space_id", "address",
            "request_id", "sealed_details", "details", "proof", "events", "note", "from", "to",
        ]
        let values = [
            "0", "-0", "-1", "1", "2", "00", "1.0", "1e3", "9223372036854775807", "9223372036854775808",
            "-9223372036854775808", "-9223372036854775809", "18446744073709551616",
            "99999999999999999999999999999999999999999", "NaN", "Infinity", "null", "true", "\"\"", "\"a\"", "\"user\"",
            "\"root\"", "\"success\"", "\"full\"", "\"selection\"", "[]", "[\"\"]", "[\"AAAA\"]", "[null]", "{}",
            "\"AAAA\"", "\"AAA=\"", "\"AAB=\"", "\"A\"", "\"====\"", "\"=\"", "\"é\"", "\"e\u{301}\"", "\"\u{212a}\"",
            "\"\\u0000\"", "\"\\u001f\"", "\"\\u001F\"", "\"\\u0020\"", "\"\\\"\"", "\"\\\\\"", "\"\\t\"", "\"\u{7f}\"",
            "\"\u{2028}\"", "\"\u{feff}\"", "\"00000000-0000-0000-0000-000000000007\"",
            "\"00000000-0000-0000-0000-00000000000G\"", "\"00000000-0000-0000-0000-00000000000A\"",
            "\"000000000000000000000000000000000007\"", "\"{00000000-0000-0000-0000-00000000007}\"",
        ]
        let name = names.randomElement(using: &random) ?? ""
        let value = values.randomElement(using: &random) ?? ""
        let mark = Array("\"\(name)\":".utf8)
        let places = Self.places(of: mark, in: export)
        guard let place = places.randomElement(using: &random) else { return changedByte(export) }
        let start = place + mark.count
        let end = Self.endOfValue(export, from: start)
        return (Array(export[..<start] + Array(value.utf8) + export[end...]), "\(name) becomes \(value)")
    }

    /// The same JSON in another spelling.
    private mutating func respelled(_ export: [UInt8]) -> ([UInt8], String) {
        var lines = Self.lines(export)
        guard !lines.isEmpty else { return (export, "nothing") }
        let number = Int.random(in: 0..<lines.count, using: &random)
        var text = String(decoding: lines[number], as: UTF8.self)
        let pairs = [
            (":", ": "), (",", ", "), ("{", "{ "), ("}", " }"), ("/", "\\/"), ("a", "\\u0061"), ("\\u00", "\\U00"),
            ("\\u001f", "\\u001F"), ("\\u0009", "\\t"), ("\\n", "\\u000A"), ("\\u000a", "\\n"), ("\":null", "\":\"\""),
            ("\":\"\"", "\":null"), ("}", ",\"x\":1}"), ("\"sequence\":", "\"sequence\":1,\"sequence\":"),
            ("\"type\":\"event\"", "\"type\":\"Event\""), ("\"type\":\"end\"", "\"type\" :\"end\""),
            ("\"type\":\"end\"", "\"type\":\"end\",\"type\":\"end\""), ("\"events\":", "\"events\":+"),
            ("]", ",]"), ("[", "[,"), ("\"proof\":[", "\"proof\":[\"\","), ("-", "\u{2010}"), ("0", "\u{0660}"),
            ("=", ""), ("\u{2014}", "-"), ("\u{2014} ", "\u{2014}\u{a0}"),
        ].filter { text.contains($0.0) }
        guard let (old, new) = pairs.randomElement(using: &random) else { return changedByte(export) }
        let ranges = text.ranges(of: old)
        guard let range = ranges.randomElement(using: &random) else { return changedByte(export) }
        text.replaceSubrange(range, with: new)
        lines[number] = Array(text.utf8)
        return (lines.flatMap { $0 }, "\(old) becomes \(new) in line \(number)")
    }

    private mutating func reorderedKeys(_ export: [UInt8]) -> ([UInt8], String) {
        var lines = Self.lines(export)
        guard !lines.isEmpty else { return (export, "nothing") }
        let number = Int.random(in: 0..<lines.count, using: &random)
        var parts = String(decoding: lines[number], as: UTF8.self).components(separatedBy: ",\"")
        guard parts.count > 3 else { return changedByte(export) }
        let first = Int.random(in: 1..<parts.count - 1, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: parts.swapAt(first, first + (first + 1 < parts.count - 1 ? 1 : 0))
        case 1: parts.remove(at: first)
        default: parts.insert(parts[first], at: first)
        }
        lines[number] = Array(parts.joined(separator: ",\"").utf8)
        return (lines.flatMap { $0 }, "members of line \(number)")
    }

    /// A run of base 64 somewhere: another character, another padding, stray bits.
    private mutating func changedBase64(_ export: [UInt8]) -> ([UInt8], String) {
        let places = export.indices.filter { place in
            export[place] == UInt8(ascii: "=")
                || place > 0 && export[place] == UInt8(ascii: "\"")
                    && export[place - 1] != UInt8(ascii: ":")
        }
        guard let place = places.randomElement(using: &random), place > 0 else { return changedByte(export) }
        var changed = export
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=".utf8)
        changed[place - 1] = alphabet.randomElement(using: &random) ?? 0
        return (changed, "base 64 before byte \(place)")
    }

    /// Inside the signed notes of the first and the last line.
    private mutating func changedNote(_ export: [UInt8]) -> ([UInt8], String) {
        var lines = Self.lines(export)
        guard lines.count > 1 else { return changedByte(export) }
        let number = Bool.random(using: &random) ? 0 : lines.count - 1
        var text = String(decoding: lines[number], as: UTF8.self)
        let pairs = [
            ("\\u000a\\u000a", "\\u000a"), ("\\u000a", "\\u000d\\u000a"), ("\\u000a", ""),
            ("\\u000a", "\\u000a\\u000a"),
            ("\\u000a\u{2014}", "\\u000ax\\u000a\u{2014}"), ("\u{2014} ", "\u{2014}  "), ("\u{2014}", "\u{2013}"),
            ("\\u000a\\u000a\u{2014}", "\\u000aextension\\u000a\\u000a\u{2014}"), ("vault/", "vault/\\u0000"),
            ("cloudspace-vault", "cloudspace-vau1t"), ("cloudspace-journal-export/v1", "cloudspace-journal-export/v2"),
            ("\\u000a\"", "\""), ("\\u000a\"", "\\u000a\\u000a\""),
            ("\\u000a\"", "\\u000a\u{2014} other AAAAAAAA\\u000a\""), ("\\u000a\"", "\\u000a\u{2014} other A\\u000a\""),
        ].filter { text.contains($0.0) }
        guard let (old, new) = pairs.randomElement(using: &random),
            let range = text.ranges(of: old).randomElement(using: &random)
        else { return changedByte(export) }
        text.replaceSubrange(range, with: new)
        lines[number] = Array(text.utf8)
        return (lines.flatMap { $0 }, "\(old) becomes \(new) in a note")
    }

    /// Where `mark` begins.
    static func places(of mark: [UInt8], in bytes: [UInt8]) -> [Int] {
        guard let first = mark.first else { return [] }
        return bytes.indices.filter { bytes[$0] == first && bytes[$0...].starts(with: mark) }
    }

    /// Where a JSON value that begins at `start` ends, as far as the canonical spelling goes.
    private static func endOfValue(_ bytes: [UInt8], from start: Int) -> Int {
        guard start < bytes.count else { return start }
        var place = start
        if bytes[place] == UInt8(ascii: "\"") {
            place += 1
            while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
                place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
            }
            return min(place + 1, bytes.count)
        }
        if bytes[place] == UInt8(ascii: "[") {
            while place < bytes.count, bytes[place] != UInt8(ascii: "]"), bytes[place] != 10 { place += 1 }
            return min(place + 1, bytes.count)
        }
        let ends = Set(",}]\n".utf8)
        while place < bytes.count, !ends.contains(bytes[place]) { place += 1 }
        return place
    }
}
