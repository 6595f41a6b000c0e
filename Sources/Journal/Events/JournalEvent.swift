public import Database

/// Something that happened, as it is handed to ``Journal/append(_:in:)``.
///
/// Sequence and time are not the caller's to choose: the journal numbers events, and the transaction has the clock.
public struct JournalEvent: Sendable, Hashable {
    public let actorKind: ActorKind
    /// The user's or API key's id; nil for the system and for the unknown.
    @OptionalWords128 public private(set) var actorID: UInt128?
    /// What was done: lower-case words joined by `_` and `.`, such as `file_uploaded`; 1 to 64 bytes.
    public let action: String
    /// What it was done to: `file`, `user` …, of the same letters, at most 32 bytes.
    public let targetKind: String?
    @OptionalWords128 public private(set) var targetID: UInt128?
    /// The space in which it happened.
    @OptionalWords128 public private(set) var spaceID: UInt128?
    /// The client's network address; at most 64 bytes.
    public let address: String?
    /// The request that caused it; at most 128 bytes.
    public let requestID: String?
    public let outcome: Outcome
    /// Names and other personal data, sealed by the caller under the target's own key, so that they die with it. The
    /// journal never opens them. At most 16 KiB.
    public let sealedDetails: [UInt8]?
    /// Small canonical JSON without personal data, in clear. UTF-8, at most 16 KiB.
    public let details: [UInt8]?

    public init(
        actorKind: ActorKind, actorID: UInt128? = nil, action: String, targetKind: String? = nil,
        targetID: UInt128? = nil, spaceID: UInt128? = nil, address: String? = nil, requestID: String? = nil,
        outcome: Outcome = .success, sealedDetails: [UInt8]? = nil, details: [UInt8]? = nil
    ) {
        self.actorKind = actorKind
        _actorID = OptionalWords128(wrappedValue: actorID)
        self.action = action
        self.targetKind = targetKind
        _targetID = OptionalWords128(wrappedValue: targetID)
        _spaceID = OptionalWords128(wrappedValue: spaceID)
        self.address = address
        self.requestID = requestID
        self.outcome = outcome
        self.sealedDetails = sealedDetails
        self.details = details
    }
}

/// Who acted. The numbers are part of the leaf format.
public enum ActorKind: Int, Sendable, CaseIterable {
    case user = 1
    case apiKey = 2
    case system = 3
    /// Nobody who could be told, such as a failed sign-in.
    case anonymous = 4
}

/// How it ended. The numbers are part of the leaf format.
public enum Outcome: Int, Sendable, CaseIterable {
    case success = 1
    /// The rules forbade it.
    case refused = 2
    /// It was allowed and did not work.
    case failed = 3
}

extension JournalEvent {
    /// Refuses what the leaf format or its readers could not carry.
    func validate() throws(JournalError) {
        guard Self.isWord(action, limit: 64) else { throw .invalidEvent(field: "action") }
        if let targetKind, !Self.isWord(targetKind, limit: 32) { throw .invalidEvent(field: "targetKind") }
        if let address, address.utf8.count > 64 { throw .invalidEvent(field: "address") }
        if let requestID, requestID.utf8.count > 128 { throw .invalidEvent(field: "requestID") }
        if let sealedDetails, sealedDetails.count > 16384 { throw .invalidEvent(field: "sealedDetails") }
        if let details, details.count > 16384 || String(validating: details, as: UTF8.self) == nil {
            throw .invalidEvent(field: "details")
        }
    }

    private static func isWord(_ text: String, limit: Int) -> Bool {
        let bytes = text.utf8
        return (1...limit).contains(bytes.count)
            && bytes.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
                case UInt8(ascii: "_"), UInt8(ascii: "."): true
                default: false
                }
            }
    }
}
