import BlobStore

/// A place of archives as a command line names it.
enum ArchivePlace {
    /// Opens a place to read from it; nothing is made.
    /// - Throws: `ProgramError.refused` when there is no such directory.
    static func toRead(_ text: String, _ configuration: Configuration) throws -> any ArchiveStore {
        guard FileSystem.kind(of: text) == .directory else {
            throw ProgramError.refused("\(text.printable) is no directory")
        }
        return DirectoryArchiveStore(reading: FileSystem.resolved(text))
    }
}
