import Database
import Vault

/// `cloudspace nodes`
enum NodesCommand {
    static let command = Command(
        "nodes", summary: "Show which servers of this vault are alive",
        details: """
            One line a server: alive or silent, when it was last heard of, since when it runs, version, where it listens. \
            A server that stopped in good order is not shown; one that was killed is, for a day.
            """,
        settings: Settings.vault, examples: ["nodes --data data --keys keys"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            let nodes = try await parts.core.membership.nodes()
            if nodes.isEmpty { StandardStream.output.print("no server is running") }
            let now = SystemClock().now()
            for node in nodes { StandardStream.output.print(line(node, at: now)) }
        }
    }

    static func line(_ node: ClusterNode, at now: Timestamp) -> String {
        let state = now.milliseconds - node.seenAt.milliseconds <= ClusterMembership.silentAfter ? "alive " : "silent"
        return "\(state)  \(node.seenAt.iso8601)  since \(node.startedAt.iso8601)  \(node.version.printable)  "
            + "\(node.label.printable)"
    }
}
