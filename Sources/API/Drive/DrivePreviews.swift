import Database
import HTTP
import Vault

/// Small pictures of files (requirements/1, `GET /api/files/:fileId/preview`), and the pictures themselves.
struct DrivePreviews: Sendable {
    let vault: Vault
    let reader: PictureReader

    static let folder = "/uploads/previews/"

    func register(in table: inout RouteTable) {
        table.signedIn(.get, "/api/files/{id}/preview", Self.previewInfo, preview)
        table.pictures("/uploads/previews/{file}", Self.pictureInfo, reader, picture)
    }

    // MARK: GET /api/files/{id}/preview

    @Sendable func preview(_ request: Request, _ principal: Principal) async throws -> Response {
        let answer = try await vault.previews.describe(try request.nodeID(), as: principal)
        let address = answer.version.map { vault.pictureLinks.preview(of: $0, for: principal) }
        return .json { json in
            json.object { json in
                json.field("preview_url", address)
                json.field("preview_type", answer.type?.rawValue)
                json.field("can_preview", answer.version != nil)
                if answer.isPending { json.field("is_pending", true) }
            }
        }
    }

    // MARK: GET /uploads/previews/{file}

    @Sendable func picture(_ request: Request, _ principal: Principal) async throws -> Response {
        guard let version = VersionID(try PictureReader.name(of: request)) else { throw VaultError.notFound(.picture) }
        let preview = try await vault.previews.open(version, as: principal)
        return try await PictureAnswer.response(
            preview.jpeg, tag: "\(version)-preview", madeAt: preview.madeFrom.seconds, maximumAge: 3_600, to: request)
    }
}

extension PictureLinks {
    /// The address of a version's picture, signed for the person who asks.
    func preview(of version: VersionID, for principal: Principal) -> String {
        signed("\(DrivePreviews.folder)\(version).jpg", for: principal.account)
    }
}

// MARK: Descriptions

extension DrivePreviews {
    private static let previewInfo = RouteInfo.drive(
        "Whether a file has a preview, and where; made now when it was not yet",
        ResponseDescription(
            200, "The preview; all null when there is none",
            .object([
                .required("preview_url", .nullable(.string()), "Works for some minutes, also without a token"),
                .required("preview_type", .nullable(.choice(PreviewType.allCases.map(\.rawValue)))),
                .required("can_preview", .boolean),
                .optional("is_pending", .boolean, "It is being made: ask again"),
            ])),
        .error(403, "Access denied"), .error(404, "File not found"))

    private static let pictureInfo = RouteInfo.drive(
        "The picture that stands for a version of a file", events: [.fileViewed],
        parameters: PictureReader.parameters,
        ResponseDescription(200, "The picture", .string(format: "binary"), contentType: "image/jpeg"),
        ResponseDescription(304, "Not modified"), .error(403, "Access denied"), .error(404, "No such picture"))
}
