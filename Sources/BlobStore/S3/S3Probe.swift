import Crypto
import Outbound

/// Tries once everything that the store will ask of the bucket.
struct S3Probe {
    let client: S3Client

    func run() async throws {
        _ = try await S3Listing(client: client).page(after: client.location.namePrefix, limit: 1)
        // A name of its own, that no blob has, so that nodes which start together do not meet.
        let name = client.location.namePrefix + "probe-" + Hex.encode(Random.bytes(8))
        let content = Random.bytes(64)
        let payload = S3Payload(content, checksum: client.location.checksum)
        _ = try await client.send(
            S3Request(method: .put, object: name, headers: [payload.checksumHeader], payload: payload))
        let answer = try await client.send(S3Request(method: .get, object: name, answerLimit: 4_096))
        _ = try await client.send(S3Request(method: .delete, object: name))
        guard answer.body == content else { throw S3Failure.unexpected("gave back other bytes than were stored") }
    }
}
