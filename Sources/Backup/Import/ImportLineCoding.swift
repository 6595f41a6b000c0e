import Vault

/// A page of lines as bytes, before it is sealed: for each `outcome ‖ id (16) ‖ length (2) ‖ path ‖ length (2) ‖ word`.
enum ImportLineCoding {
    static func encode(_ lines: [ImportLine]) -> [UInt8] {
        var bytes: [UInt8] = []
        for line in lines {
            var node = NodeID(0)
            var word = ""
            switch line.outcome {
            case .folder: bytes.append(0)
            case .created(let id):
                bytes.append(1)
                node = id
            case .versioned(let id):
                bytes.append(2)
                node = id
            case .renamed(let id, let name):
                bytes.append(3)
                node = id
                word = name
            case .refused(let refusal):
                bytes.append(4)
                word = refusal.rawValue
            }
            for shift in stride(from: 120, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: node.value >> UInt128(shift)))
            }
            for text in [line.path, word] {
                let utf8 = Array(text.utf8.prefix(1_024))
                bytes.append(UInt8(truncatingIfNeeded: utf8.count >> 8))
                bytes.append(UInt8(truncatingIfNeeded: utf8.count))
                bytes += utf8
            }
        }
        return bytes
    }

    /// Malformed bytes end the reading: they were authenticated, so they were written so.
    static func decode(_ bytes: [UInt8]) -> [ImportLine] {
        var lines: [ImportLine] = []
        var rest = bytes[...]
        while rest.count >= 21, let kind = rest.popFirst() {
            let node = NodeID(rest.prefix(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) })
            rest = rest.dropFirst(16)
            guard let path = text(&rest), let word = text(&rest) else { return lines }
            let outcome: ImportLine.Outcome
            switch kind {
            case 0: outcome = .folder
            case 1: outcome = .created(node)
            case 2: outcome = .versioned(node)
            case 3: outcome = .renamed(node, word)
            default: outcome = .refused(ImportRefusal(rawValue: word) ?? .place(.other))
            }
            lines.append(ImportLine(path: path, outcome: outcome))
        }
        return lines
    }

    private static func text(_ rest: inout ArraySlice<UInt8>) -> String? {
        guard let high = rest.popFirst(), let low = rest.popFirst() else { return nil }
        let count = Int(high) << 8 | Int(low)
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return String(decoding: rest.prefix(count), as: UTF8.self)
    }
}
