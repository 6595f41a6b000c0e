/// What an operator may set about share links.
public struct LinkSettings: Sendable {
    /// Links kept on one file or folder, revoked ones not counted.
    public var maximumPerNode = 100
    /// Seconds that an unlocked link stays unlocked for whoever gave the password.
    public var unlockSeconds: Int64 = 10 * 60
    /// Seconds within which a download that was begun may be continued, in ranges or again after a break.
    public var continueSeconds: Int64 = 60 * 60
    /// Wrong passwords within the window of failed sign-ins: for one link from one place, for one place, for one link.
    public var wrongPasswordsPerLinkAndPlace = 10
    public var wrongPasswordsPerPlace = 100
    public var wrongPasswordsPerLink = 500

    public init() {}
}
