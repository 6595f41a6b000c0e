import Glibc
import Testing

@testable import Database

/// A file system of two megabytes in memory, unmounted at the end.
final class SmallDisk {
    private let directory: TemporaryDirectory
    var path: String { directory.path }

    /// Whether the tests run as someone who may mount.
    static let isAllowed: Bool = (try? SmallDisk()) != nil

    init() throws {
        directory = try TemporaryDirectory()
        guard mount("none", directory.path, "tmpfs", 0, "size=2m") == 0 else {
            directory.remove()
            throw DatabaseError.cannotOpen
        }
    }

    func enlarge() throws {
        try #require(mount("none", path, "tmpfs", UInt(MS_REMOUNT), "size=16m") == 0)
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
        directory.remove()
    }
}
