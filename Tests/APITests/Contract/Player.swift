import Foundation
import HTTP
import Media
import Testing
import Vault
import VaultTesting

/// Plays a scene against a service of its own and compares every answer.
///
/// With `CLOUDSPACE_RECORD_CONTRACT=folder` it writes what came instead, ids given their names, for
/// `scripts/record_contract.py` to put into the scenes: the changes are then read like any others.
struct Player {
    /// A step as it was played.
    struct Played {
        let route: String
        let step: ContractScene.Step
        let answer: HTTPTestResponse
    }

    static func play(_ name: String) async throws -> [Played] {
        let scene = try ContractFiles.scene(name)
        var played: [Played] = []
        let previews = PreviewProgram.besideThisOne().flatMap { PreviewProgram(path: $0) }
        try await withService(limit: scene.limit ?? FixedAllowance.defaultLimit, previews: previews) { service in
            var names: [String: String] = [:]
            var clients: [String: HTTPTestClient] = [:]
            for (key, character) in scene.people.sorted(by: { $0.key < $1.key }) {
                service.world.clock.advance(milliseconds: 10)
                let person = try await service.person(character, title: character.title)
                names[key] = person.id
                names["\(key).session"] = person.token
                clients[key] = person.client
            }
            for (index, step) in scene.steps.enumerated() {
                // Ids made at one moment have no order; steps are never at one moment.
                service.world.clock.advance(milliseconds: (step.after ?? 0) * 1_000 + 10)
                let template = Template(names: names)
                let client: HTTPTestClient
                if let person = step.as {
                    client = try #require(clients[person], "nobody is called \(person)")
                } else {
                    client = service.anyone
                }
                var answer = try await send(step.request, with: client, template)
                // What is being made is asked for again, as a client does.
                for _ in 0..<30 where answer.text.contains("is_pending") {
                    answer = try await send(step.request, with: client, template)
                }
                let place = "\(name), step \(index + 1), «\(step.say)»"
                for (key, path) in step.keep ?? [:] {
                    do { names[key] = try value(at: path, in: answer, place) } catch { Issue.record(error) }
                }
                if let folder = ProcessInfo.processInfo.environment["CLOUDSPACE_RECORD_CONTRACT"] {
                    try record(answer, names, to: "\(folder)/\(name).\(index).json")
                } else {
                    compare(answer, step.response, Template(names: names), place)
                }
                let target = template.filled(step.request.path)
                let route = service.route(step.request.method, target) ?? "\(step.request.method) \(target)"
                played.append(Played(route: route, step: step, answer: answer))
            }
        }
        return played
    }

    private static func send(
        _ request: ContractScene.Request, with client: HTTPTestClient, _ template: Template
    ) async throws -> HTTPTestResponse {
        let method = try #require(Method(rawValue: request.method))
        let path = template.filled(request.path)
        let headers = (request.headers ?? [:]).map { ($0.key, template.filled($0.value)) }
        if let form = request.form {
            let parts = form.map { part -> HTTPTestClient.Part in
                guard let filename = part.filename else { return .field(part.name, template.filled(part.text ?? "")) }
                if let zeros = part.zeros { return .file(part.name, filename, [UInt8](repeating: 0, count: zeros)) }
                if let base64 = part.base64 {
                    return .file(part.name, filename, [UInt8](Data(base64Encoded: base64) ?? Data()))
                }
                return .file(part.name, filename, Array((part.text ?? "").utf8))
            }
            return try await client.form(path, parts, method: method, headers: headers)
        }
        if let json = request.json {
            return try await client.send(
                method, path, headers: headers + [("Content-Type", "application/json")],
                body: template.filled(json).serialized)
        }
        return try await client.send(method, path, headers: headers, body: method == .get ? nil : [])
    }

    private static func compare(
        _ answer: HTTPTestResponse, _ expected: ContractScene.Response, _ template: Template, _ place: String
    ) {
        #expect(answer.status == expected.status, "\(place): \(answer.text.prefix(500))")
        for (name, value) in expected.headers ?? [:] {
            let given = answer.headers.first(name) ?? ""
            #expect(template.matches(value, given), "\(place): \(name) is \(given)")
        }
        if let text = expected.text { #expect(template.matches(text, answer.text), "\(place): \(answer.text)") }
        guard let json = expected.json else { return }
        guard let given = try? answer.json() else {
            Issue.record("\(place): no JSON: \(answer.text.prefix(500))")
            return
        }
        for difference in template.differences(json, given) { Issue.record("\(place): \(difference)") }
    }

    private static func value(at path: String, in answer: HTTPTestResponse, _ place: String) throws -> String {
        var value: JSONValue? = try answer.json()
        for part in path.split(separator: ".") {
            if let index = Int(part), case .array(let elements)? = value {
                value = elements.indices.contains(index) ? elements[index] : nil
            } else {
                value = value?[String(part)]
            }
        }
        guard case .string(let text)? = value else {
            throw ContractFault(message: "\(place): nothing at \(path) in \(answer.text.prefix(300))")
        }
        return text
    }

    private static func record(_ answer: HTTPTestResponse, _ names: [String: String], to path: String) throws {
        var text = answer.text
        for (name, value) in names where value.count >= 20 { text = text.replacing(value, with: "{\(name)}") }
        text = text.replacing(
            #/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/#, with: { _ in "{uuid}" })
        text = text.replacing(#/eyJ[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+\.[A-Za-z0-9_\-]+/#, with: { _ in "{token}" })
        text = text.replacing(#/"#[0-9a-f]{6}"/#, with: { _ in "\"{color}\"" })
        text = text.replacing(#/(/uploads/[^"?]*)\?[^"]*/#, with: { match in "\(match.1)?{token}" })
        text = text.replacing(#/"(otpauth:|data:)[^"]*"/#, with: { match in "\"\(match.1){token}\"" })
        text = text.replacing(#/"[A-Z2-7]{32}"|"[A-Z2-7]{5}-[A-Z2-7]{5}"/#, with: { _ in "\"{token}\"" })
        text = text.replacing(#/"next_cursor":"[^"]*"/#, with: { _ in "\"next_cursor\":\"{token}\"" })
        let isJSON = answer.headers.first("Content-Type")?.hasPrefix("application/json") == true
        let headers = answer.headers.first("Content-Disposition").map { ",\"disposition\":\(quoted($0))" } ?? ""
        let body = isJSON ? text : "null"
        try Data("{\"status\":\(answer.status)\(headers),\"json\":\(body)}".utf8).write(to: URL(filePath: path))
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text).serialized, as: UTF8.self)
    }
}

struct ContractFault: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}

extension Service {
    /// Somebody of a scene, registered and signed in.
    fileprivate func person(_ character: ContractScene.Character, title: String?) async throws -> Person {
        let email = "\(character.firstName).\(character.lastName)@cloudspace.com".lowercased()
        let account = try await world.vault.register(
            try Registration(
                firstName: character.firstName, lastName: character.lastName, email: email,
                password: World.password, title: title),
            from: .local)
        let session = try await world.vault.sessions.open(account.id, from: .local)
        return Person(account: account, token: session.token, client: anyone.signedIn(session.token))
    }

    /// The pattern of the route table that serves a request.
    fileprivate func route(_ method: String, _ target: String) -> String? {
        let segments = target.prefix { $0 != "?" }.split(separator: "/")
        let candidates = application.routes.all.filter { route in
            guard route.method.rawValue == method else { return false }
            let pattern = route.pattern.split(separator: "/")
            return pattern.count == segments.count
                && zip(pattern, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        let best = candidates.min { Self.parameters($0.pattern) < Self.parameters($1.pattern) }
        return best.map { "\(method) \($0.pattern)" }
    }

    private static func parameters(_ pattern: String) -> Int { pattern.filter { $0 == "{" }.count }
}
