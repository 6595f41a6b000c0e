import Crypto
import HTTP
import Outbound

/// Asks a key service: bounded in time and size, again after a short while when it is away, never telling a secret.
struct ServiceClient: Sendable {
    let address: KeyServiceAddress
    /// A file of certificates to trust instead of the system's.
    let certificateAuthority: String?
    /// What to call it in a sentence: "the transit engine at https://…".
    let name: String
    /// For one try.
    var patience = TransferPatience(connect: .seconds(4), stall: 8, total: .seconds(12))
    private let engine = TransferEngine(limits: TransferLimits(active: 2, waiting: 8))
    /// No further try begins later than this after the first one.
    private static let retrying: Duration = .seconds(5)
    private static let attempts = 3
    private static let answerLimit = 64 << 10

    init(address: KeyServiceAddress, certificateAuthority: String?, name: String) {
        self.address = address
        self.certificateAuthority = certificateAuthority
        self.name = name
    }

    struct Answer: Sendable {
        let status: Int
        let json: JSONValue
        let headers: TransferHeaders
    }

    /// Sends a POST with a JSON body and reads the JSON of the answer, whatever its status.
    ///
    /// Blocks; see ``CallingThread``.
    /// - Parameter headers: made anew for each try, since signatures are dated. `Host` and `Content-Type` are added unless given.
    /// - Throws: `.custody(.away)` when it does not answer or says that it cannot now, `.nonsense` when it answers no JSON.
    func post(
        _ path: String, _ body: [UInt8], headers: @escaping @Sendable () -> [(name: String, value: String)]
    ) throws(CryptoError) -> Answer {
        do {
            return try CallingThread.run { try await ask(path, body, headers) }
        } catch let error as CryptoError {
            throw error
        } catch {
            throw CryptoError.custody(.away("\(name) was not asked to the end"))
        }
    }

    private func ask(
        _ path: String, _ body: [UInt8], _ headers: @Sendable () -> [(name: String, value: String)]
    ) async throws -> Answer {
        let start = ContinuousClock.now
        var attempt = 1
        while true {
            let mayTryAgain = { attempt < Self.attempts && ContinuousClock.now - start < Self.retrying }
            do {
                let answer = try await askOnce(path, body, headers())
                guard answer.status == 429 || answer.status >= 500, mayTryAgain() else { return answer }
            } catch let failure as TransferFailure {
                guard Self.isPassing(failure), mayTryAgain() else {
                    throw CryptoError.custody(.away("\(name) does not answer: \(Self.words(failure))"))
                }
            }
            // Full jitter, so that many nodes that lost it together do not come back together.
            try await Task.sleep(for: .milliseconds(200 << (attempt - 1)) * Double.random(in: 0..<1))
            attempt += 1
        }
    }

    private func askOnce(
        _ path: String, _ body: [UInt8], _ headers: [(name: String, value: String)]
    ) async throws -> Answer {
        let request = TransferRequest(
            method: "POST", url: address.origin + address.prefix + path, headers: headers, body: [body],
            answerLimit: Self.answerLimit,
            patience: patience,
            certificateAuthority: certificateAuthority, isLocal: address.isLocal)
        let answer = try await engine.perform(request)
        if answer.body.isEmpty { return Answer(status: answer.status, json: .null, headers: answer.headers) }
        guard let json = try? JSONValue(parsing: answer.body) else {
            // A proxy's page about a server that is away is no nonsense of the server's.
            if answer.status >= 500 { return Answer(status: answer.status, json: .null, headers: answer.headers) }
            throw CryptoError.custody(
                .nonsense("\(name) answers with status \(answer.status) and no JSON; is this its address?"))
        }
        return Answer(status: answer.status, json: json, headers: answer.headers)
    }

    private static func isPassing(_ failure: TransferFailure) -> Bool {
        switch failure {
        case .refused, .timedOut, .cutOff, .hostUnknown, .overloaded: true
        case .tls, .malformed, .tooLarge, .stopped, .other: false
        }
    }

    private static func words(_ failure: TransferFailure) -> String {
        switch failure {
        case .hostUnknown: "its name has no address"
        case .refused: "nothing accepts connections there"
        case .timedOut(connected: false): "no connection came about in time"
        case .timedOut(connected: true): "it took too long"
        case .tls(let words): "no secure connection (\(words)); name its certificate authority if it is your own"
        case .cutOff: "the connection broke"
        case .malformed: "what it says is not HTTP"
        case .tooLarge: "its answer is too long"
        case .overloaded, .stopped: "too much is under way"
        case .other(let code): "error \(code) of libcurl"
        }
    }
}

extension JSONValue {
    /// A text member, cut to what fits into a line of the log.
    func shortText(_ name: String) -> String? {
        guard case .string(let text)? = self[name] else { return nil }
        let plain = text.unicodeScalars.prefix(200).map { $0.value < 0x20 || $0.value == 0x7f ? " " : String($0) }
        return plain.joined()
    }
}
