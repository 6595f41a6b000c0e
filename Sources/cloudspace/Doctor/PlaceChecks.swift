/// Looks at the directories themselves: who can read them, where they are, how much room is left.
struct PlaceChecks {
    let data: DataDirectory
    let keys: String

    func run(_ findings: inout Findings) {
        permissions(&findings)
        separation(&findings)
        room(&findings)
    }

    private func permissions(_ findings: inout Findings) {
        var isFine = true
        for path in [data.path, data.blobs, data.database, data.database + "-wal"] {
            guard let status = FileSystem.status(of: path), status.mode & 0o077 != 0 else { continue }
            isFine = false
            let mode = status.isDirectory ? "700" : "600"
            findings.add(
                .problem(
                    "permissions", "\(path) is \(KeyCommands.octal(status.mode)): others can reach it",
                    advice: "chmod \(mode) \(path)"))
        }
        if isFine { findings.add(.fine("permissions", "the data directory is its owner's alone")) }
    }

    private func separation(_ findings: inout Findings) {
        let data = FileSystem.resolved(self.data.path)
        let keys = FileSystem.resolved(self.keys)
        if keys == data || keys.hasPrefix(data + "/") {
            findings.add(
                .problem(
                    "separation", "the keys lie inside the data directory: one backup holds both",
                    advice: "stop the server, move \(keys) elsewhere and give its new place with --keys"))
        } else if data.hasPrefix(keys + "/") {
            findings.add(
                .problem(
                    "separation", "the data lies inside the keys directory: one backup holds both",
                    advice: "stop the server, move \(data) elsewhere and give its new place with --data"))
        } else if FileSystem.directory(above: data) == FileSystem.directory(above: keys) {
            findings.add(
                .note(
                    "separation", "data and keys lie side by side in \(FileSystem.directory(above: data))",
                    advice: "make sure that no single backup or disk holds both"))
        } else if let one = FileSystem.status(of: data), let other = FileSystem.status(of: keys),
            one.device == other.device
        {
            findings.add(
                .note(
                    "separation", "data and keys are on one file system",
                    advice: "whoever takes the disk has both; another disk, or the passphrase provider, prevents that"))
        } else {
            findings.add(.fine("separation", "data and keys are on different file systems"))
        }
    }

    private func room(_ findings: inout Findings) {
        guard let free = FileSystem.freeBytes(at: data.path) else { return }
        let mebibytes = free >> 20
        switch mebibytes {
        case ..<64:
            findings.add(
                .problem(
                    "disk", "\(mebibytes) MiB are free: uploads are about to be refused",
                    advice: "free some space, or empty trash and purge in the vault"))
        case ..<1_024:
            findings.add(.note("disk", "\(mebibytes) MiB are free", advice: "make room before uploads are refused"))
        default: findings.add(.fine("disk", "\(free >> 30) GiB are free"))
        }
    }
}
