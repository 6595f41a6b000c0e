import Backup
import BlobStore

/// Where archives of backups are kept.
enum BackupStoreSetting: Sendable, Equatable {
    case directory(String)
    case bucket(S3Location)
}

extension Settings {
    static let backupStore = Setting<BackupStoreSetting?>(
        "backup-store", environment: "BACKUP_STORE", placeholder: "DIR|URL",
        summary:
            "Where archives are kept: a directory, best on another disk, or s3://BUCKET/PREFIX?endpoint=…&region=… with the key "
            + "of --blob-store; never where the keys are",
        fallback: .some(nil), absence: "backups in --data, or below the prefix of --blob-store"
    ) { text throws(BadValue) in
        if text.hasPrefix("s3://") { return .bucket(try S3Place.location(text)) }
        return .directory(try SettingText.path(text))
    }
    static let backupScratch = Setting<String?>.path(
        "backup-scratch", summary: "Directory for volumes on their way to a bucket; room for two volumes is needed")
    static let backupVolumeSize = Setting<Int64?>.byteCount(
        "backup-volume-size", summary: "Most bytes of one volume of an archive, 16M or more", fallback: nil,
        absence: "4G")
    static let backupsAtOnce = Setting<Int>.count(
        "backups-at-once", summary: "Backups and proofs worked on at once", 1...8, fallback: 1)
    static let drillInterval = Setting<Int64>.duration(
        "drill-interval", summary: "How often a sample of a backup is restored and compared, unasked; 0 for never",
        0...31_536_000, fallback: 86_400, absence: "24h")
    static let drillSample = Setting<Int>.count(
        "drill-sample", summary: "Versions that a drill restores", 1...10_000, fallback: 20)

    static let keyBundleStore = Setting<String?>(
        "key-bundle-store", environment: "KEY_BUNDLE_STORE", placeholder: "DIR",
        summary:
            "Where the key bundle is kept, of which there is only the newest: a directory, never that of the archives or the "
            + "data, best on another machine's disk",
        fallback: .some(nil), absence: "a directory beside --keys, named like it with .bundle"
    ) { text throws(BadValue) in try SettingText.path(text) }

    /// What makes and keeps archives.
    static let backup: [any SettingDescription] = [
        backupStore, backupScratch, backupVolumeSize, backupsAtOnce, drillInterval, drillSample,
        keyBundleStore,
    ]
}
