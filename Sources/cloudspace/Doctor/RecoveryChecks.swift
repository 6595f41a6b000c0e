import Backup
import Crypto
import Database

/// Looks whether the vault could be made anew if this machine were gone.
struct RecoveryChecks {
    let database: any Database
    let configuration: Configuration

    func run(_ findings: inout Findings) async throws {
        let (record, bundle): (RecoveryKeyRecord?, KeyBundleInfo?)
        do {
            (record, bundle) = try await database.read { snapshot in
                (try RecoveryKeyRecord.read(in: snapshot), try KeyBundleInfo.read(in: snapshot))
            }
        } catch DatabaseError.other {
            return findings.add(.note("recovery", "the tables of backups come with the next start of the server"))
        }
        guard let record else {
            return findings.add(
                .note(
                    "recovery", "no recovery key is set: without the key directory no archive opens again",
                    advice: "cloudspace keys recovery-key create --out FILE, or keep a copy of the key directory safe"))
        }
        do {
            let place = try KeyBundlePlace(configuration)
            guard let bundle, bundle.recipient == record.key else {
                return findings.add(
                    .problem(
                        "recovery", "no key bundle is sealed to the recovery key yet",
                        advice: "start the server, which makes one within a minute, or run `cloudspace keys bundle`"))
            }
            guard FileSystem.status(of: "\(place.directory)/\(bundle.name)") != nil else {
                return findings.add(
                    .problem(
                        "recovery", "the key bundle \(bundle.name) is not in \(place.directory.printable)",
                        advice:
                            "put it back, correct --\(Settings.keyBundleStore.name), or run `cloudspace keys bundle`"
                    ))
            }
            findings.add(
                .fine("recovery", "a key bundle of \(bundle.madeAt.iso8601) is sealed to \(record.key.fingerprint)"))
        } catch {
            findings.add(
                .problem(
                    "recovery", error.message, advice: "whoever has archives, bundle and recovery key has the vault"))
        }
    }
}
