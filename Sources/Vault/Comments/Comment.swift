public import Database

public enum CommentEntity {}
public typealias CommentID = ID<CommentEntity>

/// What somebody wrote about a file or folder.
public struct Comment: Sendable {
    public let id: CommentID
    public let node: NodeID
    /// Without a name when the account was erased.
    public let author: Person
    public let text: CommentText
    public let createdAt: Timestamp
    public let updatedAt: Timestamp

    public var isEdited: Bool { updatedAt != createdAt }
}

public struct CommentPage: Sendable {
    public let comments: [Comment]
    /// Comments in all.
    public let total: Int
    /// What to ask the next page with; `nil` on the last one.
    public let next: String?
}

/// The text of a comment: 1 to 5,000 characters in NFC, without blanks around it; lines may break.
public struct CommentText: Sendable, Hashable {
    public static let maximumLength = 5_000

    public let text: String

    /// - Throws: `VaultError.invalid(field: "text", …)`.
    public init(_ raw: String) throws(VaultError) {
        guard raw.utf8.count <= 8 * Self.maximumLength else {
            throw .invalid(field: "text", .tooLong(maximum: Self.maximumLength))
        }
        let scalars = raw.unicodeScalars.drop { $0.properties.isWhitespace }
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars.reversed().drop { $0.properties.isWhitespace }.reversed())
        let text = try PersonText.paragraph(String(view), field: "text", maximum: Self.maximumLength)
        guard !text.isEmpty else { throw .invalid(field: "text", .empty) }
        self.text = text
    }

    init(trusted text: String) { self.text = text }
}
