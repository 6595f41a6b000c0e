import Outbound

/// What failures mean to the operator: what is wrong, and what to do about it.
extension S3Client {
    /// - Parameter key: the blob in question, when a missing object means that it is missing.
    func meaning(of error: any Error, key: BlobKey? = nil) -> any Error {
        guard let failure = error as? S3Failure else { return error }
        if failure.isNotFound, let key { return BlobStoreError.missing(key) }
        return switch failure {
        case .transfer(let failure): meaning(failure)
        case .service(let error): meaning(error)
        case .unexpected(let words): BlobStoreError.unavailable("the S3 service at \(location.authority) \(words)")
        }
    }

    private func meaning(_ failure: TransferFailure) -> BlobStoreError {
        let place = location.authority
        return switch failure {
        case .hostUnknown:
            .unavailable("the host \(location.hostField) is not known; correct the endpoint in BLOB_STORE, or the DNS")
        case .refused: .unavailable("nothing answers at \(place); start the S3 service or correct the endpoint")
        case .timedOut(connected: false): .unavailable("no connection to \(place) in time")
        case .timedOut(connected: true): .unavailable("the S3 service at \(place) does not answer in time")
        case .tls(let words):
            .refused(
                "no secure connection to \(place): \(words); have the system trust its certificate, or name one with ca="
            )
        case .cutOff: .unavailable("the connection to \(place) broke")
        case .malformed: .unavailable("what answers at \(place) does not speak HTTP as it should")
        case .tooLarge: .unavailable("the S3 service at \(place) sent more than it was asked for")
        case .overloaded: .unavailable("too many requests wait for the S3 service")
        case .stopped: .unavailable("the store is closed")
        case .other(let code): .unavailable("the request to \(place) failed (libcurl \(code))")
        }
    }

    private func meaning(_ error: S3ServiceError) -> BlobStoreError {
        let key = credentials.accessKeyID
        switch error.code {
        case "NoSuchBucket":
            return .refused("the bucket \(location.bucket) does not exist; create it or correct BLOB_STORE")
        case "InvalidBucketName":
            return .refused("\(location.bucket) is no bucket name for this service; correct BLOB_STORE")
        case "InvalidAccessKeyId":
            return .refused("the service does not know the access key \(key); correct AWS_ACCESS_KEY_ID")
        case "SignatureDoesNotMatch":
            return .refused("the secret key is wrong for \(key); correct AWS_SECRET_ACCESS_KEY")
        case "ExpiredToken", "InvalidToken", "TokenRefreshRequired":
            return .refused("the session token is not valid any more; renew the key and AWS_SESSION_TOKEN")
        case "RequestTimeTooSkewed", "RequestExpired": return skewed(error)
        case "AccessDenied", "AllAccessDisabled", "AccountProblem", "Forbidden": return denied
        case "PermanentRedirect", "AuthorizationHeaderMalformed", "TemporaryRedirect",
            "IllegalLocationConstraintException":
            return elsewhere(error)
        case "NoSuchUpload": return .unavailable("the upload was ended by somebody else, or took too long")
        case "NoSuchKey": return .unavailable("the service has lost what was just stored")
        case "QuotaExceeded", "InsufficientStorage", "XMinioStorageFull", "StorageFull": return .full
        default: break
        }
        switch error.status {
        case 301, 302, 307, 308: return elsewhere(error)
        case 401, 403: return denied
        case 404: return .refused("there is no bucket \(location.bucket) at \(location.authority); correct BLOB_STORE")
        case 507: return .full
        default:
            let words = [String(error.status), error.code, error.message].filter { !$0.isEmpty }
            return .unavailable("the S3 service at \(location.authority) answered \(words.joined(separator: " "))")
        }
    }

    private var denied: BlobStoreError {
        .refused(
            "the key \(credentials.accessKeyID) may not do this in the bucket \(location.bucket); give it the rights that docs/operations/s3.md lists"
        )
    }

    private func skewed(_ error: S3ServiceError) -> BlobStoreError {
        let distance = error.skew.map { "\($0.magnitude) s \($0 < 0 ? "behind" : "ahead")" } ?? "off"
        return .refused("this machine's clock is \(distance); set it by NTP")
    }

    private func elsewhere(_ error: S3ServiceError) -> BlobStoreError {
        guard let region = error.region, region != location.region else {
            return .refused(
                "the bucket \(location.bucket) is at another endpoint; correct endpoint and region in BLOB_STORE")
        }
        return .refused("the bucket \(location.bucket) is in the region \(region); set region=\(region) in BLOB_STORE")
    }
}
