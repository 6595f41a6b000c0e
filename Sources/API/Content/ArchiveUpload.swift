import Archive
import Backup
import Crypto
import HTTP
import Vault

/// Takes an archive out of a request, as a form or as the body itself, and hands it to the import in constant memory.
struct ArchiveUpload: Sendable {
    let vault: Vault
    let imports: Imports

    /// Names the password where the archive is the body: a query ends up in logs.
    static let passwordHeader = "Archive-Password"

    func callAsFunction(_ request: Request, as principal: Principal) async throws -> ImportID {
        try principal.require(.writeContent)
        return request.contentType == "multipart/form-data"
            ? try await form(request, principal) : try await raw(request, principal)
    }

    private var limit: Int64 { vault.core.settings.maximumUpload }

    private func raw(_ request: Request, _ principal: Principal) async throws -> ImportID {
        var fields = UploadFields(request.query)
        fields.password = request.headers.first(Self.passwordHeader)
        let wanted = try Self.wish(fields)
        let check = try DigestCheck(request.headers)
        switch request.body {
        case .empty: throw Problem.noFile
        case .buffered:
            let bytes = try await request.body.collect(limit: .max)
            check?.update(bytes)
            try check?.finish()
            return try await imports.begin(.bytes(bytes), as: principal) { wanted }
        case .stream(let stream):
            try await imports.precheck(wanted.folder, announcedSize: stream.contentLength, as: principal)
            let content = UploadStream(stream, limit: limit, check: check)
            return try await imports.begin(.stream(content), as: principal) { wanted }
        }
    }

    private func form(_ request: Request, _ principal: Principal) async throws -> ImportID {
        let form = try UploadForm(request)
        let file = try await form.file()
        try await imports.precheck(
            try FolderReference.parse(form.fields.parent), announcedSize: nil, as: principal)
        let content = UploadStream(file, limit: limit, atEnd: form.rest)
        return try await imports.begin(.stream(content), as: principal) { try Self.wish(form.fields) }
    }

    private static func wish(_ fields: UploadFields) throws -> ImportRequest {
        let conflict: NameConflict =
            try fields.conflict.map { try Choices.parse($0, field: "on_conflict") } ?? .version
        var password: ZIPPassword?
        if let text = fields.password, !text.isEmpty {
            password = ZIPPassword(SecretBytes(copying: Array(text.utf8)))
            guard password != nil else { throw VaultError.cannotImport(.badPassword) }
        }
        return ImportRequest(
            folder: try FolderReference.parse(fields.parent), conflict: conflict, password: password)
    }
}
