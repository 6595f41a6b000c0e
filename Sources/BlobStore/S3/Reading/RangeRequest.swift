import Outbound

/// Parts of one object.
struct RangeRequest: Sendable {
    let client: S3Client
    let object: String

    struct First {
        let size: Int64
        let entityTag: String?
        let bytes: [UInt8]
    }

    /// Room for an error's document where less is asked for.
    private static let errorLimit = 64 << 10

    /// The first `count` bytes, fewer when there are no more, and the size of the whole.
    func first(_ count: Int) async throws -> First {
        let answer: S3Answer
        do {
            answer = try await get(0..<Int64(count), entityTag: nil)
        } catch S3Failure.service(let error) where error.status == 416 {
            // There is no first byte.
            return First(size: 0, entityTag: nil, bytes: [])
        }
        if answer.status == 200 {
            // Without a length nobody could tell the end of the object from the end of the connection.
            guard answer.contentLength == Int64(answer.body.count) else { throw Self.otherRange }
            return First(size: Int64(answer.body.count), entityTag: answer.entityTag, bytes: answer.body)
        }
        guard let range = answer.contentRange, range.first == 0, range.last + 1 == Int64(answer.body.count),
            range.last + 1 == min(range.size, Int64(count))
        else { throw Self.otherRange }
        return First(size: range.size, entityTag: answer.entityTag, bytes: answer.body)
    }

    /// The bytes of `range`, all of which the object of `size` bytes has.
    /// - Parameter entityTag: the object's; another object of the same name is refused with status 412.
    func range(_ range: Range<Int64>, of size: Int64, entityTag: String?) async throws -> [UInt8] {
        let answer = try await get(range, entityTag: entityTag)
        guard answer.body.count == range.count else { throw Self.otherRange }
        if answer.status == 200 {
            guard range == 0..<size else { throw Self.otherRange }
        } else {
            let got = answer.contentRange
            guard got?.first == range.lowerBound, got?.last == range.upperBound - 1, got?.size == size else {
                throw Self.otherRange
            }
        }
        return answer.body
    }

    private func get(_ range: Range<Int64>, entityTag: String?) async throws -> S3Answer {
        var headers = [(name: "Range", value: "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        if let entityTag { headers.append((name: "If-Match", value: entityTag)) }
        return try await client.send(
            S3Request(
                method: .get, object: object, headers: headers, answerLimit: max(range.count, Self.errorLimit)))
    }

    private static var otherRange: S3Failure { .unexpected("sent other bytes than those asked for") }
}

extension TransferAnswer {
    /// What `Content-Range: bytes first-last/size` says (RFC 9110, section 14.4).
    fileprivate var contentRange: (first: Int64, last: Int64, size: Int64)? {
        guard let field = headers["content-range"], field.hasPrefix("bytes ") else { return nil }
        let halves = field.dropFirst(6).split(separator: "/", omittingEmptySubsequences: false)
        guard halves.count == 2 else { return nil }
        let ends = halves[0].split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = Int64(ends[0]), let last = Int64(ends[1]), let size = Int64(halves[1]),
            first >= 0, first <= last, last < size
        else { return nil }
        return (first, last, size)
    }
}
