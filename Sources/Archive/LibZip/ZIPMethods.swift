import CZip

/// What libzip was built to read: stored and deflate everywhere, bzip2 and more where its makers had the libraries.
enum ZIPMethods {
    static func isReadable(_ method: UInt16) -> Bool {
        zip_compression_method_supported(zip_int32_t(method), 0) == 1
    }
}
