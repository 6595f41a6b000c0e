import Foundation
import HTTP
import Testing
import VaultTesting

/// Holds the server to requirements/1: every route, every documented answer, every member of every example.
@Suite struct ContractTests {
    @Test func everyRouteOfTheDocumentIsServed() async throws {
        let document = try ContractFiles.document()
        #expect(document.count == 43)
        try await withService { service in
            let served = Set(service.application.routes.all.map { "\($0.method.rawValue) \(Self.shape($0.pattern))" })
            let missing = document.map { Self.shape($0.route) }.filter { !served.contains($0) }
            #expect(missing.isEmpty)
        }
    }

    /// Every answer that the document shows came in a scene: status, error text, and the example's members and types.
    @Test func everyAnswerOfTheDocumentIsShownInAScene() async throws {
        var played: [Player.Played] = []
        for name in ContractFiles.sceneNames { played += try await Player.play(name) }
        var uncovered: [String] = []
        for documented in try ContractFiles.document() {
            let here = played.filter { Self.shape($0.route) == Self.shape(documented.route) }
            for answer in documented.answers {
                let found = here.contains { step in Self.shows(step.answer, answer) }
                if !found {
                    let seen = here.filter { $0.answer.status == answer.status }
                        .map { Self.reasons($0.answer, answer).joined(separator: "; ") }
                    uncovered.append(
                        "\(documented.route) \(answer.status) \(Self.error(answer.example) ?? "") \(seen.prefix(2))")
                }
            }
        }
        #expect(uncovered.isEmpty, "\(uncovered.joined(separator: "\n"))")
    }

    @Test(arguments: ContractFiles.sceneNames)
    func theSceneGoesAsWritten(_ name: String) async throws {
        _ = try await Player.play(name)
    }

    /// What clients generate their types from tells of every member that really comes.
    @Test(arguments: ContractFiles.sceneNames)
    func theAnswersAreAsOpenAPIDescribesThem(_ name: String) async throws {
        let played = try await Player.play(name)
        try await withService { service in
            let routes = Dictionary(
                service.application.routes.all.map { ("\($0.method.rawValue) \($0.pattern)", $0) },
                uniquingKeysWith: { first, _ in first })
            for step in played {
                guard let route = routes[step.route], let json = try? step.answer.json() else { continue }
                let described = route.info.responses.filter { $0.status == step.answer.status }
                guard let schema = described.first?.schema else {
                    Issue.record("\(step.route) answers \(step.answer.status), which is not described")
                    continue
                }
                for difference in SchemaCheck.differences(schema, json) {
                    Issue.record("\(step.route) \(step.answer.status): \(difference)")
                }
            }
        }
    }

    @Test(.enabled(if: Self.python != nil, "scripts/test brings the validator"))
    func theOpenAPIDocumentIsValid() async throws {
        let python = try #require(Self.python)
        try await withService { service in
            let document = try await service.anyone.get("/api/openapi.json").body
            let file = FileManager.default.temporaryDirectory.appending(path: "openapi-\(UUID()).json")
            try Data(document).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = [python, "-m", "openapi_spec_validator", file.path(percentEncoded: false)]
            let output = Pipe()
            process.standardOutput = output
            process.standardError = output
            try process.run()
            let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            #expect(process.terminationStatus == 0, "\(said.suffix(2_000))")
        }
    }

    private static var python: String? { ProcessInfo.processInfo.environment["CLOUDSPACE_TEST_PYTHON"] }

    // MARK: Comparing with the document

    /// A route without the names of its parameters.
    private static func shape(_ route: String) -> String {
        route.replacing(#/\{[^}]*\}/#, with: { _ in "{}" })
    }

    private static func shows(_ answer: HTTPTestResponse, _ documented: DocumentedRoute.Answer) -> Bool {
        answer.status == documented.status && reasons(answer, documented).isEmpty
    }

    private static func reasons(_ answer: HTTPTestResponse, _ documented: DocumentedRoute.Answer) -> [String] {
        guard let example = documented.example else { return [] }
        if let error = error(example), !(answer.error ?? "").hasPrefix(sentence(error)) {
            return ["says \(answer.error ?? "nothing")"]
        }
        guard let json = try? answer.json() else { return ["no JSON"] }
        return missing(from: json, example)
    }

    private static func error(_ example: RawJSON?) -> String? {
        guard case .object(let members)? = example, case .string(let text)? = members["error"] else { return nil }
        return text
    }

    /// What does not depend on the figures of the example.
    private static func sentence(_ error: String) -> String {
        error.hasPrefix("Storage limit exceeded. You have") ? "Storage limit exceeded. You have" : error
    }

    /// Members of the example that the answer lacks or has with another type. An empty list shows nothing: it is not
    /// taken for an example of its elements.
    private static func missing(from answer: JSONValue, _ example: RawJSON, at path: String = "$") -> [String] {
        switch (example, answer) {
        case (.null, _): return []
        case (.object(let wanted), .object(let given)):
            return wanted.keys.sorted().flatMap { name -> [String] in
                guard let value = given[name] else { return ["\(path).\(name) is missing"] }
                return missing(from: value, wanted[name] ?? .null, at: "\(path).\(name)")
            }
        case (.array(let wanted), .array(let given)):
            guard !wanted.isEmpty else { return [] }
            guard !given.isEmpty else { return ["\(path) is empty"] }
            return wanted.flatMap { element in
                let found = given.map { missing(from: $0, element, at: "\(path)[]") }
                return found.min { $0.count < $1.count } ?? []
            }
        case (.string, .string), (.boolean, .boolean), (.integer, .integer), (.number, .number): return []
        case (.number, .integer), (.integer, .number): return []
        case (.string, .null) where path == "$.bio" || path.hasSuffix(".avatar_url"): return []
        default: return ["\(path) is \(answer)"]
        }
    }
}
