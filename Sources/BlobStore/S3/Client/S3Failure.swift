import Outbound

/// Why a request did not succeed.
enum S3Failure: Error, Equatable {
    /// There is no answer.
    case transfer(TransferFailure)
    /// The service said no.
    case service(S3ServiceError)
    /// The service's answer is not what the protocol says; in words for the operator.
    case unexpected(String)

    /// Whether the same request may succeed a moment later.
    var isTransient: Bool {
        switch self {
        case .transfer(let failure):
            switch failure {
            case .refused, .timedOut, .cutOff, .malformed, .hostUnknown, .other: true
            case .tls, .tooLarge, .overloaded, .stopped: false
            }
        case .service(let error): error.isTransient
        case .unexpected: false
        }
    }

    /// Whether the object, or the upload, is not there.
    var isNotFound: Bool {
        guard case .service(let error) = self else { return false }
        return error.status == 404 && error.code != "NoSuchBucket"
    }
}

/// An answer that is no success: its status, and the `<Error>` document where there is one.
struct S3ServiceError: Error, Equatable {
    let status: Int
    /// Empty where there is no document: after HEAD, or from something that is no S3 service.
    let code: String
    /// The service's own words, made harmless: visible characters, at most 200.
    let message: String
    /// The bucket's true region, where the service names it.
    let region: String?
    /// How far this machine's clock is ahead of the service's, in seconds; nil when the service names no time.
    let skew: Int64?

    init(_ answer: TransferAnswer, now: Int64) {
        status = answer.status
        let document = try? XMLElement(answer.body, root: "Error")
        code = Self.harmless(document?["Code"] ?? "", limit: 64)
        message = Self.harmless(document?["Message"] ?? "", limit: 200)
        let region = answer.headers["x-amz-bucket-region"] ?? document?["Region"]
        self.region = region.map { Self.harmless($0, limit: 64) }.flatMap { $0.isEmpty ? nil : $0 }
        skew = answer.headers["date"].flatMap(CivilTime.seconds(http:)).map { now / 1_000 - $0 }
    }

    var isTransient: Bool {
        switch code {
        case "SlowDown", "RequestTimeout", "InternalError", "ServiceUnavailable", "Throttling", "OperationAborted",
            // The body was changed on its way.
            "BadDigest", "XAmzContentSHA256Mismatch":
            true
        default: [408, 429, 500, 502, 503, 504].contains(status)
        }
    }

    private static func harmless(_ text: String, limit: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { (0x20...0x7e).contains($0.value) }).prefix(limit))
    }
}
