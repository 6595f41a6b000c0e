import Foundation

/// A scene of docs/contract/drive: people, and what they send and get, in order. The same files serve a client's tests.
struct ContractScene: Decodable, Sendable {
    struct Character: Decodable, Sendable {
        let firstName: String
        let lastName: String
        let title: String?

        enum CodingKeys: String, CodingKey {
            case firstName = "first_name"
            case lastName = "last_name"
            case title
        }
    }

    struct Step: Decodable, Sendable {
        let say: String
        /// Who sends it; nobody when absent.
        let `as`: String?
        /// Seconds that pass before.
        let after: Int64?
        let request: Request
        let response: Response
        /// Names for members of the answer, used in later steps: name to dotted path.
        let keep: [String: String]?
    }

    struct Request: Decodable, Sendable {
        let method: String
        let path: String
        let headers: [String: String]?
        let json: RawJSON?
        let form: [Part]?
    }

    struct Part: Decodable, Sendable {
        let name: String
        let filename: String?
        let text: String?
        let base64: String?
        /// So many bytes of zero.
        let zeros: Int?
    }

    struct Response: Decodable, Sendable {
        let status: Int
        let headers: [String: String]?
        /// Compared member by member, none missing and none more.
        let json: RawJSON?
        /// Compared as text.
        let text: String?
    }

    let scene: String
    let people: [String: Character]
    /// Storage limit of each person, in bytes.
    let limit: Int64?
    let steps: [Step]
}

/// Any JSON, kept as it is.
enum RawJSON: Decodable, Sendable, Equatable {
    case null, boolean(Bool), integer(Int64), number(Double), string(String), array([RawJSON])
    case object([String: RawJSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let truth = try? container.decode(Bool.self) {
            self = .boolean(truth)
        } else if let number = try? container.decode(Int64.self) {
            self = .integer(number)
        } else if let number = try? container.decode(Double.self) {
            self = .number(number)
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let elements = try? container.decode([RawJSON].self) {
            self = .array(elements)
        } else {
            self = .object(try container.decode([String: RawJSON].self))
        }
    }
}

/// What the document says of one route.
struct DocumentedRoute: Decodable, Sendable {
    struct Answer: Decodable, Sendable {
        let status: Int
        let example: RawJSON?
    }

    /// As the document writes it, path parameters in braces.
    let route: String
    let answers: [Answer]
}

enum ContractFiles {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "../../../docs/contract/drive"
    )
    .standardizedFileURL

    static func document() throws -> [DocumentedRoute] {
        try JSONDecoder().decode(
            [DocumentedRoute].self, from: Data(contentsOf: folder.appending(path: "document.json")))
    }

    static var sceneNames: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path(percentEncoded: false))) ?? []
        return names.filter { $0.hasSuffix(".json") && $0 != "document.json" }.map { String($0.dropLast(5)) }.sorted()
    }

    static func scene(_ name: String) throws -> ContractScene {
        try JSONDecoder().decode(ContractScene.self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
    }
}
