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
        guard let node = root.find(path, 0) else { return .notFound }
        let routes = node.routes
        guard let route = routes[method] ?? (method == .head ? routes[.get] : nil) else {
            return .methodNotAllowed(node.allowed)
        }
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
    let allowed: [Method]
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
        methods.insert(.options)
        allowed = Method.allCases.filter(methods.contains)
    }

    func find(_ path: [String], _ index: Int) -> Node? {
        if index == path.count { return routes.isEmpty ? nil : self }
        let segment = path[index]
        if let next = literals[segment], let found = next.find(path, index + 1) { return found }
        if !segment.isEmpty, let next = parameter, let found = next.find(path, index + 1) { return found }
        return rest
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
