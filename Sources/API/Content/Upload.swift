import HTTP
import Vault

/// Takes content out of a request, as a form or as the body itself, and hands it to the core in constant memory.
struct Upload: Sendable {
    /// Makes the request to the core out of the fields.
    typealias Wish = @Sendable (UploadFields) throws -> SaveRequest

    let vault: Vault
    /// Contents up to this size are held whole before they are stored, so that fields may come after them.
    private static let heldLimit = 1 << 20

    /// What a form may weigh beside its file.
    private static let formOverhead: Int64 = 64 << 10

    func callAsFunction(_ request: Request, as principal: Principal, wish: @escaping Wish) async throws -> SavedContent
    {
        try principal.require(.writeContent)
        return request.contentType == "multipart/form-data"
            ? try await form(request, principal, wish) : try await raw(request, principal, wish)
    }

    /// How a route that takes uploads takes its body.
    static func bodyPolicy(_ vault: Vault) -> BodyPolicy {
        let limit = vault.core.settings.maximumUpload
        return limit < .max - formOverhead ? .streamUpTo(limit: limit + formOverhead) : .stream
    }

    private var limit: Int64 { vault.core.settings.maximumUpload }

    // MARK: The body itself

    private func raw(_ request: Request, _ principal: Principal, _ wish: Wish) async throws -> SavedContent {
        var fields = UploadFields(request.query)
        fields.contentType = request.contentType
        let wanted = try wish(fields)
        let check = try DigestCheck(request.headers)
        switch request.body {
        case .empty where request.contentType == nil && fields.name == nil: throw Problem.noFile
        case .empty, .buffered:
            let bytes = try await request.body.collect(limit: .max)
            check?.update(bytes)
            try check?.finish()
            return try await vault.save(wanted, .bytes(bytes), as: principal)
        case .stream(let stream):
            try await vault.save.precheck(wanted, announcedSize: stream.contentLength, as: principal)
            return try await vault.save(
                wanted, .stream(UploadStream(stream, limit: limit, check: check)), as: principal)
        }
    }

    // MARK: A form

    private func form(_ request: Request, _ principal: Principal, _ wish: @escaping Wish) async throws -> SavedContent {
        let form = try UploadForm(request)
        let file = try await form.file()
        var held: [[UInt8]] = []
        var count = 0
        while count <= Self.heldLimit {
            guard let piece = try await file.next() else {
                try await form.rest()
                return try await vault.save(try wish(form.fields), .bytes(Array(held.joined())), as: principal)
            }
            held.append(piece)
            count += piece.count
        }
        let known = form.fields
        let wanted = try wish(known)
        if case .place(parent: nil, _, _) = wanted.target {
            // The folder may be named after the file: the place is asked for when all of it is here.
            let stream = UploadStream(file, held: held, limit: limit, atEnd: form.rest)
            return try await vault.save.late(.stream(stream), as: principal) { try wish(form.fields) }
        }
        let announced = request.head.contentLength.map { max(0, $0 - Self.formOverhead) }
        try await vault.save.precheck(wanted, announcedSize: announced, as: principal)
        let stream = UploadStream(file, held: held, limit: limit) {
            try await form.rest()
            guard form.fields == known else { throw Problem.fieldsAfterFile }
        }
        return try await vault.save(wanted, .stream(stream), as: principal)
    }
}

/// What the headers of an upload ask for: `Idempotency-Key`, and `If-Match` with the ETag of the version that must be the
/// current one.
struct UploadConditions: Sendable {
    let idempotencyKey: String?
    let expectedHead: VersionID?

    /// - Throws: `VaultError.versionMismatch` for a tag that no version has.
    init(_ request: Request) throws {
        idempotencyKey = request.headers.first("Idempotency-Key")
        guard let tag = request.headers.first("If-Match"), tag != "*" else {
            expectedHead = nil
            return
        }
        guard tag.hasPrefix("\""), tag.hasSuffix("\""), let version = VersionID(tag.dropFirst().dropLast()) else {
            throw VaultError.versionMismatch
        }
        expectedHead = version
    }
}
