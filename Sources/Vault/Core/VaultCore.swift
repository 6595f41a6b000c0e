public import BlobStore
public import Crypto
public import Database
public import Journal
public import Media

/// What an operator may set.
public struct VaultSettings: Sendable {
    /// Largest single upload in bytes; only the quota limits uploads unless this is set (`MAX_CONTENT_LENGTH`).
    public var maximumUpload: Int64 = .max
    /// How long a sign-in lasts, in seconds.
    public var sessionSeconds: Int64 = 24 * 3_600
    /// How old a blob without a row must be before the collector takes it, in milliseconds.
    public var orphanGrace: Int64 = 24 * 3_600 * 1_000
    public var suite: StreamSuite = .preferred
    /// Failed sign-ins after which an account, and an address, must wait.
    public var signInFailuresPerAccount = 10
    public var signInFailuresPerAddress = 100
    /// The time over which failed sign-ins are counted, in seconds.
    public var signInWindowSeconds: Int64 = 15 * 60
    /// Most names kept ready for searching, some 50 bytes each; larger drives are searched by opening every name.
    public var searchedNames = 1_500_000
    /// Contents above so many bytes get no preview.
    public var previewedSize: Int64 = 256 << 20
    /// Previews that may wait to be made.
    public var previewQueue = 256
    /// How long somebody who asks for a preview waits while it is made.
    public var previewPatience: Duration = .seconds(5)
    public var notifications = NotificationSettings()
    public var links = LinkSettings()
    public var deliveries = DeliverySettings()

    public init() {}
}

/// The parts every use case stands on. Built once, by the program or by a test.
public final class VaultCore: Sendable {
    package let database: any Database
    package let blobs: any BlobStore
    package let keyring: Keyring
    package let audit: Audit
    /// Adds events to the journal's tree; the program runs it, and every checkpoint catches up first.
    public let sequencer: JournalSequencer
    package let clock: any WallClock
    package let steady: any SteadyClock
    /// This node among those that serve the same vault.
    public let membership: ClusterMembership
    public let leases: Leases
    /// Keeps this node's master keys in step with the other nodes'.
    public let keyDistribution: KeyDistribution
    public let jobs = JobStatistics()
    public let deliveryStatistics = DeliveryStatistics()
    package let outbox: DeliveryOutbox
    /// Compares the journal with what is remembered elsewhere.
    public let witness: JournalWitness
    /// Seals what somebody wrote about exports of the journal.
    let scheduleKey: SealingKey
    public let signInLimits: SignInLimits
    /// Asked what contents are, where their names leave doubt.
    public let magic = MagicLibrary()
    /// Makes pictures; nil where it is not installed.
    public let previewProgram: PreviewProgram?
    let previewQueue: PreviewQueue
    let pictureSigner: URLSigner
    let challenges: SignInChallenges
    package let ids: IDGenerator
    package let settings: VaultSettings
    package let passwords: PasswordHasher
    package let tokens: TokenSigner
    package let grants: Grants
    /// What retention policies and legal holds bind.
    package let keeping: Keeping
    package let usage: UsageLedger
    package let versions = VersionStore()
    package let people: People
    package let names: OpenedNames
    package let notices: NotificationLedger
    /// Who listens for notifications on this node.
    public let listeners: NotificationHub
    let linkLimits: LinkLimits
    let sealer: ContentSealer
    let opener: ContentOpener
    let reads: ReadLedger
    /// Where API families have refused attempts journalled.
    public let refusals: RefusalLedger
    let sessions = SessionCache()
    let listings: FreshCache<ListingKey, FolderListing>
    let details: FreshCache<DetailsKey, NodeDetails>
    let nameIndexes: NameIndexes
    let activityCodes: ActivityCodes
    public let receipts: ReceiptSigner
    public let presence: Presence
    let dashboards: FreshCache<AccountID, DashboardStats>

    public init(
        database: any Database, blobs: any BlobStore, ring: KeyRing, journal: Journal, passwords: PasswordHasher,
        allowance: any StorageAllowance = FixedAllowance(), clock: any WallClock = SystemClock(),
        steady: any SteadyClock = SystemSteadyClock(), settings: VaultSettings = VaultSettings(),
        previews: PreviewProgram? = nil, keeper: KeyKeeper? = nil
    ) throws {
        self.database = database
        self.blobs = blobs
        self.clock = clock
        self.steady = steady
        self.settings = settings
        self.passwords = passwords
        keyring = Keyring(ring: ring, steady: steady)
        audit = Audit(journal: journal)
        ids = IDGenerator(clock: clock)
        let outbox = DeliveryOutbox(ids: ids, audit: audit, settings: settings.deliveries)
        self.outbox = outbox
        sequencer = JournalSequencer(journal, database: database) { try outbox.enqueue($0, in: $1) }
        scheduleKey = ring.stableKey("cloudspace journal schedules")
        tokens = TokenSigner(ring)
        grants = Grants(keyring: keyring)
        keeping = Keeping(keyring: keyring)
        usage = UsageLedger(allowance: allowance)
        people = People(keyring: keyring, cache: PersonCache())
        names = OpenedNames(keyring: keyring)
        listeners = NotificationHub(settings: settings.notifications, steady: steady)
        notices = NotificationLedger(ids: ids, hub: listeners)
        witness = JournalWitness(database: database, journal: journal, audit: audit, notices: notices, clock: clock)
        linkLimits = LinkLimits(key: ring.stableKey("cloudspace link limits"), settings: settings)
        sealer = ContentSealer(blobs: blobs, ids: ids, suite: settings.suite, maximumSize: settings.maximumUpload)
        opener = ContentOpener(blobs: blobs)
        reads = ReadLedger(database: database, audit: audit, clock: clock)
        refusals = RefusalLedger(database: database, audit: audit, clock: clock)
        listings = FreshCache(database: database, limit: 60_000, steady: steady)
        details = FreshCache(database: database, limit: 4_096, steady: steady)
        let node: ClusterNodeID = ids.next()
        membership = ClusterMembership(id: node, database: database, startedAt: clock.now())
        leases = Leases(database: database, audit: audit, node: node, steady: steady)
        keyDistribution = KeyDistribution(database: database, ring: ring, node: node, keeper: keeper)
        signInLimits = SignInLimits(
            key: ring.stableKey("cloudspace rate limits"), settings: settings, audit: audit)
        challenges = SignInChallenges(key: ring.stableKey("cloudspace sign-in challenges"))
        nameIndexes = NameIndexes(limit: settings.searchedNames)
        previewProgram = previews
        previewQueue = PreviewQueue(limit: settings.previewQueue, workers: previews?.workers ?? 1)
        pictureSigner = URLSigner(key: ring.stableKey("cloudspace picture addresses"))
        activityCodes = ActivityCodes(ring: ring)
        receipts = ReceiptSigner(ring)
        presence = Presence(database: database, audit: audit, leases: leases, clock: clock)
        dashboards = FreshCache(database: database, limit: 4_096, steady: steady)
    }

    /// Leases of a kind of node that does only some of the work: a command at the terminal.
    public func leases(only names: Set<LeaseName>) -> Leases {
        Leases(database: database, audit: audit, node: ids.next(), steady: steady, names: names)
    }

    /// All migrations the core needs, in order.
    public static var migrations: [Migration] { Journal.migrations + VaultSchema.migrations }
}

/// The core's use cases, by feature: what API families and commands talk to.
public struct Vault: Sendable {
    public let core: VaultCore

    public init(_ core: VaultCore) { self.core = core }

    public var accounts: Accounts { Accounts(core: core) }
    public var register: RegisterAccount { RegisterAccount(core: core) }
    public var sessions: Sessions { Sessions(core: core) }
    public var changePassword: ChangePassword { ChangePassword(core: core) }
    public var twoFactor: TwoFactor { TwoFactor(core: core) }
    public var preferences: Preferences { Preferences(core: core) }
    public var listFolder: ListFolder { ListFolder(core: core) }
    public var describe: DescribeNode { DescribeNode(core: core) }
    public var createFolder: CreateFolder { CreateFolder(core: core) }
    public var rename: RenameNode { RenameNode(core: core) }
    public var move: MoveNode { MoveNode(core: core) }
    public var save: SaveContent { SaveContent(core: core) }
    public var open: OpenContent { OpenContent(core: core) }
    public var copy: CopyNode { CopyNode(core: core) }
    public var readTree: ReadTree { ReadTree(core: core) }
    public var trash: Trash { Trash(core: core) }
    public var purge: Purge { Purge(core: core) }
    public var retention: RetentionPolicies { RetentionPolicies(core: core) }
    public var explainKeeping: ExplainKeeping { ExplainKeeping(core: core) }
    public var expireVersions: ExpireVersions { ExpireVersions(core: core) }
    public var eraseAccount: EraseAccount { EraseAccount(core: core) }
    public var holds: Holds { Holds(core: core) }
    public var search: SearchNames { SearchNames(core: core) }
    public var star: StarNode { StarNode(core: core) }
    public var locks: Locks { Locks(core: core) }
    public var previews: Previews { Previews(core: core) }
    public var pictureLinks: PictureLinks { PictureLinks(core: core) }
    public var avatars: Avatars { Avatars(core: core) }
    public var sharing: Sharing { Sharing(core: core) }
    public var comments: Comments { Comments(core: core) }
    public var notifications: Notifications { Notifications(core: core) }
    public var links: ShareLinks { ShareLinks(core: core) }
    public var publicLinks: PublicLinks { PublicLinks(core: core) }
    public var activity: ActivityFeed { ActivityFeed(core: core) }
    public var nodeActivity: NodeActivity { NodeActivity(core: core) }
    public var recentFiles: RecentFiles { RecentFiles(core: core) }
    public var starred: ListStarred { ListStarred(core: core) }
    public var dashboardStats: ReadDashboardStats { ReadDashboardStats(core: core) }
    public var team: ListTeam { ListTeam(core: core) }
    public var describeEncryption: DescribeEncryption { DescribeEncryption(core: core) }
    public var rotateKeys: RotateKeys { RotateKeys(core: core) }
    public var destroyGeneration: DestroyGeneration { DestroyGeneration(core: core) }
    public var issueReceipt: IssueReceipt { IssueReceipt(core: core) }
    public var auditTrail: AuditTrail { AuditTrail(core: core) }
    public var deliveries: Deliveries { Deliveries(core: core) }
    public var journalSchedules: JournalSchedules { JournalSchedules(core: core) }
    public var housekeeping: Housekeeping { Housekeeping(core: core) }
}

extension Principal {
    /// The root folder of the caller's own space.
    public var root: NodeID { NodeID(space.value) }
}
