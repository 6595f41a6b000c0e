import Database
import HTTP
import Vault

/// Pictures of people (requirements/1, `POST /api/user/profile/avatar`).
struct DriveAvatars: Sendable {
    let vault: Vault
    let reader: PictureReader

    /// What a form may weigh beside its file.
    private static let formOverhead: Int64 = 64 << 10

    func register(in table: inout RouteTable) {
        table.signedIn(.post, "/api/user/profile/avatar", Self.uploadInfo, upload)
        table.signedIn(.delete, "/api/user/profile/avatar", Self.removeInfo, remove)
        table.pictures("/uploads/avatars/{file}", Self.pictureInfo, reader, picture)
    }

    // MARK: POST /api/user/profile/avatar

    @Sendable func upload(_ request: Request, _ principal: Principal) async throws -> Response {
        if let length = request.head.contentLength, length > Int64(Avatars.maximumBytes) + Self.formOverhead {
            throw VaultError.avatarTooLarge
        }
        guard request.contentType == "multipart/form-data" else { throw Problem.noFile }
        let form = try UploadForm(request)
        let file = try await form.file()
        var content: [UInt8] = []
        while let piece = try await file.next() {
            guard content.count + piece.count <= Avatars.maximumBytes else { throw VaultError.avatarTooLarge }
            content += piece
        }
        try await form.rest()
        let address = try await vault.avatars.set(content, as: principal)
        return .json { json in json.object { json in json.field("avatar_url", address) } }
    }

    // MARK: DELETE /api/user/profile/avatar

    @Sendable func remove(_ request: Request, _ principal: Principal) async throws -> Response {
        try await vault.avatars.remove(as: principal)
        return .json { json in json.object { json in json.null("avatar_url") } }
    }

    // MARK: GET /uploads/avatars/{file}

    @Sendable func picture(_ request: Request, _ principal: Principal) async throws -> Response {
        guard let avatar = AvatarID(try PictureReader.name(of: request)) else { throw VaultError.notFound(.picture) }
        let (jpeg, madeAt) = try await vault.avatars.open(avatar)
        // Another picture has another address, so this one may be kept for as long as browsers keep anything.
        return try await PictureAnswer.response(
            jpeg, tag: avatar.description, madeAt: madeAt.seconds, maximumAge: 31_536_000, to: request)
    }
}

// MARK: Descriptions

extension DriveAvatars {
    private static let address = Schema.object([.required("avatar_url", .nullable(.string()))])

    private static let uploadInfo = RouteInfo.drive(
        "Give oneself a picture: jpg, png, gif or webp by content, at most 5 MB", body: .stream,
        events: [.avatarChanged], requests: [.form(.required("file", .string(format: "binary")))],
        ResponseDescription(200, "The picture's address", address),
        .error(400, "Invalid file type. Allowed: jpg, png, gif, webp"), .error(413, "File too large. Max 5MB"),
        .error(503, "This server cannot make pictures"))

    private static let removeInfo = RouteInfo.drive(
        "Take one's picture away", events: [.avatarChanged], ResponseDescription(200, "No picture", address))

    private static let pictureInfo = RouteInfo.drive(
        "The picture of a person, for anybody who is signed in", parameters: PictureReader.parameters,
        ResponseDescription(200, "The picture", .string(format: "binary"), contentType: "image/jpeg"),
        ResponseDescription(304, "Not modified"), .error(404, "No such picture"))
}
