import Outbound

/// Multipart uploads under the prefix that nobody goes on with.
struct AbandonedUploads {
    let client: S3Client
    /// Whether an object of that name is one of those that are looked after.
    private let isOurs: @Sendable (String) -> Bool

    /// - Parameter isOurs: blobs when it is left out.
    init(client: S3Client, isOurs: (@Sendable (String) -> Bool)? = nil) {
        self.client = client
        self.isOurs = isOurs ?? { [location = client.location] name in location.key(named: name) != nil }
    }

    private struct Upload {
        let object: String
        let id: String
        /// Milliseconds since 1970, UTC.
        let began: Int64
    }

    /// Pages of a thousand that a call looks through.
    private static let pageLimit = 100

    /// Aborts those that have not grown for `age` milliseconds.
    /// - Returns: how many.
    func abort(olderThanMs age: Int64) async throws -> Int {
        let cutoff = client.now() - age
        var aborted = 0
        var marker: Upload?
        for _ in 0..<Self.pageLimit {
            let (uploads, isLast) = try await page(after: marker)
            for upload in uploads where upload.began <= cutoff && isOurs(upload.object) {
                guard try await lastGrowth(of: upload) <= cutoff else { continue }
                if try await abort(upload) { aborted += 1 }
            }
            guard !isLast, let last = uploads.last else { break }
            marker = last
        }
        return aborted
    }

    private func page(after marker: Upload?) async throws -> (uploads: [Upload], isLast: Bool) {
        var query = [
            (name: "uploads", value: ""), (name: "encoding-type", value: "url"),
            (name: "prefix", value: client.location.namePrefix),
        ]
        if let marker {
            query.append((name: "key-marker", value: marker.object))
            query.append((name: "upload-id-marker", value: marker.id))
        }
        let answer = try await client.send(S3Request(method: .get, object: nil, query: query))
        guard let document = try? XMLElement(answer.body, root: "ListMultipartUploadsResult"),
            let truncated = document["IsTruncated"]
        else { throw S3Failure.unexpected("answered a list of uploads that is none") }
        let isEncoded = document["EncodingType"] == "url"
        let uploads = try document.all("Upload").map { entry in
            guard let written = entry["Key"], let name = isEncoded ? PercentEncoding.decode(written) : written,
                let id = entry["UploadId"], let began = entry["Initiated"].flatMap(CivilTime.milliseconds(iso:))
            else { throw S3Failure.unexpected("answered a list of uploads that is none") }
            return Upload(object: name, id: id, began: began)
        }
        return (uploads, truncated != "true")
    }

    /// When the upload got its last part, or began.
    private func lastGrowth(of upload: Upload) async throws -> Int64 {
        var latest = upload.began
        var marker = "0"
        for _ in 0..<10 {
            let query = [
                (name: "uploadId", value: upload.id), (name: "part-number-marker", value: marker),
                (name: "max-parts", value: "1000"),
            ]
            let answer: S3Answer
            do {
                answer = try await client.send(S3Request(method: .get, object: upload.object, query: query))
            } catch let failure as S3Failure where failure.isNotFound {
                // It ended since the list was made; aborting it does nothing.
                return latest
            }
            guard let document = try? XMLElement(answer.body, root: "ListPartsResult") else {
                throw S3Failure.unexpected("answered a list of parts that is none")
            }
            let parts = document.all("Part")
            for part in parts {
                latest = max(latest, part["LastModified"].flatMap(CivilTime.milliseconds(iso:)) ?? latest)
            }
            guard document["IsTruncated"] == "true", let last = parts.last?["PartNumber"] else { break }
            marker = last
        }
        return latest
    }

    /// - Returns: false when it was gone already.
    private func abort(_ upload: Upload) async throws -> Bool {
        do {
            _ = try await client.send(
                S3Request(method: .delete, object: upload.object, query: [(name: "uploadId", value: upload.id)]))
            return true
        } catch let failure as S3Failure where failure.isNotFound {
            return false
        }
    }
}
