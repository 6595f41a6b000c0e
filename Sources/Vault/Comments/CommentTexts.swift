package import Crypto
package import Database

/// The sealed texts of comments: each under the key of the node it is about and bound to that node and the comment, so
/// that shredding the node takes its comments with it.
package enum CommentTexts {
    static func sealed(_ text: CommentText, of comment: CommentID, on node: NodeID, key: SealingKey) -> [UInt8] {
        key.seal(Array(text.text.utf8), context: context(comment, node))
    }

    static func opened(_ sealed: [UInt8], of comment: CommentID, on node: NodeID, key: SealingKey) throws -> String {
        let plain: [UInt8]
        do { plain = try key.open(sealed, context: context(comment, node)) } catch { throw VaultError.tampered(node) }
        return String(decoding: plain, as: UTF8.self)
    }

    /// The texts of some comments on one node, for what quotes them; those that were deleted since are left out.
    /// - Parameter key: the node's own.
    package static func texts(
        _ comments: some Sequence<CommentID>, on node: NodeID, key: SealingKey,
        in reading: borrowing some SQLReading & ~Copyable
    ) throws -> [CommentID: String] {
        var texts: [CommentID: String] = [:]
        for comment in comments where texts[comment] == nil {
            texts[comment] = try text(comment, on: node, key: key, in: reading)
        }
        return texts
    }

    /// The text of one comment on a node; `nil` when there is none.
    package static func text(
        _ comment: CommentID, on node: NodeID, key: SealingKey, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> String? {
        let sealed = try reading.first(
            "SELECT sealed_text FROM comments WHERE id = \(comment) AND node_id = \(node)", { $0.bytes(0) })
        return try sealed.map { try opened($0, of: comment, on: node, key: key) }
    }

    /// The details of a journal event about a comment (requirements/1, ActivityLog), and back.
    static func eventDetails(_ comment: CommentID) -> String { "\(detailsStart)\(comment)\"}" }

    static func comment(inEventDetails json: String) -> CommentID? {
        guard json.hasPrefix(detailsStart) else { return nil }
        return CommentID(json.dropFirst(detailsStart.count).prefix(36))
    }

    private static let detailsStart = "{\"comment_id\":\""

    private static func context(_ comment: CommentID, _ node: NodeID) -> SealContext {
        SealContext("cloudspace comment", node.value, comment.value)
    }
}
