import HTTP
import Synchronization
import Vault

/// What an upload says about itself, in its query or in the fields of its form. A field of the form wins.
struct UploadFields: Equatable, Sendable {
    var name: String?
    var parent: String?
    var conflict: String?
    var message: String?
    var fileName: String?
    var contentType: String?
    var deletion: String?
    /// Of an archive; never in a query.
    var password: String?

    init(_ query: Query) {
        name = query.first("name")
        parent = query.first("parent_id")
        conflict = query.first("on_conflict")
        message = query.first("message")
        deletion = query.first("delete_after_upload")
    }

    /// Whether the client removes its own copy once it holds the receipt.
    var deletesAfterUpload: Bool {
        get throws(Problem) {
            switch deletion {
            case nil, "", "false", "0": return false
            case "true", "1": return true
            default: throw Problem.field("delete_after_upload", must: "be true or false", fr: "doit être true ou false")
            }
        }
    }

    mutating func set(_ field: String, _ value: String) {
        switch field {
        case "name": name = value
        case "parent_id": parent = value
        case "on_conflict": conflict = value
        case "message": message = value
        case "delete_after_upload": deletion = value
        case "password": password = value
        default: break
        }
    }
}

/// A form read part by part: its fields so far, and the file when one comes. Used by one task.
final class UploadForm: Sendable {
    private let form: Multipart
    private let state: Mutex<UploadFields>

    init(_ request: Request) throws {
        form = try Multipart(request)
        state = Mutex(UploadFields(request.query))
    }

    var fields: UploadFields { state.withLock { $0 } }

    /// Reads up to the file.
    /// - Throws: `Problem.noFile` when the form has none, or one that nobody chose.
    func file() async throws -> MultipartPart {
        while let part = try await form.next() {
            guard let fileName = part.fileName else {
                try await read(part)
                continue
            }
            guard part.name == "file", !fileName.isEmpty else { throw Problem.noFile }
            state.withLock { fields in
                fields.fileName = fileName
                fields.contentType = part.contentType
            }
            return part
        }
        throw Problem.noFile
    }

    /// Reads what comes after the file: fields only.
    func rest() async throws {
        while let part = try await form.next() {
            guard part.fileName == nil else {
                throw Problem.field("file", must: "be one file", fr: "doit être un seul fichier")
            }
            try await read(part)
        }
    }

    private func read(_ part: MultipartPart) async throws {
        let text = try await part.text()
        state.withLock { $0.set(part.name, text) }
    }
}
