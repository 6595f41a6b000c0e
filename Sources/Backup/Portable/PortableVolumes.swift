import Vault

/// Divides what a portable archive shows into volumes, in the tree's order.
enum PortableVolumes {
    /// Entries of one volume: each takes memory until its volume is done.
    static let mostEntries = 50_000
    /// Bytes that an entry takes beside its content: two heads, encryption, its line in the manifest.
    private static let overhead: Int64 = 700

    /// - Parameter limit: bytes of one volume. A file that is larger gets a volume of its own, which is larger, too.
    static func divide(_ entries: [PortableEntry], limit: Int64) -> [ArraySlice<PortableEntry>] {
        var volumes: [ArraySlice<PortableEntry>] = []
        var start = 0
        var bytes: Int64 = 0
        for (index, entry) in entries.enumerated() {
            let size = entry.size + 3 * Int64(entry.path.utf8.count) + overhead
            if index > start, bytes + size > limit || index - start >= mostEntries {
                volumes.append(entries[start..<index])
                start = index
                bytes = 0
            }
            bytes += size
        }
        // An archive of nothing has one volume, too: it says so.
        volumes.append(entries[start...])
        return volumes
    }
}
