import HTTP
import Vault

/// Finds out who asks for a picture: by token or cookie as everywhere, or by the signature in its address, since an
/// `<img>` sends no token.
struct PictureReader: Sendable {
    let vault: Vault
    let authenticate: Authenticator

    func callAsFunction(_ request: Request) async throws -> Principal {
        guard let signature = request.query.first("signature") else { return try await authenticate(request) }
        return try await vault.pictureLinks.reader(
            of: "/" + request.path.joined(separator: "/"), for: request.query.first("for") ?? "",
            expires: request.query.first("expires") ?? "", signature: signature, from: request.origin)
    }

    /// The id in `{file}`: what stands before ".jpg".
    static func name(of request: Request) throws -> String {
        let file = try request.parameter("file")
        guard file.hasSuffix(".jpg") else { throw VaultError.notFound(.picture) }
        return String(file.dropLast(4))
    }

    static let parameters = [
        QueryParameter("for", .uuid, "From the address that was handed out"),
        QueryParameter("expires", .integer, "From the address that was handed out"),
        QueryParameter("signature", .string(), "From the address that was handed out; instead of a token"),
    ]
}

extension RouteTable {
    /// A route for pictures: for signed-in people, who may also come by a signed address.
    mutating func pictures(
        _ pattern: String, _ info: RouteInfo, _ reader: PictureReader,
        _ handler: @escaping @Sendable (Request, Principal) async throws -> Response
    ) {
        var info = info
        info.responses += [.error(401, "Not signed in, or the address has expired")]
        add(.get, pattern, info, recognise: { try await reader($0) }, handler)
    }
}

/// A picture of ours: JPEG that was made here, for one person's browser.
enum PictureAnswer {
    static func response(
        _ jpeg: [UInt8], tag: String, madeAt seconds: Int64, maximumAge: Int, to request: Request
    ) async throws -> Response {
        let answer = ContentAnswer(
            size: Int64(jpeg.count), contentType: "image/jpeg",
            validators: Validators(tag: EntityTag(tag), lastModified: seconds),
            headers: [
                "Cache-Control": "private, max-age=\(maximumAge)", "Content-Disposition": "inline",
                "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
            ])
        return try await answer.response(to: request) { first, length in
            let start = Int(first)
            return MemoryBody(Array(jpeg[start..<start + Int(length)]))
        }
    }
}
