import Database

/// The canonical bytes of an event, leaf format 1 (`docs/formats/journal.md`): what the leaf hash covers.
///
/// Every field has one encoding and every encoding one reading, so two different events never have the same bytes. One
/// value is used for many events in a row, to keep its memory.
struct LeafEncoding {
    private(set) var bytes: [UInt8] = []

    static let format: UInt8 = 1

    /// Encodes a recorded event.
    mutating func encode(_ row: JournalRow) {
        let event = row.event
        start(
            sequence: row.sequence, time: row.time.milliseconds, actorKind: Int64(event.actorKind.rawValue),
            outcome: Int64(event.outcome.rawValue))
        append(event.actorID)
        append(event.action.utf8)
        append(event.targetKind?.utf8)
        append(event.targetID)
        append(event.spaceID)
        append(event.address?.utf8)
        append(event.requestID?.utf8)
        append(event.sealedDetails)
        append(event.details)
    }

    /// Encodes a stored row as it lies there, whatever it holds; reads ``JournalRow/columns`` from `first` on.
    ///
    /// - Returns: false when a column that is never NULL is, or a number does not fit its field: such a row has no
    ///   encoding and never came from the journal.
    mutating func encode(_ row: borrowing Row, from first: Int) -> Bool {
        guard let sequence = row.optionalInteger(first), let time = row.optionalInteger(first + 1),
            let actorKind = row.optionalInteger(first + 2), let outcome = row.optionalInteger(first + 3),
            (0...255).contains(actorKind), (0...255).contains(outcome)
        else { return false }
        start(sequence: sequence, time: time, actorKind: actorKind, outcome: outcome)
        for column in (first + 4)...(first + 12) { append(row.optionalBytes(column)) }
        return true
    }

    private mutating func start(sequence: Int64, time: Int64, actorKind: Int64, outcome: Int64) {
        bytes.removeAll(keepingCapacity: true)
        bytes.append(Self.format)
        append(bigEndian: UInt64(bitPattern: sequence))
        append(bigEndian: UInt64(bitPattern: time))
        bytes.append(UInt8(truncatingIfNeeded: actorKind))
        bytes.append(UInt8(truncatingIfNeeded: outcome))
    }

    /// 0x00 for an absent field; otherwise 0x01, the length in four bytes and the content.
    private mutating func append(_ field: (some Collection<UInt8>)?) {
        guard let field else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        append(bigEndian: UInt32(truncatingIfNeeded: field.count))
        bytes.append(contentsOf: field)
    }

    private mutating func append(_ identifier: UInt128?) {
        guard let identifier else {
            bytes.append(0)
            return
        }
        bytes.append(1)
        append(bigEndian: 16 as UInt32)
        append(bigEndian: UInt64(truncatingIfNeeded: identifier >> 64))
        append(bigEndian: UInt64(truncatingIfNeeded: identifier))
    }

    // Spelled out because verification spends its time here.
    private mutating func append(bigEndian value: UInt64) {
        append(bigEndian: UInt32(truncatingIfNeeded: value >> 32))
        append(bigEndian: UInt32(truncatingIfNeeded: value))
    }

    private mutating func append(bigEndian value: UInt32) {
        bytes.append(UInt8(truncatingIfNeeded: value >> 24))
        bytes.append(UInt8(truncatingIfNeeded: value >> 16))
        bytes.append(UInt8(truncatingIfNeeded: value >> 8))
        bytes.append(UInt8(truncatingIfNeeded: value))
    }
}
