import API
import Database
import Vault

/// `cloudspace retention …`: retention policies, from the machine itself. Works while the server runs.
enum RetentionCommands {
    static let all = [list, set, change, lift, explain, expire]

    private static let list = Command(
        "retention list", summary: "List retention policies",
        details:
            "One line a policy, oldest first: id, mode, minimum duration, what lets versions expire, folder, name. Lifted ones say so.",
        settings: Settings.vault, examples: ["retention list --data data --keys keys"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            var cursor: RetentionPolicyID?
            repeat {
                let page = try await parts.vault.retention.list(after: cursor, limit: 500, as: .localOperator)
                for policy in page.policies { StandardStream.output.print(line(policy)) }
                cursor = page.next
            } while cursor != nil
        }
    }

    private static let set = Command(
        "retention set", summary: "Put a retention policy on a folder",
        details: """
            It binds all that lies in the folder and all that will, from the making of each version. In mode compliance nobody can \
            shorten or lift it any more, whoever they are: try it in mode governance first. The root of a space (its id is that \
            of the space) bears a policy for the whole space.
            """,
        settings: Settings.vault,
        options: [.node, .ruleName, .reason, .mode, .duration, .keepVersions, .keepFor],
        examples: [
            "retention set --data data --keys keys --node 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --name Contracts --reason \"Commercial code\" --mode governance --duration P10Y",
            "retention set --data data --keys keys --node 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --name Drafts --reason \"Tidy\" --keep-versions 5 --keep-for P90D",
        ]
    ) { invocation in
        let node = try invocation.nodeID(try invocation.required(.node))
        let name = try invocation.required(.ruleName)
        let reason = try invocation.required(.reason)
        let rules = RetentionRules(
            mode: try invocation.mode() ?? .governance, duration: try invocation.duration(.duration) ?? 0,
            expiry: try invocation.expiry())
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let policy = try await parts.vault.retention.set(
                rules, name: name, reason: reason, on: node, as: .localOperator)
            StandardStream.output.print(line(policy))
        }
    }

    private static let change = Command(
        "retention change", summary: "Lengthen a policy, or in mode governance shorten it",
        details: "What is not given stays. Making a policy weaker needs --reason, which the journal keeps.",
        settings: Settings.vault, options: [.policy, .mode, .duration, .keepVersions, .keepFor, .reason],
        examples: ["retention change --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --duration P11Y"]
    ) { invocation in
        let id = try invocation.policyID()
        var change = RetentionChange(
            mode: try invocation.mode(), duration: try invocation.duration(.duration), reason: invocation.text(.reason))
        if let expiry = try invocation.expiry() { change.expiry = .set(expiry) }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { [change] parts in
            let policy = try await parts.vault.retention.change(id, change, as: .localOperator)
            StandardStream.output.print(line(policy))
        }
    }

    private static let lift = Command(
        "retention lift", summary: "End a policy in mode governance",
        details: "What it kept is free at once. One in mode compliance cannot be lifted.",
        settings: Settings.vault, options: [.policy, .reason],
        examples: [
            "retention lift --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --reason \"Law changed\""
        ]
    ) { invocation in
        let id = try invocation.policyID()
        let reason = try invocation.required(.reason)
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let policy = try await parts.vault.retention.lift(id, reason: reason, as: .localOperator)
            StandardStream.output.print(line(policy))
        }
    }

    private static let explain = Command(
        "retention explain", summary: "Say what keeps a file or folder from being destroyed, and until when",
        details: "The strictest rule comes first. For a folder: what keeps anything in it.",
        settings: Settings.vault, options: [.node],
        examples: ["retention explain --data data --keys keys --node 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"]
    ) { invocation in
        let node = try invocation.nodeID(try invocation.required(.node))
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let answer = try await parts.vault.explainKeeping(node, as: .localOperator)
            if answer.bonds.isEmpty { StandardStream.output.print("nothing keeps it") }
            for bond in answer.bonds { StandardStream.output.print(line(bond)) }
            if let free = answer.freeAt { StandardStream.output.print("free at \(free.iso8601)") }
        }
    }

    private static let expire = Command(
        "retention expire", summary: "Let the old versions under a policy go, or with --dry-run say which and why",
        details: """
            Servers do this by themselves in their housekeeping. The dry run decides exactly as the run does: one line a version, \
            with what keeps it or that it expires. Content that is let go is destroyed; the version's entry stays.
            """,
        settings: Settings.vault, options: [.policy, .dryRun],
        examples: ["retention expire --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --dry-run"]
    ) { invocation in
        let id = try invocation.policyID()
        let isDry = invocation.has(.dryRun)
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            if isDry { return try await plan(id, parts) }
            var versions = 0
            var bytes: Int64 = 0
            while true {
                let report = try await parts.vault.expireVersions.run(id, as: .localOperator)
                versions += report.versions
                bytes += report.bytes
                guard report.isCut else { break }
                StandardStream.error.print("\(versions) versions so far")
            }
            StandardStream.output.print("\(versions) versions expired, \(bytes) bytes")
        }
    }

    private static func plan(_ id: RetentionPolicyID, _ parts: VaultParts) async throws {
        var cursor: ExpiryCursor?
        var versions = 0
        var bytes: Int64 = 0
        repeat {
            let page = try await parts.vault.expireVersions.plan(id, after: cursor, as: .localOperator)
            for decision in page.decisions {
                StandardStream.output.print(
                    "\(decision.node) v\(decision.number)  \(decision.createdAt.iso8601)  "
                        + ExpiryWords(decision.verdict).reason.english)
                guard decision.expires else { continue }
                versions += 1
                bytes += decision.size
            }
            cursor = page.next
        } while cursor != nil
        StandardStream.output.print("\(versions) versions would expire, \(bytes) bytes; nothing was changed")
    }

    private static func line(_ policy: RetentionPolicy) -> String {
        var parts = [policy.id.description, policy.mode.name, RetentionDuration.text(policy.duration)]
        if let versions = policy.expiry?.keepVersions { parts.append("newest \(versions)") }
        if let age = policy.expiry?.keepFor { parts.append("younger than \(RetentionDuration.text(age))") }
        parts.append("on \(policy.node)")
        if let lifted = policy.liftedAt { parts.append("lifted \(lifted.iso8601)") }
        return (parts + [policy.name.printable]).joined(separator: "  ")
    }

    private static func line(_ explained: ExplainedBond) -> String {
        let bond = explained.bond
        let name = explained.name.map { " \"\($0.printable)\"" } ?? ""
        let place = explained.placeName.map { " on \"\($0.printable)\"" } ?? ""
        let carried = bond.isCarried ? ", taken along" : ""
        switch bond.rule {
        case .hold(let id): return "legal hold \(id)\(name)\(place)\(carried): until two people release it"
        case .retention(let id, let mode):
            return "policy \(id)\(name)\(place)\(carried), \(mode.name): until \(bond.until?.iso8601 ?? "-")"
        case .bearer(let id, let mode): return "policy \(id)\(name), \(mode.name): the folder\(place) bears it"
        }
    }
}

extension Invocation {
    func nodeID(_ text: String) throws(ProgramError) -> NodeID {
        guard let id = NodeID(text) else {
            throw .usage("\"\(text.printable)\" is not the id of a file or folder; expected a UUID", command.path)
        }
        return id
    }

    fileprivate func policyID() throws(ProgramError) -> RetentionPolicyID {
        let text = try required(.policy)
        guard let id = RetentionPolicyID(text) else {
            throw .usage("--id is \"\(text.printable)\"; expected a UUID, as `retention list` shows it", command.path)
        }
        return id
    }

    fileprivate func mode() throws(ProgramError) -> RetentionMode? {
        guard let text = text(.mode) else { return nil }
        guard let mode = RetentionMode(name: text) else {
            throw .usage("--mode is \"\(text.printable)\"; expected governance or compliance", command.path)
        }
        return mode
    }

    fileprivate func duration(_ option: Option) throws(ProgramError) -> Int64? {
        guard let text = text(option) else { return nil }
        guard let milliseconds = RetentionDuration.parse(text) else {
            throw .usage(
                "--\(option.name) is \"\(text.printable)\"; expected ISO 8601 such as P10Y, P90D or PT12H, or a number of days, "
                    + "at most a hundred years", command.path)
        }
        return milliseconds
    }

    fileprivate func expiry() throws(ProgramError) -> VersionExpiry? {
        var versions: Int?
        if let text = text(.keepVersions) {
            guard let count = Int(text), (1...VersionExpiry.mostVersions).contains(count) else {
                throw .usage("--keep-versions is \"\(text.printable)\"; expected a number from 1", command.path)
            }
            versions = count
        }
        return VersionExpiry(keepVersions: versions, keepFor: try duration(.keepFor))
    }
}
