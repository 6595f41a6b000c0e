import CSeccomp
import Glibc

/// Takes the file system and the network away by Landlock, where the kernel has it (Linux 5.13 and later).
enum Landlock {
    /// Where fonts and the tables of character sets are.
    private static let fonts = [
        "/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig", "/etc/fonts", "/var/cache/fontconfig",
        "/usr/share/poppler", "/usr/share/ghostscript/fonts", "/usr/share/X11/fonts",
    ]
    private static let readFile: UInt64 = 1 << 2
    private static let readDirectory: UInt64 = 1 << 3

    /// - Returns: whether the kernel holds the program to it.
    static func restrict(_ files: Confinement.Files) -> Bool {
        let version = csandbox_landlock_version()
        guard version >= 1 else { return false }
        // All rights that this version knows.
        let rights: UInt64 =
            switch version {
            case 1: 1 << 13 - 1
            case 2: 1 << 14 - 1
            case 3, 4: 1 << 15 - 1
            default: 1 << 16 - 1
            }
        var rules = csandbox_landlock_rules(files: rights, network: 3, scoped: 3)
        let set = unsafe csandbox_landlock_rules(version, &rules)
        guard set >= 0 else { return false }
        defer { close(set) }
        switch files {
        case .opensNothing: break
        case .readsFonts:
            // A directory that is not there has nothing to be read.
            for path in fonts { _ = unsafe csandbox_landlock_path(set, path, readFile | readDirectory) }
        }
        return csandbox_landlock_restrict(set) == 0
    }
}
