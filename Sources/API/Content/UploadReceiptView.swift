import HTTP

/// How the routes that take uploads speak of the signed receipt (requirements/2, step 4).
enum UploadReceiptView {
    static let parameter = QueryParameter(
        "delete_after_upload", .boolean,
        "The client removes its own copy once it holds the receipt: the answer carries one, and the journal says so")
    static let property = Schema.Property.optional(
        "receipt", .string(),
        "With delete_after_upload: the signed receipt (C2SP signed-note; check it with the key of /api/recus/cle)")
}
