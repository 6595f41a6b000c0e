/// The note people leave on a version.
package enum VersionMessage {
    static let maximumLength = 1_000

    /// - Returns: `nil` for an empty note.
    package static func checked(_ raw: String?) throws(VaultError) -> String? {
        guard let raw, !raw.isEmpty else { return nil }
        return try PersonText.paragraph(raw, field: "message", maximum: maximumLength)
    }
}
