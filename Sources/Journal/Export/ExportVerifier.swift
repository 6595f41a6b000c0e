import Crypto

/// Verifies an export line by line, without a store or a network, in constant memory.
///
/// What it proves: all events are as the journal signed them; a full export lacks none of the checkpoint's events; a
/// selection is the one that the vault made. What it cannot: that the key is the vault's (pass it, known from
/// elsewhere), and that the journal was not rewritten before (pass checkpoints kept elsewhere).
public struct ExportVerifier: ~Copyable, Sendable {
    /// Longest line that is read, in bytes.
    public static let longestLine = 1 << 20

    private let expectedKey: NoteVerifierKey?
    private let remembered: [String]

    private var lineNumber = 0
    private var partialLine: [UInt8] = []
    private var header: ExportHeader?
    private var key: NoteVerifierKey?
    private var head = TreeHead(size: 0, rootHash: TreeHasher.emptyRoot)
    private var range = CompactRange()
    /// Roots kept elsewhere that a full export has yet to reach, by tree size.
    private var rememberedRoots: [Int64: Set<[UInt8]>] = [:]
    private var comparedCheckpoints = 0
    private var eventCount: Int64 = 0
    private var lastSequence = Int64.min
    private var hasher = ContentHasher(md5: false)
    private var isFinished = false

    /// - Parameters:
    ///   - key: the journal's key, if it is known from elsewhere; otherwise the export's own is taken at its word.
    ///   - remembered: checkpoints of this journal kept elsewhere (signed notes). A full export is compared with every
    ///     one of a tree not larger than its own; a selection with those of its own size.
    public init(key: NoteVerifierKey? = nil, remembered: [String] = []) {
        expectedKey = key
        self.remembered = remembered
    }

    /// Takes the next bytes of the export, as they come.
    ///
    /// - Throws: `ExportFault`; the verifier is of no use afterwards.
    public mutating func take(_ bytes: [UInt8]) throws(ExportFault) {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = partialLine + rest[..<end]
            partialLine.removeAll()
            rest = rest[(end + 1)...]
            try take(line: line)
        }
        partialLine += rest
        guard partialLine.count <= Self.longestLine else {
            throw ExportFault(line: lineNumber + 1, reason: isFinished ? .trailing : .malformed)
        }
    }

    /// To be called after the last bytes.
    ///
    /// - Throws: `ExportFault` when the export is not complete.
    public mutating func finish() throws(ExportFault) -> ExportReport {
        if !partialLine.isEmpty {
            let line = partialLine
            partialLine.removeAll()
            try take(line: line)
        }
        guard isFinished, let header else { throw ExportFault(line: lineNumber + 1, reason: .unfinished) }
        return ExportReport(
            origin: header.origin, publicKey: header.publicKey, head: head,
            form: header.filter == nil ? .full : .selection, eventCount: eventCount,
            comparedCheckpoints: comparedCheckpoints)
    }

    /// - Parameter line: without its newline.
    private mutating func take(line: [UInt8]) throws(ExportFault) {
        lineNumber += 1
        guard !isFinished else { throw fault(.trailing) }
        guard line.count <= Self.longestLine else { throw fault(.malformed) }
        if let header {
            if line.starts(with: #"{"type":"end""#.utf8) {
                try takeTrailer(line, of: header)
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

    private func fault(_ reason: ExportFault.Reason) -> ExportFault {
        ExportFault(line: lineNumber, reason: reason)
    }

    private mutating func takeHeader(_ line: [UInt8]) throws(ExportFault) {
        guard let header = try? ExportHeader(line: line) else { throw fault(.malformed) }
        guard let key = try? NoteVerifierKey(parsing: header.publicKey), key.isNamed(header.origin),
            expectedKey == nil || expectedKey == key
        else { throw fault(.key) }
        guard let checkpoint = try? Checkpoint(opening: header.checkpoint, key: key) else { throw fault(.checkpoint) }
        head = checkpoint.head
        for note in remembered {
            guard let checkpoint = try? Checkpoint(opening: note, key: key) else { throw fault(.contradiction) }
            if checkpoint.head.size == head.size {
                guard checkpoint.head == head else { throw fault(.contradiction) }
                comparedCheckpoints += 1
            } else if checkpoint.head.size < head.size, header.filter == nil {
                rememberedRoots[checkpoint.head.size, default: []].insert(checkpoint.head.rootHash)
            }
        }
        self.header = header
        self.key = key
        try compareRemembered()
    }

    private mutating func takeEvent(_ line: [UInt8], of header: ExportHeader) throws(ExportFault) {
        guard let event = try? ExportEvent(line: line, withProof: header.filter != nil) else { throw fault(.malformed) }
        if let hashes = event.proof {
            guard event.row.sequence > lastSequence || eventCount == 0 else { throw fault(.order) }
            let proof = InclusionProof(leafIndex: event.leafIndex, treeSize: head.size, hashes: hashes)
            guard proof.verifies(leafHash: event.row.leafHash, rootHash: head.rootHash) else { throw fault(.inclusion) }
            lastSequence = event.row.sequence
        } else {
            guard event.leafIndex == range.size, event.leafIndex < head.size else { throw fault(.order) }
            range.append(event.row.leafHash)
            try compareRemembered()
        }
        eventCount += 1
    }

    private mutating func takeTrailer(_ line: [UInt8], of header: ExportHeader) throws(ExportFault) {
        guard let trailer = try? ExportTrailer(line: line) else { throw fault(.malformed) }
        if header.filter == nil {
            guard range.size == head.size, range.rootHash == head.rootHash else { throw fault(.root) }
        }
        guard trailer.eventCount == eventCount else { throw fault(.count) }
        guard let key, let note = try? SignedNote(parsing: trailer.note), (try? note.verify(by: key)) != nil else {
            throw fault(.signature)
        }
        let text = ExportTrailer.text(origin: header.origin, eventCount: eventCount, digest: hasher.finish().sha256)
        guard note.text.utf8.elementsEqual(text.utf8) else { throw fault(.digest) }
    }

    private mutating func compareRemembered() throws(ExportFault) {
        guard let roots = rememberedRoots.removeValue(forKey: range.size) else { return }
        guard roots == [range.rootHash] else { throw fault(.contradiction) }
        comparedCheckpoints += 1
    }
}
