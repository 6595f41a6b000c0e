import Database
import Journal
import Vault

/// An event on one line, as requirements/2 shows it:
/// `[2025-06-01 15:22] – user_id=3 a supprimé le fichier ID=67 “ContratRH.pdf”`. Times are UTC.
enum JournalLine {
    static func text(_ entry: AuditEntry, _ language: Language) -> String {
        "[\(minute(entry.row.time))] \u{2013} \(JournalSentence.text(entry, language))"
    }

    /// "2025-06-01 15:22".
    static func minute(_ moment: Timestamp) -> String {
        let time = CivilTime(moment)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(time.year)-\(two(time.month))-\(two(time.dayOfMonth)) \(two(time.hour)):\(two(time.minute))"
    }
}
