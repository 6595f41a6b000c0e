import Database
import Vault

/// Refusals of retention, holds and erasure in words for the terminal.
enum KeepingWords {
    static func text(_ refusal: VaultError.KeptRefusal) -> String {
        switch refusal {
        case .retention(let name, let mode, let until):
            "the \(mode.name) policy\(quoted(name)) keeps it until \(until.iso8601)"
        case .bearsPolicy(let name, _): "the folder bears the policy\(quoted(name)); lift it first"
        case .legalHold(let name): "the legal hold\(quoted(name)) keeps it until two people release it"
        }
    }

    static func text(_ refusal: VaultError.RetentionRefusal) -> String {
        switch refusal {
        case .compliance: "a policy in mode compliance can be made longer, but never shorter, weaker or lifted"
        case .lifted: "this policy was lifted; set a new one"
        case .tooMany(let maximum): "a folder bears at most \(maximum) policies; change one of them"
        case .nothingToBypass: "no policy keeps it; delete it the usual way"
        case .noExpiry: "this policy lets no versions expire; give it --keep-versions or --keep-for first"
        }
    }

    static func text(_ refusal: VaultError.HoldRefusal) -> String {
        switch refusal {
        case .released: "this hold was released; open a new one"
        case .releasePending: "a release is asked for already; have it confirmed or refused first"
        case .noReleasePending: "nobody asked for a release; ask first, another person confirms"
        case .samePerson: "whoever asked for the release cannot confirm it; another person must"
        case .notListed: "the hold does not lie on that file or folder itself; name one that it lists"
        case .tooMany(let maximum): "a hold lies on at most \(maximum) files and folders; hold the folders they are in"
        }
    }

    private static func quoted(_ name: String?) -> String { name.map { " \"\($0.printable)\"" } ?? "" }
}
