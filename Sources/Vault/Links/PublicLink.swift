public import Database

/// A link as whoever has it sees it.
public struct PublicLink: Sendable {
    /// Whether a password stands before it.
    public let hasPassword: Bool
    public let expiresAt: Timestamp?
    public let remainingDownloads: Int64?
    /// What it opens; `nil` until the password was given.
    public let node: Node?
}

/// What an unlocked link may be downloaded with.
public struct UnlockedLink: Sendable {
    public let link: PublicLink
    /// Stands in the URL of the download.
    public let pass: String
    /// Seconds it holds.
    public let lifetime: Int64
}
