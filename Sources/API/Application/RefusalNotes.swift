import HTTP
import Vault

/// Has refused attempts journalled, where errors still are errors and it is known who asked (decision 0036).
struct RefusalNotes: Sendable {
    let ledger: RefusalLedger

    /// Runs a handler of a route for signed-in people.
    func around(
        _ request: Request, as principal: Principal,
        _ handler: @Sendable (Request, Principal) async throws -> Response
    ) async throws -> Response {
        do {
            return try await handler(request, principal)
        } catch {
            await note(error, request, by: principal)
            throw error
        }
    }

    /// Runs what recognises people, or a handler for everybody.
    func around<Answer: Sendable>(
        _ request: Request, _ work: @Sendable (Request) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await work(request)
        } catch {
            await note(error, request, by: nil)
            throw error
        }
    }

    /// A refusal gives nothing away, so it stands even when it cannot be written.
    private func note(_ error: any Error, _ request: Request, by principal: Principal?) async {
        guard let attempt = Self.attempt(error, request, isKnown: principal != nil) else { return }
        if let principal {
            // Links journal by themselves what they refuse.
            guard principal.link == nil else { return }
            try? await ledger.record(attempt, by: principal)
        } else {
            try? await ledger.record(attempt, from: request.origin)
        }
    }

    private static func attempt(_ error: any Error, _ request: Request, isKnown: Bool) -> RefusedAttempt? {
        guard let problem = Problem(foreseen: error), let kind = problem.refusal(isKnown: isKnown, of: request) else {
            return nil
        }
        let route = "\(request.method.rawValue) \(request.route?.pattern ?? "-")"
        // The most particular name of the path comes last: a comment of a file, a version of it.
        let names = request.route?.parameterNames ?? []
        let target = names.first.flatMap { request.parameters[$0] }.flatMap { NodeID($0)?.value }
        return RefusedAttempt(kind, route: route, code: problem.code, target: target)
    }
}

extension Problem {
    /// Whether this is a refusal of the rules, in contrast to a mistake in the request or a fault of the server.
    fileprivate func refusal(isKnown: Bool, of request: Request) -> RefusedAttempt.Kind? {
        if Self.journalledByTheCore.contains(code) { return nil }
        if Self.furtherRefusals.contains(code) { return .plain }
        switch status {
        // Who sends no credential has not tried anything: the first visit of every browser looks like this.
        case 401: return !isKnown && request.carriesCredential ? .plain : nil
        case 403, 423, 451: return .plain
        case 404: return isKnown ? .notFound : nil
        default: return nil
        }
    }

    /// Refusals that the core journals in the transaction that makes them: sign-ins, codes, passwords, links.
    private static let journalledByTheCore: Set<String> = [
        "wrong_credentials", "wrong_code", "wrong_password", "wrong_link_password", "rate_limited", "link_not_found",
        "code_required", "challenge_over", "second_person_required",
    ]

    /// Refusals whose status others have for mistakes in a request.
    private static let furtherRefusals: Set<String> = [
        "storage_limit_exceeded", "last_administrator", "upload_too_large", "too_many_links", "too_many_streams",
    ]
}

extension Request {
    /// Whether it came with anything that was to prove who sent it.
    fileprivate var carriesCredential: Bool {
        headers.contains("Authorization") || cookie(Authenticator.cookieName) != nil
            || query.first("signature") != nil
    }
}
