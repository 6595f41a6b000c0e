/// Reading a ring file from its directory, with errors in the operator's words.
extension KeyRingFile {
    static func missingRing(_ path: String) -> String {
        "there is no key ring at \(path). Make one with `cloudspace keys init`, "
            + "or put it back from your key backup if this vault has data already."
    }

    /// Reads the file and its header.
    ///
    /// - Throws: `.keyFile`; `.unsupportedFormat` for the ring of a newer program.
    static func read(
        from directory: KeyDirectory, _ name: String
    ) throws(CryptoError) -> (bytes: [UInt8], header: Header) {
        let path = directory.path(of: name)
        let contents = try directory.read(name, maximumSize: maximumSize, ifMissing: missingRing(path))
        let bytes = contents.withBytes { $0.copied() }
        do {
            return (bytes, try header(of: bytes))
        } catch .openFailed {
            throw CryptoError.keyFile(
                "\(path) is not a whole key ring: cut off, damaged or another file. "
                    + "Put it back from your key backup.")
        }
    }
}
