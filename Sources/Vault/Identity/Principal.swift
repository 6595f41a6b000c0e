/// Where a request came from; goes into every journal row it causes.
public struct RequestOrigin: Sendable, Equatable {
    public let address: String?
    public let requestID: String?

    public init(address: String?, requestID: String?) {
        self.address = address
        self.requestID = requestID
    }

    /// An act of the program itself: a job, a command.
    public static let local = RequestOrigin(address: nil, requestID: nil)
}

/// Permission role of an account (design, section 11). Not the job title that people show on their profile.
public enum Role: String, Sendable, CaseIterable {
    case admin, contributeur, lecteur, auditeur
}

/// What a role allows anywhere, before any single document is looked at.
public enum Capability: Sendable, CaseIterable {
    case readContent, writeContent, readJournal, manageAccounts
    /// See the state of the master keys, rotate them, destroy old generations.
    case manageKeys
    /// Set, lengthen, lift and bypass retention policies.
    case manageRetention
    /// Open legal holds, and ask for or confirm their release.
    case holdDocuments
    /// Say what of the journal leaves the machine and when, and have a delivery tried again.
    case manageDeliveries
    /// Make, verify, delete and bring back backups, and say when they are made.
    case manageBackups
}

extension Role {
    /// The permission matrix, in one place.
    public func allows(_ capability: Capability) -> Bool {
        switch (self, capability) {
        case (.admin, _): true
        case (.contributeur, .readContent), (.contributeur, .writeContent): true
        case (.contributeur, _): false
        case (.lecteur, .readContent): true
        case (.lecteur, _): false
        case (.auditeur, .readJournal), (.auditeur, .holdDocuments): true
        case (.auditeur, _): false
        }
    }
}

/// What every authentication ends in: who acts, with which role, from where.
public struct Principal: Sendable, Equatable {
    public let account: AccountID
    public let role: Role
    public let session: SessionID?
    public let space: SpaceID
    public let origin: RequestOrigin
    /// The link through which somebody unknown acts with the rights of who made it; the journal calls them anonymous.
    package let link: ShareLinkID?

    public init(account: AccountID, role: Role, session: SessionID?, space: SpaceID, origin: RequestOrigin) {
        self.init(account: account, role: role, session: session, space: space, origin: origin, link: nil)
    }

    init(
        account: AccountID, role: Role, session: SessionID?, space: SpaceID, origin: RequestOrigin,
        link: ShareLinkID?
    ) {
        self.link = link
        self.account = account
        self.role = role
        self.session = session
        self.space = space
        self.origin = origin
    }

    /// Whoever has the data and the keys in hand, at the machine itself: nobody's account. The journal calls it the system.
    public static let localOperator = Principal(
        account: AccountID(0), role: .admin, session: nil, space: SpaceID(0), origin: .local)

    package var isLocalOperator: Bool { account.value == 0 }

    /// - Throws: `VaultError.roleForbids` when the role does not include `capability`.
    public func require(_ capability: Capability) throws(VaultError) {
        guard role.allows(capability) else { throw .roleForbids(capability) }
    }
}
