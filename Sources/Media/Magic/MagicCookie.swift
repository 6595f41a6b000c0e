import CMagic

/// An open libmagic with the system's tables, for one thread at a time.
///
/// Sendable because its owner uses it under a lock.
@safe final class MagicCookie: @unchecked Sendable {
    private let handle: magic_t

    private init(_ handle: magic_t) { unsafe self.handle = handle }

    deinit { unsafe magic_close(handle) }

    /// - Returns: `nil` where the library or its tables are missing.
    static func loaded() -> MagicCookie? {
        // Only its tables of signatures: nothing is unpacked, parsed or followed (CVEs of file(1) lie mostly there).
        let flags =
            MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_TAR | MAGIC_NO_CHECK_ELF
            | MAGIC_NO_CHECK_TOKENS | MAGIC_NO_CHECK_CDF | MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON
        guard let handle = unsafe magic_open(flags) else { return nil }
        let cookie = unsafe MagicCookie(handle)
        guard unsafe magic_load(handle, nil) == 0 else { return nil }
        cookie.limit(MAGIC_PARAM_BYTES_MAX, 64 << 10)
        cookie.limit(MAGIC_PARAM_REGEX_MAX, 2_048)
        cookie.limit(MAGIC_PARAM_INDIR_MAX, 10)
        cookie.limit(MAGIC_PARAM_NAME_MAX, 40)
        cookie.limit(MAGIC_PARAM_ENCODING_MAX, 8 << 10)
        return cookie
    }

    private func limit(_ parameter: Int32, _ value: Int) {
        var value = value
        // A parameter that an older library does not know keeps its own bound.
        _ = unsafe magic_setparam(handle, parameter, &value)
    }

    func mediaType(of head: [UInt8], limit: Int) -> String? {
        let text = unsafe head.withUnsafeBytes { bytes -> String? in
            guard let start = bytes.baseAddress else { return nil }
            guard let answer = unsafe magic_buffer(handle, start, min(bytes.count, limit)) else { return nil }
            return unsafe String(cString: answer)
        }
        guard let text, text.utf8.count <= 127, text.contains("/") else { return nil }
        return text
    }
}
