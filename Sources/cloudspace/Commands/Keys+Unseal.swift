import Crypto

/// `cloudspace keys unseal` and `keys seal`: a running server and its keys.
extension KeyCommands {
    static let unseal = Command(
        "keys unseal", summary: "Unseal a running server: give it the passphrase, or shares",
        details: """
            Asks the server what unseals it. A passphrase or shares are asked for on the terminal, without showing what is typed, \
            or read from a file. Several people may each give their share from their own machine. Where a token or a service keeps \
            the key, it makes the server ask once more. Exit status 0 once the vault is open or this share was taken, 1 when the \
            server does not answer, 2 when it refuses.
            """,
        options: [.server, .serverAuthority, .unsealShares, .unsealPassphrase],
        examples: [
            "keys unseal --server https://vault.example.com",
            "keys unseal --server http://127.0.0.1:8080 --share-file share.txt",
        ]
    ) { invocation in
        let client = try AdminClient(invocation)
        var status = try await client.status()
        guard status.isSealed else {
            StandardStream.output.print("The vault is not sealed.")
            return 0
        }
        switch status.provider {
        case "shares":
            for line in try shares(invocation) {
                status = try await client.unseal("share", line.secret)
                tell(status)
                if !status.isSealed { return 0 }
            }
            // On a terminal one after the other, as long as somebody types.
            while status.isSealed, !invocation.has(.unsealShares), StandardInput.isTerminal {
                guard let text = StandardInput.secretLine(prompt: "Share: ", limit: 1_024) else { break }
                do {
                    status = try await client.unseal("share", SecretBytes(copying: Array(text.utf8)))
                    tell(status)
                } catch ProgramError.refused(let words) {
                    StandardStream.error.print("cloudspace: \(words)")
                    status = try await client.status()
                }
            }
        case "passphrase":
            status = try await client.unseal("passphrase", try passphrase(invocation))
            tell(status)
        default:
            status = try await client.tryAgain()
            tell(status)
        }
        return 0
    }

    static let seal = Command(
        "keys seal", summary: "Seal a running server: it stops serving and lets go of all keys",
        details: """
            Needs the token of an administrator (POST /api/auth/login gives one), from a file or, without --token-file, from the \
            first line of standard input. The vault is open again after `keys unseal`, or, where its key needs no person, after a \
            restart.
            """,
        options: [.server, .serverAuthority, .tokenFile],
        examples: ["keys seal --server https://vault.example.com --token-file token.txt"]
    ) { invocation in
        let client = try AdminClient(invocation)
        let status: AdminClient.Answer
        if let path = invocation.text(.tokenFile) {
            status = try await client.seal(
                token: try SecretFile.firstLine(of: path, setting: "--\(Option.tokenFile.name)"))
        } else {
            guard let text = StandardInput.secretLine(prompt: "Token: ", limit: 8_192) else {
                throw ProgramError.usage("the token is missing; give --token-file", invocation.command.path)
            }
            status = try await client.seal(token: SecretBytes(copying: Array(text.utf8)))
        }
        tell(status)
        return 0
    }

    private static func tell(_ status: AdminClient.Answer) {
        let out = StandardStream.output
        guard status.isSealed else { return out.print("The vault is open.") }
        if let threshold = status.threshold {
            out.print("The vault is sealed: \(status.provided) of \(threshold) shares are here.")
        } else {
            out.print("The vault is sealed (\(status.reason ?? "no reason given")).")
        }
    }

    private static func shares(_ invocation: Invocation) throws(ProgramError) -> [SecretFile.Line] {
        if let path = invocation.text(.unsealShares), path != "-" {
            return try SecretFile.lines(of: path, setting: "--\(Option.unsealShares.name)")
        }
        guard invocation.has(.unsealShares) || !StandardInput.isTerminal else { return [] }
        var lines: [SecretFile.Line] = []
        while lines.count < 255, let text = StandardInput.firstLine(limit: 1_024) {
            lines.append(SecretFile.Line(SecretBytes(copying: Array(text.utf8))))
        }
        return lines
    }

    private static func passphrase(_ invocation: Invocation) throws(ProgramError) -> SecretBytes {
        if let path = invocation.text(.unsealPassphrase) {
            return try SecretFile.firstLine(of: path, setting: "--\(Option.unsealPassphrase.name)")
        }
        guard let text = StandardInput.secretLine(prompt: "Passphrase: ", limit: 1_024) else {
            throw .usage("the passphrase is missing; give --passphrase-file", invocation.command.path)
        }
        return SecretBytes(copying: Array(text.utf8))
    }
}
