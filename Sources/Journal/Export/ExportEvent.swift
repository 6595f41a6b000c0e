import Database

/// An event's line in an export: every field of its leaf, its place and, in a selection, the proof of it.
struct ExportEvent: Equatable {
    let row: JournalRow
    let leafIndex: Int64
    /// Hashes of the inclusion proof; nil in a full export, where the whole tree is recomputed.
    let proof: [[UInt8]]?
}

extension ExportEvent {
    var line: [UInt8] {
        let event = row.event
        var text = ExportText()
        text.append(raw: #"{"type":"event","leaf_index":"#)
        text.append(leafIndex)
        text.append(raw: #","sequence":"#)
        text.append(row.sequence)
        text.append(raw: #","time":"#)
        text.append(row.time.milliseconds)
        text.append(raw: #","actor_kind":"#)
        text.append(event.actorKind.exportName)
        text.append(raw: #","outcome":"#)
        text.append(event.outcome.exportName)
        text.append(raw: #","actor_id":"#)
        text.append(event.actorID)
        text.append(raw: #","action":"#)
        text.append(event.action)
        text.append(raw: #","target_kind":"#)
        text.append(event.targetKind)
        text.append(raw: #","target_id":"#)
        text.append(event.targetID)
        text.append(raw: #","space_id":"#)
        text.append(event.spaceID)
        text.append(raw: #","address":"#)
        text.append(event.address)
        text.append(raw: #","request_id":"#)
        text.append(event.requestID)
        text.append(raw: #","sealed_details":"#)
        text.append(base64: event.sealedDetails)
        text.append(raw: #","details":"#)
        text.append(event.details.map { String(decoding: $0, as: UTF8.self) })
        if let proof {
            text.append(raw: #","proof":["#)
            for (place, hash) in proof.enumerated() {
                if place > 0 { text.append(raw: ",") }
                text.append(base64: hash)
            }
            text.append(raw: "]")
        }
        text.append(raw: "}\n")
        return text.bytes
    }

    /// Reads a line without its newline.
    init(line: [UInt8], withProof: Bool) throws(ExportScanner.Mismatch) {
        var scanner = try ExportScanner(line)
        try scanner.expect(#"{"type":"event","leaf_index":"#)
        leafIndex = try scanner.integer()
        try scanner.expect(#","sequence":"#)
        let sequence = try scanner.integer()
        try scanner.expect(#","time":"#)
        let time = try scanner.integer()
        try scanner.expect(#","actor_kind":"#)
        let actorKindName = try scanner.text()
        try scanner.expect(#","outcome":"#)
        let outcomeName = try scanner.text()
        guard let actorKind = ActorKind(exportName: actorKindName), let outcome = Outcome(exportName: outcomeName)
        else { throw ExportScanner.Mismatch() }
        try scanner.expect(#","actor_id":"#)
        let actorID = try scanner.optionalIdentifier()
        try scanner.expect(#","action":"#)
        let action = try scanner.text()
        try scanner.expect(#","target_kind":"#)
        let targetKind = try scanner.optionalText()
        try scanner.expect(#","target_id":"#)
        let targetID = try scanner.optionalIdentifier()
        try scanner.expect(#","space_id":"#)
        let spaceID = try scanner.optionalIdentifier()
        try scanner.expect(#","address":"#)
        let address = try scanner.optionalText()
        try scanner.expect(#","request_id":"#)
        let requestID = try scanner.optionalText()
        try scanner.expect(#","sealed_details":"#)
        let sealedDetails = try scanner.optionalBase64()
        try scanner.expect(#","details":"#)
        let details = scanner.skip("null") ? nil : try scanner.string()
        proof = withProof ? try Self.proof(&scanner) : nil
        try scanner.expect("}")
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
        row = JournalRow(
            sequence: sequence, time: Timestamp(milliseconds: time),
            event: JournalEvent(
                actorKind: actorKind, actorID: actorID, action: action, targetKind: targetKind, targetID: targetID,
                spaceID: spaceID, address: address, requestID: requestID, outcome: outcome,
                sealedDetails: sealedDetails, details: details),
            leafIndex: leafIndex)
    }

    private static func proof(_ scanner: inout ExportScanner) throws(ExportScanner.Mismatch) -> [[UInt8]] {
        try scanner.expect(#","proof":["#)
        var hashes: [[UInt8]] = []
        while !scanner.skip("]") {
            if !hashes.isEmpty { try scanner.expect(",") }
            hashes.append(try scanner.base64())
        }
        return hashes
    }
}

extension ActorKind {
    /// The name in exports.
    public var exportName: String {
        switch self {
        case .user: "user"
        case .apiKey: "api_key"
        case .system: "system"
        case .anonymous: "anonymous"
        }
    }

    public init?(exportName: String) {
        guard let kind = Self.allCases.first(where: { $0.exportName == exportName }) else { return nil }
        self = kind
    }
}

extension Outcome {
    /// The name in exports.
    public var exportName: String {
        switch self {
        case .success: "success"
        case .refused: "refused"
        case .failed: "failed"
        }
    }

    public init?(exportName: String) {
        guard let outcome = Self.allCases.first(where: { $0.exportName == exportName }) else { return nil }
        self = outcome
    }
}
