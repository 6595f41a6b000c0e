import Crypto

/// The version that an event made, as the vault says it.
public struct ProvenVersion: Sendable, Hashable {
    /// From 1.
    public let number: Int64
    /// Of the content, 32 bytes.
    public let sha256: [UInt8]
    /// Bytes of the content.
    public let size: Int64

    public init(number: Int64, sha256: [UInt8], size: Int64) {
        self.number = number
        self.sha256 = sha256
        self.size = size
    }
}

/// The first line of a document's proof: whose journal, which tree, which document.
struct DocumentProofHeader: Equatable {
    let origin: String
    let publicKey: String
    let checkpoint: String
    let file: String

    var line: [UInt8] {
        var text = ExportText()
        text.append(raw: #"{"type":"cloudspace-document-proof","version":1,"origin":"#)
        text.append(origin)
        text.append(raw: #","public_key":"#)
        text.append(publicKey)
        text.append(raw: #","checkpoint":"#)
        text.append(checkpoint)
        text.append(raw: #","file_id":"#)
        text.append(file)
        text.append(raw: ",\"events\":[\n")
        return text.bytes
    }

    init(origin: String, publicKey: String, checkpoint: String, file: String) {
        self.origin = origin
        self.publicKey = publicKey
        self.checkpoint = checkpoint
        self.file = file
    }

    init(line: [UInt8]) throws(ExportScanner.Mismatch) {
        var scanner = try ExportScanner(line)
        try scanner.expect(#"{"type":"cloudspace-document-proof","version":1,"origin":"#)
        origin = try scanner.text()
        try scanner.expect(#","public_key":"#)
        publicKey = try scanner.text()
        try scanner.expect(#","checkpoint":"#)
        checkpoint = try scanner.text()
        try scanner.expect(#","file_id":"#)
        guard let id = try scanner.optionalIdentifier() else { throw ExportScanner.Mismatch() }
        file = UUIDText.encode(id)
        try scanner.expect(#","events":["#)
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
    }
}

/// The line of one event in a document's proof.
struct DocumentProofEvent: Equatable {
    let leafIndex: Int64
    let sequence: Int64
    /// The canonical bytes, of which the leaf hash is made.
    let leaf: [UInt8]
    let version: ProvenVersion?
    let proof: [[UInt8]]

    init(leafIndex: Int64, sequence: Int64, leaf: [UInt8], version: ProvenVersion?, proof: [[UInt8]]) {
        self.leafIndex = leafIndex
        self.sequence = sequence
        self.leaf = leaf
        self.version = version
        self.proof = proof
    }

    /// - Parameter isFirst: all others begin with the comma between them, so that the whole is JSON.
    func line(isFirst: Bool) -> [UInt8] {
        var text = ExportText()
        text.append(raw: isFirst ? #"{"leaf_index":"# : #",{"leaf_index":"#)
        text.append(leafIndex)
        text.append(raw: #","sequence":"#)
        text.append(sequence)
        text.append(raw: #","leaf":"#)
        text.append(base64: leaf)
        text.append(raw: #","version":"#)
        text.append(version?.number)
        text.append(raw: #","sha256":"#)
        text.append(version.map { Hex.encode($0.sha256) })
        text.append(raw: #","size":"#)
        text.append(version?.size)
        text.append(raw: #","proof":["#)
        for (place, hash) in proof.enumerated() {
            if place > 0 { text.append(raw: ",") }
            text.append(base64: hash)
        }
        text.append(raw: "]}\n")
        return text.bytes
    }

    init(line: [UInt8], isFirst: Bool) throws(ExportScanner.Mismatch) {
        var scanner = try ExportScanner(line)
        try scanner.expect(isFirst ? #"{"leaf_index":"# : #",{"leaf_index":"#)
        leafIndex = try scanner.integer()
        try scanner.expect(#","sequence":"#)
        sequence = try scanner.integer()
        try scanner.expect(#","leaf":"#)
        leaf = try scanner.base64()
        try scanner.expect(#","version":"#)
        let number = try scanner.optionalInteger()
        try scanner.expect(#","sha256":"#)
        let digest = try scanner.optionalText()
        try scanner.expect(#","size":"#)
        let size = try scanner.optionalInteger()
        if let number, let digest, let size {
            guard let bytes = Hex.decode(digest), bytes.count == 32, Hex.encode(bytes) == digest else {
                throw ExportScanner.Mismatch()
            }
            version = ProvenVersion(number: number, sha256: bytes, size: size)
        } else {
            guard number == nil, digest == nil, size == nil else { throw ExportScanner.Mismatch() }
            version = nil
        }
        try scanner.expect(#","proof":["#)
        var hashes: [[UInt8]] = []
        while !scanner.skip("]") {
            if !hashes.isEmpty { try scanner.expect(",") }
            hashes.append(try scanner.base64())
        }
        proof = hashes
        try scanner.expect("}")
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
    }
}

/// The last line of a document's proof: the signature under all before it.
enum DocumentProofEnd {
    static func line(note: String) -> [UInt8] {
        var text = ExportText()
        text.append(raw: #"],"note":"#)
        text.append(note)
        text.append(raw: "}\n")
        return text.bytes
    }

    static func note(line: [UInt8]) throws(ExportScanner.Mismatch) -> String {
        var scanner = try ExportScanner(line)
        try scanner.expect(#"],"note":"#)
        let note = try scanner.text()
        try scanner.expect("}")
        guard scanner.isAtEnd else { throw ExportScanner.Mismatch() }
        return note
    }

    /// What is signed; neither a checkpoint nor the end of an export.
    static func text(origin: String, file: String, eventCount: Int64, digest: [UInt8]) -> String {
        "cloudspace-document-proof/v1\n\(origin)\n\(file)\n\(eventCount)\n\(Base64.encode(digest))\n"
    }
}
