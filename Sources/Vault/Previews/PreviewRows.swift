import Database

/// The statements on `previews`: what became of the preview of each version that one was wanted of.
enum PreviewRows {
    enum State: Int64, Sendable {
        case made = 1
        /// Tried, and it cannot be: never tried again.
        case none = 2
    }

    /// - Returns: nil when nobody has tried yet.
    static func state(
        of version: VersionID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> State? {
        try reading.first("SELECT state FROM previews WHERE version_id = \(version)") { row in
            State(rawValue: row.integer(0)) ?? .none
        }
    }

    /// The current version of a file when its picture was made. Asked for images and PDFs only.
    static func made(
        of record: NodeRecord, _ meta: NodeMeta, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> VersionID? {
        guard let head = record.head, PreviewType(mediaType: meta.mediaType) != nil else { return nil }
        return try state(of: head.id, in: reading) == .made ? head.id : nil
    }

    /// Where the picture of a version rests.
    static func place(
        of version: VersionID, in reading: borrowing some SQLReading & ~Copyable
    ) throws -> (node: NodeID, blob: BlobID)? {
        try reading.first(
            "SELECT node_id, blob_id FROM previews WHERE version_id = \(version) AND blob_id IS NOT NULL"
        ) { row in (row.id(0), row.id(1)) }
    }

    static func insert(
        _ order: PreviewOrder, _ picture: (blob: BlobID, width: Int, height: Int)?,
        in transaction: borrowing Transaction
    ) throws {
        let state: State = picture == nil ? .none : .made
        try transaction.run(
            """
            INSERT INTO previews (version_id, node_id, state, blob_id, width, height, created_at)
            VALUES (\(order.version), \(order.node), \(state.rawValue), \((picture?.blob).sqlValue),
                    \(picture?.width ?? 0), \(picture?.height ?? 0), \(transaction.now))
            """)
    }
}
