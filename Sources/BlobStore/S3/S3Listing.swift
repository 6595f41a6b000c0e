import Outbound

/// The objects under the prefix, by ListObjectsV2.
struct S3Listing {
    let client: S3Client

    struct Page {
        struct Object {
            let name: String
            let size: Int64
            /// Milliseconds since 1970, UTC.
            let modified: Int64
        }
        let objects: [Object]
        let isLast: Bool
    }

    /// Pages without a single blob after which a call gives up.
    private static let barrenPages = 1_000

    /// The blobs behind `after`, in order, at most `limit`.
    func entries(after: BlobKey?, limit: Int) async throws -> [BlobEntry] {
        let location = client.location
        var entries: [BlobEntry] = []
        var position = after.map { location.name(of: $0) } ?? location.namePrefix
        var barren = 0
        while entries.count < limit {
            // A page holds no more than is missing, so no blob behind the limit is skipped.
            let page = try await page(after: position, limit: min(1_000, limit - entries.count))
            let found = page.objects.compactMap { object in
                location.key(named: object.name).map {
                    BlobEntry(key: $0, size: object.size, modified: object.modified)
                }
            }
            entries += found
            guard !page.isLast, let last = page.objects.last else { break }
            position = last.name
            barren = found.isEmpty ? barren + 1 : 0
            guard barren < Self.barrenPages else {
                throw S3Failure.unexpected(
                    "lists too many objects that are not ours; give BLOB_STORE a prefix of its own")
            }
        }
        return entries
    }

    /// One page of whatever objects there are, in the order of their names' bytes.
    /// - Parameter prefix: what their names begin with; the location's own when nil.
    func page(below prefix: String? = nil, after position: String, limit: Int) async throws -> Page {
        var query = [
            (name: "list-type", value: "2"), (name: "encoding-type", value: "url"),
            (name: "max-keys", value: String(limit)), (name: "prefix", value: prefix ?? client.location.namePrefix),
        ]
        if !position.isEmpty { query.append((name: "start-after", value: position)) }
        let answer = try await client.send(S3Request(method: .get, object: nil, query: query))
        guard let document = try? XMLElement(answer.body, root: "ListBucketResult"),
            let page = Self.page(document), page.objects.count <= limit,
            // An order that does not advance would never end.
            zip([position] + page.objects.map(\.name), page.objects.map(\.name)).allSatisfy(Self.isBefore)
        else { throw S3Failure.unexpected("answered a list that is none") }
        return page
    }

    private static func page(_ document: XMLElement) -> Page? {
        let isEncoded = document["EncodingType"] == "url"
        var objects: [Page.Object] = []
        for entry in document.all("Contents") {
            guard let written = entry["Key"],
                let name = isEncoded ? PercentEncoding.decode(written.replacing("+", with: " ")) : written,
                let size = entry["Size"].flatMap({ Int64($0) }), size >= 0,
                let modified = entry["LastModified"].flatMap(CivilTime.milliseconds(iso:))
            else { return nil }
            objects.append(Page.Object(name: name, size: size, modified: modified))
        }
        guard let truncated = document["IsTruncated"], ["true", "false"].contains(truncated) else { return nil }
        return Page(objects: objects, isLast: truncated == "false")
    }

    private static func isBefore(_ one: String, _ other: String) -> Bool {
        one.utf8.lexicographicallyPrecedes(other.utf8)
    }
}
