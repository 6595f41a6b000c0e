/// What somebody who starts a vault for the first time must know.
enum FirstStart {
    static func keysMade(_ parts: VaultParts) -> String {
        """
        New keys were made in \(FileSystem.resolved(parts.keys.directory)).
        Back this directory up now, apart from the data: without it nothing in the vault can ever be opened,
        and whoever has both can open everything.
        """
    }

    static func dataMade(_ parts: VaultParts) -> String {
        parts.made.keys
            ? "A new vault was made in \(parts.place.description)."
            : "A new, empty vault was made in \(parts.place.description), with the keys that were there."
    }

    /// The exact command that makes the first administrator.
    static func administrator(_ parts: VaultParts, program: String) -> String {
        var command = "\(program) users create"
        if let data = parts.place.data { command += " --data \(quoted(data.path))" }
        command += " --keys \(quoted(parts.keys.directory))"
        command += parts.keys.flags
        return """
            There is no administrator yet. Make one in a second terminal (the password is the first line of its input):
              \(command) --email you@example.com --role admin --password-stdin
            """
    }

    /// As a shell takes it.
    static func quoted(_ text: String) -> String {
        let plain = text.utf8.allSatisfy {
            switch $0 {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
        return plain ? text : "'" + text.replacing("'", with: "'\\''") + "'"
    }
}

extension KeyAccess {
    /// What a command line for this vault must say of the keys, beside where they are.
    var flags: String {
        switch kind {
        case .file: ""
        case .passphrase: " --key-provider passphrase --passphrase-file FILE"
        case .shares: " --key-provider shares --share-file FILE"
        case .pkcs11, .transit, .awsKMS: " --key-provider \(kind.rawValue) …"
        }
    }
}
