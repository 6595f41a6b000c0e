import Synchronization

/// Shares as they come in, one by one, until there are enough. Thread-safe.
final class ShareCollection: Sendable {
    private let shares = Mutex<[KeyShare]>([])

    /// Takes a share of the vault and split that the ring's header names.
    ///
    /// - Returns: how many different shares are here now.
    /// - Throws: `.custody(.share(…))`; what was here stays.
    func add(_ share: KeyShare, vault: [UInt8], scheme: ShareScheme) throws(CryptoError) -> Int {
        guard share.vault == vault else { throw CryptoError.custody(.share(.anotherVault)) }
        guard share.set == scheme.set, share.threshold == scheme.threshold, share.index <= scheme.count else {
            throw CryptoError.custody(.share(.anotherSplit))
        }
        return try shares.withLock { (shares) throws(CryptoError) in
            guard !shares.contains(where: { $0.index == share.index }) else {
                throw CryptoError.custody(.share(.repeated(index: share.index)))
            }
            shares.append(share)
            return shares.count
        }
    }

    var count: Int { shares.withLock { $0.count } }

    /// The key that the shares give, right or wrong; nil while there are too few. They are let go of either way once
    /// there were enough.
    func combine(_ scheme: ShareScheme) -> SealingKey? {
        let taken = shares.withLock { shares -> [KeyShare]? in
            guard shares.count >= scheme.threshold else { return nil }
            defer { shares = [] }
            return shares
        }
        guard let taken else { return nil }
        return SealingKey(
            KeySplit.combine(taken.prefix(scheme.threshold).map(\.point), size: SealingKey.size))
    }

    func removeAll() { shares.withLock { $0 = [] } }
}
