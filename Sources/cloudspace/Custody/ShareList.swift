import Crypto

/// Shares that were just made, on their way to the people who keep them.
enum ShareList {
    /// Prints the shares of a ring made a moment ago: the only time that anybody sees them.
    static func print(of keys: KeyAccess) {
        guard let provider = keys.provider as? SharesKeyProvider else { return }
        let shares = provider.takeShares()
        guard let first = shares.first else { return }
        let out = StandardStream.output
        out.print(
            """

            The key was split into \(shares.count) shares; any \(first.threshold) of them unseal the vault, fewer tell nothing.
            They are shown now and never again. Give each to another person, on paper or in a password manager:

            """)
        for share in shares { out.print("share \(share.index)  \(share.text)") }
        out.print(
            """

            Without \(first.threshold) of them nothing in the vault can ever be opened. Clear this screen and its history.
            """)
    }
}

extension KeyAccess {
    /// For a ring that is made: with how the key is to be split.
    init(forNewRing invocation: Invocation) throws(ProgramError) {
        try self.init(invocation, kind: try invocation.configuration[Settings.keyProvider], newPassphrase: nil)
    }

    /// For a ring that gets another lock.
    init(
        _ invocation: Invocation, kind: KeyProviderKind, newPassphrase: Option?
    ) throws(ProgramError) {
        let plain = try KeyAccess(invocation.configuration, kind: kind)
        switch kind {
        case .shares:
            let count = try invocation.count(.shares, in: 2...255) ?? 5
            let threshold = try invocation.count(.threshold, in: 2...255) ?? min(3, count)
            guard
                let provider = SharesKeyProvider(directory: plain.directory, threshold: threshold, count: count)
            else {
                throw .usage(
                    "--threshold is \(threshold); expected 2 to \(count), the number of shares", invocation.command.path
                )
            }
            self.init(plain, provider: provider)
        case .passphrase:
            guard let newPassphrase else {
                self = plain
                return
            }
            let path = try invocation.required(newPassphrase)
            let secret = try SecretFile.firstLine(of: path, setting: "--\(newPassphrase.name)")
            self.init(plain, provider: PassphraseKeyProvider(directory: plain.directory, passphrase: secret))
        case .file, .pkcs11, .transit, .awsKMS: self = plain
        }
    }
}

extension Invocation {
    /// A whole number that an option gives.
    fileprivate func count(_ option: Option, in range: ClosedRange<Int>) throws(ProgramError) -> Int? {
        guard let text = text(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .usage(
                "--\(option.name) is \"\(text.printable)\"; expected a whole number from \(range.lowerBound) to "
                    + "\(range.upperBound)", command.path)
        }
        return number
    }
}
