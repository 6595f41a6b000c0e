import BlobStore

/// A place of archives as a command line names it.
enum ArchivePlace {
    /// Opens a place to read from it; nothing is made.
    /// - Throws: `ProgramError.refused` when there is no such directory; `.setting` for a bucket without a key.
    static func toRead(_ text: String, _ configuration: Configuration) throws -> any ArchiveStore {
        if text.hasPrefix("s3://") {
            let location: S3Location
            do throws(BadValue) { location = try S3Place.location(text) } catch {
                throw ProgramError.setting("--from: expected \(error.expectation)")
            }
            let place = try S3Place(location, configuration)
            // Nothing is written there by who only reads.
            return try S3ArchiveStore(place.location, credentials: place.credentials, scratch: "/var/tmp")
        }
        guard FileSystem.kind(of: text) == .directory else {
            throw ProgramError.refused("\(text.printable) is no directory")
        }
        return DirectoryArchiveStore(reading: FileSystem.resolved(text))
    }
}
