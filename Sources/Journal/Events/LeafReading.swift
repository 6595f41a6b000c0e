/// Reads an event's canonical bytes, leaf format 1 (`docs/formats/journal.md`, section 1), and takes nothing else.
struct LeafReading {
    let sequence: Int64
    let time: Int64
    let outcome: Outcome
    let action: String
    let targetKind: String?
    /// As a UUID.
    let target: String?

    private struct Malformed: Error {}

    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard rest.popFirst() == LeafEncoding.format, let sequence = Self.integer(&rest),
            let time = Self.integer(&rest), let actor = rest.popFirst(), ActorKind(rawValue: Int(actor)) != nil,
            let number = rest.popFirst(), let outcome = Outcome(rawValue: Int(number))
        else { return nil }
        var fields: [[UInt8]?] = []
        do {
            for _ in 0..<9 { fields.append(try Self.field(&rest)) }
        } catch {
            return nil
        }
        guard rest.isEmpty, let action = fields[1], let word = String(validating: action, as: UTF8.self) else {
            return nil
        }
        for place in [0, 3, 4] {
            if let id = fields[place], id.count != 16 { return nil }
        }
        self.sequence = sequence
        self.time = time
        self.outcome = outcome
        self.action = word
        targetKind = fields[2].map { String(decoding: $0, as: UTF8.self) }
        target = fields[3].map { UUIDText.encode($0.reduce(0) { $0 << 8 | UInt128($1) }) }
    }

    private static func integer(_ rest: inout ArraySlice<UInt8>) -> Int64? {
        guard rest.count >= 8 else { return nil }
        let bytes = rest.prefix(8)
        rest = rest.dropFirst(8)
        return Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    private static func field(_ rest: inout ArraySlice<UInt8>) throws(Malformed) -> [UInt8]? {
        switch rest.popFirst() {
        case 0: return nil
        case 1:
            guard rest.count >= 4 else { throw Malformed() }
            let count = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(4)
            guard rest.count >= count else { throw Malformed() }
            let content = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return content
        default: throw Malformed()
        }
    }
}
