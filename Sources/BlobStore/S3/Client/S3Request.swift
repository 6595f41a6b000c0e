import Outbound

/// One request to the service, before it is addressed and signed.
struct S3Request: Sendable {
    enum Method: String, Sendable { case get = "GET", head = "HEAD", put = "PUT", post = "POST", delete = "DELETE" }

    /// Whether a request may be sent again when nobody knows what became of it.
    enum Repetition: Sendable { case safe, never }

    var method: Method
    /// The object's name, not encoded; nil for the bucket itself.
    var object: String?
    var query: [(name: String, value: String)] = []
    /// Besides those that every request has.
    var headers: [(name: String, value: String)] = []
    var payload: S3Payload?
    /// Bytes of body that the answer may have.
    var answerLimit = XMLReader.sizeLimit
    /// The client's when nil.
    var patience: TransferPatience?
    var repetition = Repetition.safe
}

/// An answer with a status of success.
typealias S3Answer = TransferAnswer

extension TransferAnswer {
    /// The tag of the object or part, as it was sent, quotes included; nil when there is none that could be sent back.
    var entityTag: String? {
        guard let tag = headers["etag"], (1...256).contains(tag.utf8.count),
            tag.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "<") && $0 != UInt8(ascii: "&") })
        else { return nil }
        return tag
    }

    var contentLength: Int64? {
        headers["content-length"].flatMap { text in
            text.utf8.allSatisfy { (48...57).contains($0) } ? Int64(text) : nil
        }
    }
}
