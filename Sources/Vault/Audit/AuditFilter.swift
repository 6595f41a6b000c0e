public import Database
public import Journal

/// What to look for in the journal. All conditions hold together.
public struct AuditFilter: Sendable, Equatable {
    /// Most actions named in one filter.
    public static let mostActions = 20

    /// From this moment on.
    public var from: Timestamp?
    /// Before this moment.
    public var to: Timestamp?
    public var actor: AccountID?
    public var actorKind: ActorKind?
    /// Any of these; empty for all. At most ``mostActions``.
    public var actions: [String]
    /// `fichier`, `dossier`, `casier`, `armoire`, `utilisateur`, `journal`, `systeme`.
    public var targetKind: String?
    @OptionalWords128 public var target: UInt128?
    public var space: SpaceID?
    /// A folder: what is or was in it, at any depth, and the folder itself.
    public var folder: NodeID?
    public var outcome: Outcome?
    /// The client's network address, exactly.
    public var address: String?
    /// A part of a target's name or of the details, as they were; case and accents do not matter.
    public var names: String?

    public init(
        from: Timestamp? = nil, to: Timestamp? = nil, actor: AccountID? = nil, action: String? = nil,
        target: UInt128? = nil
    ) {
        self.from = from
        self.to = to
        self.actor = actor
        actions = action.map { [$0] } ?? []
        _target = OptionalWords128(wrappedValue: target)
    }

    /// As members of a JSON object, for the journal's own events; without what may be a name.
    var json: String {
        var fields: [String] = []
        func add(_ name: String, _ text: String?) {
            if let text { fields.append("\"\(name)\":\(JSONText.quoted(text))") }
        }
        add("from", from?.iso8601)
        add("to", to?.iso8601)
        add("user", actor?.description)
        add("actor", actorKind?.exportName)
        if !actions.isEmpty { fields.append("\"action\":[\(actions.map(JSONText.quoted).joined(separator: ","))]") }
        add("type", targetKind)
        add("target", target.map { NodeID($0).description })
        add("space", space?.description)
        add("folder", folder?.description)
        add("outcome", outcome?.exportName)
        add("address", address)
        return fields.joined(separator: ",")
    }
}
