import Crypto

/// What a good proof of a document proved.
public struct DocumentProofReport: Equatable, Sendable {
    public let origin: String
    /// The key that signed, as ``NoteVerifierKey/text``.
    public let publicKey: String
    public let head: TreeHead
    /// The document, as a UUID.
    public let file: String
    public let eventCount: Int64
    /// Of the newest version, as the vault says; nil when it said none.
    public let newest: ProvenVersion?
    public let comparedCheckpoints: Int
}

/// Verifies a document's proof line by line, without a store or a network (`docs/formats/document-proof.md`).
public struct DocumentProofVerifier: ~Copyable, Sendable {
    /// What the first line of such a proof begins with, by which it is told from an export.
    public static let beginning = #"{"type":"cloudspace-document-proof""#

    private let expectedKey: NoteVerifierKey?
    private let remembered: [String]
    private var lines = LineReader()
    private var header: DocumentProofHeader?
    private var key: NoteVerifierKey?
    private var head = TreeHead(size: 0, rootHash: TreeHasher.emptyRoot)
    private var comparedCheckpoints = 0
    private var eventCount: Int64 = 0
    private var lastSequence = Int64.min
    private var newest: ProvenVersion?
    private var hasher = ContentHasher(md5: false)
    private var isFinished = false

    /// - Parameters:
    ///   - key: the journal's key, if it is known from elsewhere.
    ///   - remembered: checkpoints kept elsewhere; those of the proof's own size are compared.
    public init(key: NoteVerifierKey? = nil, remembered: [String] = []) {
        expectedKey = key
        self.remembered = remembered
    }

    /// Takes the next bytes, as they come.
    /// - Throws: `ExportFault`; the verifier is of no use afterwards.
    public mutating func take(_ bytes: [UInt8]) throws(ExportFault) {
        lines.add(bytes)
        while let line = lines.next() { try take(line: line) }
        guard lines.pending <= ExportVerifier.longestLine else {
            throw ExportFault(line: lines.number + 1, reason: isFinished ? .trailing : .malformed)
        }
    }

    /// To be called after the last bytes.
    /// - Throws: `ExportFault` when the proof is not complete.
    public mutating func finish() throws(ExportFault) -> DocumentProofReport {
        if let line = lines.rest() { try take(line: line) }
        guard isFinished, let header else { throw ExportFault(line: lines.number + 1, reason: .unfinished) }
        return DocumentProofReport(
            origin: header.origin, publicKey: header.publicKey, head: head, file: header.file, eventCount: eventCount,
            newest: newest, comparedCheckpoints: comparedCheckpoints)
    }

    private mutating func take(line: [UInt8]) throws(ExportFault) {
        guard !isFinished else { throw fault(.trailing) }
        guard line.count <= ExportVerifier.longestLine else { throw fault(.malformed) }
        if let header {
            if line.first == UInt8(ascii: "]") {
                try takeEnd(line, of: header)
                isFinished = true
                return
            }
            try takeEvent(line, of: header)
        } else {
            try takeHeader(line)
        }
        hasher.update(line)
        hasher.update([UInt8(ascii: "\n")])
    }

    private func fault(_ reason: ExportFault.Reason) -> ExportFault { ExportFault(line: lines.number, reason: reason) }

    private mutating func takeHeader(_ line: [UInt8]) throws(ExportFault) {
        guard let header = try? DocumentProofHeader(line: line) else { throw fault(.malformed) }
        // By bytes: Swift takes texts for equal that only look the same.
        guard let key = try? NoteVerifierKey(parsing: header.publicKey),
            key.name.utf8.elementsEqual(header.origin.utf8),
            expectedKey == nil || expectedKey == key
        else { throw fault(.key) }
        guard let checkpoint = try? Checkpoint(opening: header.checkpoint, key: key) else { throw fault(.checkpoint) }
        head = checkpoint.head
        for note in remembered {
            guard let kept = try? Checkpoint(opening: note, key: key) else { throw fault(.contradiction) }
            guard kept.head.size == head.size else { continue }
            guard kept.head == head else { throw fault(.contradiction) }
            comparedCheckpoints += 1
        }
        self.header = header
        self.key = key
    }

    private mutating func takeEvent(_ line: [UInt8], of header: DocumentProofHeader) throws(ExportFault) {
        guard let event = try? DocumentProofEvent(line: line, isFirst: eventCount == 0),
            let leaf = LeafReading(event.leaf), leaf.sequence == event.sequence
        else { throw fault(.malformed) }
        guard leaf.target == header.file, leaf.outcome == .success,
            DocumentProof.actions.contains(leaf.action)
        else { throw fault(.subject) }
        guard event.sequence > lastSequence || eventCount == 0 else { throw fault(.order) }
        let proof = InclusionProof(leafIndex: event.leafIndex, treeSize: head.size, hashes: event.proof)
        guard proof.verifies(leafHash: TreeHasher.leaf(event.leaf), rootHash: head.rootHash) else {
            throw fault(.inclusion)
        }
        lastSequence = event.sequence
        newest = event.version ?? newest
        eventCount += 1
    }

    private mutating func takeEnd(_ line: [UInt8], of header: DocumentProofHeader) throws(ExportFault) {
        guard let text = try? DocumentProofEnd.note(line: line) else { throw fault(.malformed) }
        guard let key, let note = try? SignedNote(parsing: text), (try? note.verify(by: key)) != nil else {
            throw fault(.signature)
        }
        let expected = DocumentProofEnd.text(
            origin: header.origin, file: header.file, eventCount: eventCount, digest: hasher.finish().sha256)
        guard note.text.utf8.elementsEqual(expected.utf8) else { throw fault(.digest) }
    }
}
