/// The path of an entry from outside, taken apart: folders and name, none of which leads anywhere but down.
struct EntryPath: Equatable {
    let parts: [String]
    /// It ends in a separator.
    let isFolder: Bool

    /// - Throws: `.pathTraversal`, `.absolutePath`, `.controlCharacter`, `.brokenName`, `.forbiddenName`, `.tooDeep`,
    ///   `.ambiguousName`.
    init(_ entry: ZIPEntry, depth: Int) throws(EntryRefusal) {
        // A Unicode path field that was made for another name, or next to a name that says it is UTF-8 already and is
        // another: one of both is what some program will show.
        guard !entry.hasForeignUnicodeName else { throw .ambiguousName }
        if let other = entry.unicodeName, entry.saysUTF8, other != entry.rawName { throw .ambiguousName }
        let bytes = entry.unicodeName ?? entry.rawName
        let text: String
        if let valid = String(validating: bytes, as: UTF8.self) {
            text = valid
        } else if entry.saysUTF8 || entry.unicodeName != nil {
            throw .brokenName
        } else {
            text = CodePage437.decode(bytes)
        }
        guard !text.unicodeScalars.contains(where: { $0.value < 0x20 || (0x7f...0x9f).contains($0.value) }) else {
            throw .controlCharacter
        }
        // A backslash separates, whoever made the archive: what one system takes for a name leads upwards on another.
        let pieces = text.unicodeScalars.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }
            .map { String($0) }
        guard let first = pieces.first, !text.isEmpty else { throw .forbiddenName }
        guard !first.isEmpty, !Self.isDrive(first) else { throw .absolutePath }
        guard !pieces.contains("..") else { throw .pathTraversal }
        let parts = pieces.filter { !$0.isEmpty && $0 != "." }
        guard !parts.isEmpty else { throw .forbiddenName }
        guard parts.count <= depth else { throw .tooDeep }
        self.parts = parts
        isFolder = pieces.last?.isEmpty ?? false
    }

    private static func isDrive(_ piece: String) -> Bool {
        let scalars = Array(piece.unicodeScalars.prefix(2))
        guard scalars.count == 2, scalars[1] == ":" else { return false }
        return ("a"..."z").contains(scalars[0]) || ("A"..."Z").contains(scalars[0])
    }
}
