/// What a router found for a method and a path.
public enum RouteMatch: Sendable {
    /// The route and the values of its `{name}` segments.
    case found(Route, parameters: [String: String])
    /// The path has routes, none for this method. HEAD is allowed where GET is, OPTIONS everywhere.
    case methodNotAllowed([Method])
    /// No route has this path.
    case notFound
}

/// Finds the route of a path: a trie of segments, literals before parameters, without backtracking cost
/// beyond the depth of the path.
public struct Router: Sendable {
    private let root: Node

    /// A router over a table.
    public init(_ routes: Routes) {
        let builder = NodeBuilder()
        for route in routes.all { builder.insert(route) }
        root = builder.build()
    }

    /// The route for `method` and the decoded segments of a path. HEAD falls back to GET.
    ///
    /// A trailing empty segment (`/api/files/`) is another path than without, and usually not found.
    public func match(_ method: Method, _ path: [String]) -> RouteMatch {
        guard let node = root.find(path, 0, { $0.answers(method) }) else {
            // Slow way, for refusals only: every node the path could mean has a say.
            var allowed: Set<Method> = []
            _ = root.find(path, 0) { node in
                allowed.formUnion(node.allowed)
                return false
            }
            return allowed.isEmpty ? .notFound : .methodNotAllowed(Method.allCases.filter(allowed.contains))
        }
        guard let route = node.routes[method] ?? node.routes[.get] else { return .notFound }
        if route.segments.count == node.literalDepth { return .found(route, parameters: [:]) }
        var parameters: [String: String] = [:]
        for (index, segment) in route.segments.enumerated() {
            switch segment {
            case .literal: break
            case .parameter(let name): parameters[name] = path[index]
            case .rest(let name): parameters[name] = path[index...].joined(separator: "/")
            }
        }
        return .found(route, parameters: parameters)
    }
}

/// One node of the finished trie.
private final class Node: Sendable {
    let literals: [String: Node]
    let parameter: Node?
    let rest: Node?
    let routes: [Method: Route]
    /// The methods of the node, HEAD and OPTIONS included.
    let allowed: Set<Method>
    /// The depth of the node when no segment on its way is a parameter, else -1.
    let literalDepth: Int

    init(literals: [String: Node], parameter: Node?, rest: Node?, routes: [Method: Route], literalDepth: Int) {
        self.literals = literals
        self.parameter = parameter
        self.rest = rest
        self.routes = routes
        self.literalDepth = literalDepth
        var methods = Set(routes.keys)
        if methods.contains(.get) { methods.insert(.head) }
        if !methods.isEmpty { methods.insert(.options) }
        allowed = methods
    }

    /// True when the node has a route for the method.
    func answers(_ method: Method) -> Bool {
        routes[method] != nil || (method == .head && routes[.get] != nil)
    }

    /// The first node for a path that `accepts` takes: literals before parameters before rests.
    func find(_ path: [String], _ index: Int, _ accepts: (Node) -> Bool) -> Node? {
        if index == path.count {
            if !routes.isEmpty, accepts(self) { return self }
            return nil
        }
        let segment = path[index]
        if let next = literals[segment], let found = next.find(path, index + 1, accepts) { return found }
        if !segment.isEmpty, let next = parameter, let found = next.find(path, index + 1, accepts) { return found }
        if let rest, accepts(rest) { return rest }
        return nil
    }
}

/// A node while the table is read.
private final class NodeBuilder {
    private var literals: [String: NodeBuilder] = [:]
    private var parameter: NodeBuilder?
    private var rest: NodeBuilder?
    private var routes: [Method: Route] = [:]

    func insert(_ route: Route) {
        var node = self
        for segment in route.segments {
            let next: NodeBuilder
            switch segment {
            case .literal(let text):
                next = node.literals[text] ?? NodeBuilder()
                node.literals[text] = next
            case .parameter:
                next = node.parameter ?? NodeBuilder()
                node.parameter = next
            case .rest:
                next = node.rest ?? NodeBuilder()
                node.rest = next
            }
            node = next
        }
        if node.routes[route.method] == nil { node.routes[route.method] = route }
    }

    func build(literalDepth: Int = 0) -> Node {
        Node(
            literals: literals.mapValues { $0.build(literalDepth: literalDepth < 0 ? -1 : literalDepth + 1) },
            parameter: parameter?.build(literalDepth: -1), rest: rest?.build(literalDepth: -1), routes: routes,
            literalDepth: literalDepth)
    }
}
