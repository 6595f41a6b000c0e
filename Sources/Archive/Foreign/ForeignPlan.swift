/// What would become of each entry of an archive from outside, before anything is unpacked.
public struct ForeignPlan: Sendable {
    public enum Verdict: Sendable, Equatable {
        /// Folders and name.
        case folder([String])
        case file([String])
        case refused(EntryRefusal)
    }

    public struct Line: Sendable, Equatable {
        public let entry: ZIPEntry
        public let verdict: Verdict
    }

    /// One for each entry, in the directory's order.
    public let lines: [Line]
    public let files: Int
    /// Of the files that would be unpacked, as announced: more never comes out.
    public let bytes: Int64

    /// What two names have in common when there is room for only one of them; nil for a name that nothing may have.
    public typealias Folding = @Sendable (String) -> [UInt8]?

    init(
        of directory: ZIPDirectory, in input: any ZIPInput, limits: ForeignLimits, hasPassword: Bool,
        folding: Folding
    ) throws {
        let layout = try EntryLayout(of: directory, in: input)
        var names = PlannedNames()
        var lines: [Line] = []
        lines.reserveCapacity(directory.entries.count)
        var files = 0
        var bytes: Int64 = 0
        for entry in directory.entries {
            let verdict: Verdict
            do throws(EntryRefusal) {
                if let refusal = layout.refused[entry.index] { throw refusal }
                let path = try EntryPath(entry, depth: limits.depth)
                let isFolder = try Self.isFolder(entry, path)
                if !isFolder { try Self.judgeContent(entry, limits, hasPassword: hasPassword) }
                let folded = path.parts.compactMap(folding)
                guard folded.count == path.parts.count else { throw .forbiddenName }
                try names.take(folded, isFolder: isFolder)
                verdict = isFolder ? .folder(path.parts) : .file(path.parts)
            } catch {
                verdict = .refused(error)
            }
            if case .file = verdict {
                files += 1
                bytes = bytes.addingReportingOverflow(entry.size).overflow ? .max : bytes + entry.size
                guard bytes <= limits.total else { throw ArchiveError.tooLarge(limit: limits.total) }
            }
            lines.append(Line(entry: entry, verdict: verdict))
        }
        self.lines = lines
        self.files = files
        self.bytes = bytes
    }

    /// - Throws: `.link`, `.device`.
    private static func isFolder(_ entry: ZIPEntry, _ path: EntryPath) throws(EntryRefusal) -> Bool {
        // The file type of a Unix mode counts whoever says to have made the archive: programs look at it.
        switch entry.attributes >> 16 & 0xf000 {
        case 0xa000: throw .link
        // A pipe stays what was read out of it: `zip` marks so what came through its standard input.
        case 0x2000, 0x6000, 0xc000: throw .device
        default: break
        }
        let isMarked = entry.attributes & 0x10 != 0 || entry.attributes >> 16 & 0xf000 == 0x4000
        guard path.isFolder || isMarked else { return false }
        // A folder that holds bytes is none.
        guard entry.size == 0 else { throw .fileAndFolder }
        return true
    }

    private static func judgeContent(
        _ entry: ZIPEntry, _ limits: ForeignLimits, hasPassword: Bool
    ) throws(EntryRefusal) {
        switch entry.encryption {
        case .none: break
        case .unknown: throw .unsupportedEncryption
        case .traditional, .aes: guard hasPassword else { throw .passwordNeeded }
        }
        guard ZIPMethods.isReadable(entry.method) else { throw .unsupportedMethod }
        guard entry.size <= limits.ratioFree || entry.size / limits.ratio <= entry.storedSize else {
            throw .compressionRatio
        }
    }
}

/// The paths that entries took so far.
private struct PlannedNames {
    private struct Path: Hashable {
        let parts: [[UInt8]]
    }

    /// True for folders, those that only lead to something included.
    private var taken: [Path: Bool] = [:]

    mutating func take(_ parts: [[UInt8]], isFolder: Bool) throws(EntryRefusal) {
        for count in 1..<max(1, parts.count) where taken[Path(parts: Array(parts[..<count]))] == false {
            throw .fileAndFolder
        }
        let path = Path(parts: parts)
        switch taken[path] {
        case nil: break
        case true?: if !isFolder { throw .fileAndFolder }
        case false?: throw isFolder ? .fileAndFolder : .duplicateName
        }
        for count in 1..<max(1, parts.count) { taken[Path(parts: Array(parts[..<count]))] = true }
        taken[path] = isFolder
    }
}
