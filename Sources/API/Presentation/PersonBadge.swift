import HTTP
import Vault

/// The round badge beside a file: initials on a colour that stays a person's own.
enum PersonBadge {
    private static let palette = [
        "#ec4899", "#3b82f6", "#10b981", "#f59e0b", "#8b5cf6", "#ef4444", "#14b8a6", "#6366f1", "#84cc16", "#f97316",
    ]

    /// Of who has no account: a job of the vault itself, somebody who came by a link.
    static let colorOfNobody = "#64748b"

    /// A colour of the palette, always the same for one account.
    static func color(_ account: AccountID) -> String {
        // The low half of an identifier is random: any part of it spreads evenly.
        palette[Int(UInt64(truncatingIfNeeded: account.value) % UInt64(palette.count))]
    }
}

extension JSONWriter {
    /// `{"id", "initials", "color"}`: an owner in a list.
    mutating func badge(_ person: Person) {
        object { json in
            json.field("id", person.id.description)
            json.field("initials", person.initials)
            json.field("color", PersonBadge.color(person.id))
        }
    }
}
