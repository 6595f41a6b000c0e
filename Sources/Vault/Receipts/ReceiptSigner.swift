import Crypto
public import Journal

/// Signs receipts with a key of their own, which no rotation of the master key changes.
public struct ReceiptSigner: Sendable {
    private let key: Ed25519SigningKey
    private let name: String

    init(_ ring: KeyRing) {
        key = Ed25519SigningKey(seed: ring.stableKey("cloudspace upload receipts"))
        name = Journal.origin(ofVault: ring.vaultID) + "/receipts"
    }

    /// What clients check receipts with; theirs to keep, as a server's host key is.
    /// - Throws: `JournalError.malformedNote`; never for the name of a vault.
    public func verifierKey() throws -> NoteVerifierKey {
        try NoteVerifierKey(name: name, publicKey: key.publicKey)
    }

    /// The receipt as a signed note (C2SP `signed-note`).
    /// - Throws: `JournalError.malformedNote`; never for a receipt of ours.
    func sign(_ receipt: UploadReceipt) throws -> String {
        try SignedNote(signing: receipt.text, name: name, key: key).note
    }
}
