import Database
import Vault

/// `cloudspace holds …`: legal holds, from the machine itself. Whoever sits there is one person: what they ask to release,
/// somebody else confirms.
enum HoldCommands {
    static let all = [list, open, add, release, confirm, refuse]

    private static let list = Command(
        "holds list", summary: "List legal holds",
        details:
            "One line a hold, newest first: id, state, since when, on how many files and folders, name. A pending release follows.",
        settings: Settings.vault, examples: ["holds list --data data --keys keys"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            var cursor: HoldID?
            repeat {
                let page = try await parts.vault.holds.list(before: cursor, limit: 500, as: .localOperator)
                for hold in page.holds { StandardStream.output.print(lines(hold)) }
                cursor = page.next
            } while cursor != nil
        }
    }

    private static let open = Command(
        "holds open", summary: "Hold files and folders for a case",
        details: """
            Nothing held can be trashed, destroyed or expire, wherever it is moved; a folder holds all below it, also what comes \
            later. Only two people together end a hold.
            """,
        settings: Settings.vault, options: [.ruleName, .reason, .nodes],
        examples: [
            "holds open --data data --keys keys --name \"Case 7\" --reason Litigation --nodes 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"
        ]
    ) { invocation in
        let name = try invocation.required(.ruleName)
        let reason = try invocation.required(.reason)
        let nodes = try invocation.nodeIDs(try invocation.required(.nodes))
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let hold = try await parts.vault.holds.open(
                name: name, reason: reason, on: nodes, as: .localOperator)
            StandardStream.output.print(lines(hold))
        }
    }

    private static let add = Command(
        "holds add", summary: "Put more files and folders under a hold",
        details: "Those it lies on already are passed over.",
        settings: Settings.vault, options: [.hold, .nodes],
        examples: [
            "holds add --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --nodes 0197f3c0-9d2b-7c4e-9f10-2b3c4d5e6f71"
        ]
    ) { invocation in
        let id = try invocation.holdID()
        let nodes = try invocation.nodeIDs(try invocation.required(.nodes))
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            StandardStream.output.print(
                lines(try await parts.vault.holds.extend(id, to: nodes, as: .localOperator)))
        }
    }

    private static let release = Command(
        "holds release", summary: "Ask that a hold end, or that some files be taken out of it",
        details: "Nothing is let go before another person confirms: an administrator or auditor, over HTTP.",
        settings: Settings.vault, options: [.hold, .reason, .nodes],
        examples: ["holds release --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --reason Settled"]
    ) { invocation in
        let id = try invocation.holdID()
        let reason = try invocation.required(.reason)
        let nodes = try invocation.text(.nodes).map { text throws(ProgramError) in try invocation.nodeIDs(text) }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            StandardStream.output.print(
                lines(try await parts.vault.holds.askRelease(id, of: nodes, reason: reason, as: .localOperator)))
        }
    }

    private static let confirm = Command(
        "holds confirm", summary: "Confirm a release that another person asked for",
        details: "What was asked for here, at the terminal, cannot be confirmed here.",
        settings: Settings.vault, options: [.hold],
        examples: ["holds confirm --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70"]
    ) { invocation in
        let id = try invocation.holdID()
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            StandardStream.output.print(lines(try await parts.vault.holds.confirmRelease(id, as: .localOperator)))
        }
    }

    private static let refuse = Command(
        "holds refuse", summary: "Refuse a release that was asked for, or take the request back",
        details: "The hold goes on as if nobody had asked.", settings: Settings.vault, options: [.hold, .reason],
        examples: [
            "holds refuse --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --reason \"Not yet\""
        ]
    ) { invocation in
        let id = try invocation.holdID()
        let reason = invocation.text(.reason)
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            StandardStream.output.print(
                lines(try await parts.vault.holds.refuseRelease(id, reason: reason, as: .localOperator)))
        }
    }

    private static func lines(_ hold: LegalHold) -> String {
        let state = hold.releasedAt.map { "released \($0.iso8601)" } ?? "in force"
        var text = "\(hold.id)  \(state)  since \(hold.openedAt.iso8601)  on \(hold.nodes)  \(hold.name.printable)"
        if let release = hold.pending {
            let who = release.askedBy.value == 0 ? "at the terminal" : "by \(release.askedBy)"
            let what = release.nodes.map { "of \($0.count) of them" } ?? "of all"
            text += "\n    release \(what) asked \(who) at \(release.askedAt.iso8601): \(release.reason.printable)"
        }
        return text
    }
}

extension Invocation {
    fileprivate func holdID() throws(ProgramError) -> HoldID {
        let text = try required(.hold)
        guard let id = HoldID(text) else {
            throw .usage("--id is \"\(text.printable)\"; expected a UUID, as `holds list` shows it", command.path)
        }
        return id
    }

    /// Ids with commas between them.
    fileprivate func nodeIDs(_ text: String) throws(ProgramError) -> [NodeID] {
        var ids: [NodeID] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            ids.append(try nodeID(String(part)))
        }
        return ids
    }
}
