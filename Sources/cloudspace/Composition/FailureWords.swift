import API
import BlobStore
import Crypto
import Database
import HTTP
import Journal
import Vault

extension ProgramError {
    /// Any failure, in one line for the operator.
    init(_ error: any Error) {
        switch error {
        case let error as ProgramError: self = error
        case let error as CryptoError: self = Self.keys(error)
        case let error as DatabaseError: self = Self.database(error)
        case let error as VaultError: self = .failed(Self.words(error))
        case let error as Problem: self = .failed(error.message.english)
        case let error as BadField: self = .failed(error.message)
        case let error as BadValue: self = .setting("expected \(error.expectation)")
        case BlobStoreError.refused(let words): self = .refused(words)
        case let error as BlobStoreError: self = .failed(error.description)
        case let error as ServerError: self = Self.server(error)
        default: self = .failed(String(describing: error))
        }
    }

    private static func keys(_ error: CryptoError) -> ProgramError {
        switch error {
        case .keyFile(let words): .refused(words)
        case .passphraseWrong: .refused("the passphrase does not open the key ring")
        case .unsupportedFormat: .refused("the key ring was written by a newer version of this program")
        case .unknownGeneration(let number):
            .refused("the key ring lacks generation \(number): it is older than the data; put back its newest backup")
        case .openFailed: .failed("sealed data did not open: it was altered, or these are not its keys")
        case .custody(let failure): .refused(words(failure))
        case .unavailable(let words): .failed(words)
        }
    }

    private static func words(_ failure: CustodyFailure) -> String {
        switch failure {
        case .passphraseNeeded:
            "the passphrase is missing; give --passphrase-file or \(Settings.passphrase.environment)"
        case .sharesNeeded(let threshold, let provided):
            "\(threshold) shares unlock the keys and \(provided) \(provided == 1 ? "is" : "are") here; give --share-file, or "
                + "unseal a running server with `cloudspace keys unseal`"
        case .share(let refusal): words(refusal)
        case .away(let words), .refused(let words), .nonsense(let words): words
        }
    }

    static func words(_ refusal: ShareRefusal) -> String {
        switch refusal {
        case .malformed: "this is not a share, or it has a typing error: its check sum does not fit"
        case .anotherVault: "this share belongs to another vault"
        case .anotherSplit: "this share was replaced when the key was split anew; give one of the new ones"
        case .repeated(let index): "share \(index) is here already; give another one"
        case .wrongTogether(let count):
            "these \(count) shares do not open the key ring together: one of them is forged, or the ring is another"
        }
    }

    private static func database(_ error: DatabaseError) -> ProgramError {
        switch error {
        case .schemaTooNew:
            .refused("the database was written by a newer version of this program; use that version")
        case .corrupt:
            .failed("the database file is damaged or none of this program; restore it from a backup")
        case .full: .failed("the disk is full")
        case .unreachable(let words): .refused(words)
        case .busy: .failed("another process keeps the database busy; try again")
        default: .failed("database: \(error)")
        }
    }

    private static func server(_ error: ServerError) -> ProgramError {
        switch error {
        case .badAddress(let words): .setting("--listen: \(words)")
        case .certificate(let words): .setting("--tls-certificate and --tls-key: \(words)")
        case .cannotListen(let words): .failed("cannot listen: \(words)")
        case .cannotStart(let words): .failed("the HTTP server cannot start: \(words)")
        }
    }

    private static func words(_ error: VaultError) -> String {
        switch error {
        case .notFound(.account): "there is no such account"
        case .emailTaken: "an account with this e-mail address exists already"
        case .lastAdministrator: "this is the last active administrator; make another one first"
        case .invalid(let field, let reason): "\(field): \(words(reason))"
        case .storageFull: "the disk is full"
        case .notFound(.retentionPolicy): "there is no such policy; `retention list` shows them"
        case .notFound(.hold): "there is no such hold; `holds list` shows them"
        case .notFound(.erasure): "no erasure was asked for this account"
        case .notFound(.file), .notFound(.folder): "there is no such file or folder"
        case .kept(let refusal): KeepingWords.text(refusal)
        case .retention(let refusal): KeepingWords.text(refusal)
        case .hold(let refusal): KeepingWords.text(refusal)
        case .erasure(.underWay): "this account is being erased already"
        case .keys(let refusal): RotationWords.text(refusal)
        default: String(describing: error)
        }
    }

    private static func words(_ reason: VaultError.InvalidReason) -> String {
        switch reason {
        case .missing: "is missing"
        case .empty: "is empty"
        case .tooLong(let maximum): "is longer than \(maximum) characters"
        case .tooShort(let minimum): "is shorter than \(minimum) characters"
        case .forbiddenCharacter: "has a character that is not allowed"
        case .malformed: "is not well formed"
        case .unknownValue(let allowed): "must be one of \(allowed.joined(separator: ", "))"
        default: String(describing: reason)
        }
    }
}
