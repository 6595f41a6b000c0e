public import Vault

/// Why a sealed archive cannot be made, read or trusted; each case names what is wrong, so that a person can act on it.
public enum ArchiveRefusal: Error, Equatable, Sendable {
    /// Written by a newer program than this one: its format number.
    case newerFormat(Int)
    /// Made of another vault than these keys belong to.
    case foreignVault
    /// The keys at hand do not open it, though they are of the same vault.
    case wrongKeys
    /// There is no such archive, or it never came to its end: it has no manifest.
    case incomplete(BackupID)
    /// A volume of it is gone.
    case missingVolume(String)
    /// A volume is cut off, or is no ZIP archive at all.
    case damagedVolume(String)
    /// A volume lacks an entry that the archive's index names.
    case missingEntry(String, volume: String)
    /// An entry is not what was written: altered, swapped or damaged.
    case alteredEntry(String, volume: String)
    /// The manifest does not open, or does not say what one says.
    case alteredManifest(String)
    /// The manifest is of another backup than its name says.
    case anotherBackup(expected: BackupID, found: BackupID)
    /// An earlier archive of the chain is not the one that this one was made on.
    case brokenChain(BackupID)
    /// An increment cannot be made on that backup: it is of something else.
    case unfitBase(BackupID)
    /// The scope names a node or space that is not there.
    case nothingToBackUp
    /// A content that a version needs is missing from the store, or has another size there than its row says. Nothing is
    /// kept of an archive that would lack it.
    case missingContent(BlobID)
    /// More contents were destroyed while the archive was made than it notes.
    case tooMuchDestroyed
}

extension ArchiveRefusal: CustomStringConvertible {
    public var description: String {
        switch self {
        case .newerFormat(let number):
            "the archive has format \(number), which a newer program wrote; use that one, or update this one"
        case .foreignVault: "the archive was made of another vault than these keys belong to"
        case .wrongKeys:
            "these keys do not open the archive though they are of the same vault: they are an incomplete copy"
        case .incomplete(let id):
            "backup \(id) is not there, or has no manifest: it never came to its end, or its last volume is gone"
        case .missingVolume(let name): "volume \(name) is missing"
        case .damagedVolume(let name): "volume \(name) is cut off, or is no ZIP archive"
        case .missingEntry(let entry, let volume): "entry \(entry) is missing from volume \(volume)"
        case .alteredEntry(let entry, let volume): "entry \(entry) of volume \(volume) is not what was written"
        case .alteredManifest(let volume): "the manifest in volume \(volume) is altered or damaged"
        case .anotherBackup(let expected, let found):
            "the manifest found for backup \(expected) is that of backup \(found)"
        case .brokenChain(let id): "backup \(id), on which this one was made, is another archive now"
        case .unfitBase(let id):
            "an increment cannot be made on backup \(id): it is of something else, or of another vault"
        case .nothingToBackUp: "what is to be backed up is not there"
        case .missingContent(let blob):
            "blob \(blob) is missing from the store, or is cut off there: `cloudspace doctor --deep` names its file; no archive was kept"
        case .tooMuchDestroyed: "too many contents were destroyed while the archive was made; make it again"
        }
    }
}
