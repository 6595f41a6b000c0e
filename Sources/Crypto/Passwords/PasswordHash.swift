/// An Argon2id hash in the PHC string format, as libsodium writes it:
/// `$argon2id$v=19$m=<KiB>,t=<passes>,p=1$<salt>$<hash>`, both in base 64 without padding.
struct PasswordHash {
    let text: String
    let parameters: PasswordParameters

    /// - Returns: nil for anything else, and for a cost beyond 1 GiB or 16 passes: a stored hash must not be able to
    ///   exhaust the machine that checks it.
    init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false)
        guard text.utf8.count < 128, parts.count == 6, parts[0].isEmpty, parts[1].elementsEqual("argon2id".utf8),
            parts[2].elementsEqual("v=19".utf8)
        else { return nil }
        let costs = parts[3].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard costs.count == 3, let memory = Self.number(costs[0], after: "m="),
            let iterations = Self.number(costs[1], after: "t="), Self.number(costs[2], after: "p=") == 1,
            memory <= 1024 * 1024, iterations <= 16,
            let parameters = PasswordParameters(memoryKiB: memory, iterations: iterations)
        else { return nil }
        self.text = text
        self.parameters = parameters
    }

    private init(text: String, parameters: PasswordParameters) {
        self.text = text
        self.parameters = parameters
    }

    /// A hash of nothing: random salt, random result. It costs as much to check as a real one.
    static func random(_ parameters: PasswordParameters) -> PasswordHash {
        let salt = Base64.encode(Random.bytes(16)).prefix { $0 != "=" }
        let hash = Base64.encode(Random.bytes(32)).prefix { $0 != "=" }
        let costs = "m=\(parameters.memoryKiB),t=\(parameters.iterations),p=1"
        return PasswordHash(text: "$argon2id$v=19$\(costs)$\(salt)$\(hash)", parameters: parameters)
    }

    private static func number(_ text: Substring.UTF8View, after name: String) -> Int? {
        guard text.starts(with: name.utf8) else { return nil }
        return Int(Substring(text.dropFirst(name.utf8.count)))
    }
}
