public import Database

/// Events found in one go, and how far was looked.
public struct AuditPage: Sendable {
    /// Newest first.
    public internal(set) var entries: [AuditEntry] = []
    /// Before which event to look on; nil when everything was looked at.
    public internal(set) var next: Int64?
    /// Events looked at.
    public internal(set) var lookedAt = 0
    /// When the oldest of them happened; nil when there was none.
    public internal(set) var lookedBackTo: Timestamp?

    mutating func add(_ further: AuditPage) {
        entries += further.entries
        next = further.next
        lookedAt += further.lookedAt
        lookedBackTo = further.lookedBackTo ?? lookedBackTo
    }
}
