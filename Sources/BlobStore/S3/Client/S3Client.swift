import Crypto
import Outbound

/// Addresses, signs, sends and, where that is safe, repeats requests to one bucket.
struct S3Client: Sendable {
    let location: S3Location
    let credentials: AWSCredentials
    let engine: TransferEngine
    var patience = TransferPatience()
    var retry = RetryPolicy()
    /// Milliseconds since 1970, UTC: what requests are dated with.
    let now: @Sendable () -> Int64

    /// Sends `request`, again if need be, until it succeeds.
    /// - Throws: `S3Failure`; `CancellationError`.
    func send(_ request: S3Request) async throws -> S3Answer {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            do {
                return try await sendOnce(request)
            } catch let failure as S3Failure {
                let pause = retry.pause(after: attempt)
                guard request.repetition == .safe, failure.isTransient, attempt < retry.attempts,
                    ContinuousClock.now - start + pause < retry.total
                else { throw failure }
                attempt += 1
                try await Task.sleep(for: pause)
            }
        }
    }

    private func sendOnce(_ request: S3Request) async throws -> S3Answer {
        let moment = now()
        let answer: TransferAnswer
        do {
            answer = try await engine.perform(transfer(of: request, at: moment))
        } catch let failure as TransferFailure {
            throw S3Failure.transfer(failure)
        }
        guard (200...299).contains(answer.status) else {
            throw S3Failure.service(S3ServiceError(answer, now: moment))
        }
        return answer
    }

    private static let emptyHash = Hex.encode(SHA256Hash.of([]))

    private func transfer(of request: S3Request, at milliseconds: Int64) -> TransferRequest {
        let moment = SigningTime(milliseconds: milliseconds)
        let hash = request.payload.map { Hex.encode($0.sha256) } ?? Self.emptyHash
        var headers = [
            ("Host", location.hostField), ("x-amz-content-sha256", hash), ("x-amz-date", moment.dateTime),
        ]
        headers += request.headers
        if let token = credentials.securityToken { headers.append(("x-amz-security-token", token)) }
        let path = location.path(of: request.object)
        let authorization = SigV4(credentials: credentials, region: location.region, service: "s3").authorization(
            for: SigV4.Canonical(
                method: request.method.rawValue, path: path, query: request.query, headers: headers, payloadHash: hash),
            at: moment)
        headers.append(("Authorization", authorization))

        let query = SigV4.canonicalQuery(request.query)
        let sendsBody = request.method == .put || request.method == .post
        let size = (request.payload?.count ?? 0) + request.answerLimit
        return TransferRequest(
            method: request.method.rawValue,
            url: "\(location.scheme)://\(location.hostField)\(path)\(query.isEmpty ? "" : "?\(query)")",
            headers: headers, body: sendsBody ? request.payload?.pieces ?? [] : nil, answerLimit: request.answerLimit,
            patience: (request.patience ?? patience).covering(size),
            certificateAuthority: location.certificateAuthority,
            isLocal: location.isLocal)
    }
}
