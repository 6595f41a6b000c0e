import Vault

/// `cloudspace users …`: accounts, from the machine itself. Works while the server runs.
enum UserCommands {
    static let all = [create, list, setRole]

    private static let create = Command(
        "users create", summary: "Make an account",
        details: """
            The password is the first line of standard input, so that it appears in no process list and no shell history. \
            The first administrator is made this way; everybody else can also register over HTTP. Without names, the part of \
            the address before the @ stands in.
            """,
        settings: Settings.vault, options: [.email, .role, .passwordStdin, .firstName, .lastName],
        examples: [
            "users create --data data --keys keys --email ama@example.com --role admin --password-stdin",
            "users create --data data --keys keys --email kofi@example.com --role lecteur --password-stdin < password.txt",
        ]
    ) { invocation in
        let email = try invocation.required(.email)
        let role = try role(try invocation.required(.role), invocation)
        guard invocation.has(.passwordStdin) else {
            throw ProgramError.usage(
                "--password-stdin is missing; it is the only way to give the password", invocation.command.path)
        }
        let address = try EmailAddress(email)
        guard let password = StandardInput.secretLine(prompt: "Password: ", limit: 4_096) else {
            throw ProgramError.failed("standard input has no password in its first line")
        }
        let stand = address.text.split(separator: "@").first.map(String.init) ?? "user"
        let registration = try Registration(
            firstName: invocation.text(.firstName) ?? String(stand.prefix(50)),
            lastName: invocation.text(.lastName) ?? String(stand.prefix(50)), email: email, password: password,
            role: role)
        return try await VaultParts.use(invocation.configuration, .mayCreate) { parts in
            let account = try await parts.vault.register(registration, from: .local)
            if parts.made.keys { StandardStream.output.print(FirstStart.keysMade(parts)) }
            StandardStream.output.print("\(account.id)  \(account.role.rawValue)  \(account.profile.email)")
        }
    }

    private static let list = Command(
        "users list", summary: "List accounts", details: "Id, role, status and e-mail address, oldest first.",
        settings: Settings.vault, examples: ["users list --data data --keys keys"]
    ) { invocation in
        try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            try await forEachAccount(parts) { account in
                StandardStream.output.print(
                    "\(account.id)  \(padded(account.role.rawValue, 12))  \(padded(account.status.rawValue, 8))  "
                        + account.profile.email.text.printable)
                return true
            }
        }
    }

    private static let setRole = Command(
        "users set-role", summary: "Change the role of an account",
        details: "Takes effect within a second, also in a running server. The last administrator keeps that role.",
        settings: Settings.vault, options: [.email, .id, .role],
        examples: [
            "users set-role --data data --keys keys --email kofi@example.com --role auditeur",
            "users set-role --data data --keys keys --id 0197f3c0-8d2b-7c4e-9f10-2b3c4d5e6f70 --role admin",
        ]
    ) { invocation in
        let role = try role(try invocation.required(.role), invocation)
        let wanted: AccountID?
        let address: EmailAddress?
        switch (invocation.text(.id), invocation.text(.email)) {
        case (let text?, nil):
            guard let id = AccountID(text) else {
                throw ProgramError.usage("--id is \"\(text.printable)\"; expected a UUID", invocation.command.path)
            }
            (wanted, address) = (id, nil)
        case (nil, let text?): (wanted, address) = (nil, try EmailAddress(text))
        default: throw ProgramError.usage("give either --email or --id", invocation.command.path)
        }
        return try await VaultParts.use(invocation.configuration, .existingOnly) { parts in
            var found = wanted
            if let address {
                try await forEachAccount(parts) { account in
                    guard isSame(account.profile.email, address) else { return true }
                    found = account.id
                    return false
                }
            }
            guard let found else { throw VaultError.notFound(.account) }
            let account = try await parts.vault.accounts.administer(
                found, role: role, status: nil, as: .localOperator)
            StandardStream.output.print("\(account.id)  \(account.role.rawValue)  \(account.profile.email)")
        }
    }

    /// - Parameter visit: returns whether to go on.
    private static func forEachAccount(_ parts: VaultParts, _ visit: (Account) -> Bool) async throws {
        var cursor: AccountID?
        repeat {
            let page = try await parts.vault.accounts.list(after: cursor, limit: 500, as: .localOperator)
            for account in page.accounts where !visit(account) { return }
            cursor = page.next
        } while cursor != nil
    }

    private static func role(_ text: String, _ invocation: Invocation) throws(ProgramError) -> Role {
        guard let role = Role(rawValue: text) else {
            let known = Role.allCases.map(\.rawValue)
            let nearest = Spelling.nearest(to: text, among: known).map { "; did you mean \($0)?" } ?? ""
            throw .usage(
                "--role is \"\(text.printable)\"; expected one of \(known.joined(separator: ", "))\(nearest)",
                invocation.command.path)
        }
        return role
    }

    private static func isSame(_ first: EmailAddress, _ second: EmailAddress) -> Bool {
        first.text.lowercased() == second.text.lowercased()
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
