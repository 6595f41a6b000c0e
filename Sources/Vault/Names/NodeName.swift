/// The name of a file or folder: non-empty, at most 255 bytes of UTF-8, in NFC, with nothing that a path, a terminal or
/// a right-to-left reader could be fooled by.
public struct NodeName: Hashable, Sendable, CustomStringConvertible {
    public static let maximumByteCount = 255

    public let text: String

    /// - Throws: `VaultError.invalid(field: "name", …)`.
    public init(_ raw: String) throws(VaultError) {
        guard raw.utf8.count <= 4 * Self.maximumByteCount else {
            throw .invalid(field: "name", .tooLong(maximum: Self.maximumByteCount))
        }
        let text = CanonicalText.composed(raw)
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw .invalid(field: "name", .empty)
        }
        guard text != ".", text != ".." else { throw .invalid(field: "name", .forbiddenCharacter) }
        guard !text.unicodeScalars.contains(where: { $0 == "/" || $0 == "\\" || CanonicalText.disguises($0) }) else {
            throw .invalid(field: "name", .forbiddenCharacter)
        }
        guard text.utf8.count <= Self.maximumByteCount else {
            throw .invalid(field: "name", .tooLong(maximum: Self.maximumByteCount))
        }
        self.text = text
    }

    /// For names that were checked when they were sealed.
    init(trusted text: String) { self.text = text }

    public var description: String { text }

    /// What uniqueness in a folder compares.
    package var folded: [UInt8] { CanonicalText.folded(text) }

    /// The name before its extension and the extension with its dot ("" when there is none).
    public var parts: (stem: Substring, suffix: Substring) {
        guard let dot = text.lastIndex(of: "."), dot != text.startIndex else { return (text[...], "") }
        let suffix = text[dot...]
        guard suffix.utf8.count <= 17, suffix.count > 1 else { return (text[...], "") }
        return (text[..<dot], suffix)
    }

    /// "Copy of Name.ext", the end of the stem cut off where that would be too long.
    var copied: NodeName { lengthened(before: "Copy of ", behind: "") }

    /// "Name (1).ext": the `number`th name to try when this one is taken.
    func numbered(_ number: Int) -> NodeName { lengthened(before: "", behind: " (\(number))") }

    private func lengthened(before: String, behind: String) -> NodeName {
        let (stem, suffix) = parts
        let added = before.utf8.count + behind.utf8.count + suffix.utf8.count
        var shortened = String(stem)
        while shortened.utf8.count + added > Self.maximumByteCount, !shortened.isEmpty { shortened.removeLast() }
        return NodeName(trusted: before + shortened + behind + suffix)
    }
}
