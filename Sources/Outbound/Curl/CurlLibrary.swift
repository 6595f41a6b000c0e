import CCurl

/// libcurl as a whole.
enum CurlLibrary {
    /// Set up once, before the first handle; false if libcurl cannot work here.
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// A list of lines as libcurl takes it; freed with its owner.
@safe struct CurlTextList: ~Copyable {
    private(set) var first: UnsafeMutablePointer<curl_slist>?

    init() { unsafe first = nil }

    /// - Returns: false when there is no memory.
    mutating func add(_ line: String) -> Bool {
        guard let longer = unsafe curl_slist_append(first, line) else { return false }
        unsafe first = longer
        return true
    }

    deinit { unsafe curl_slist_free_all(first) }
}
