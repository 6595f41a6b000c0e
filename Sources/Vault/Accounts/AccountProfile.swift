import Crypto

/// What a person told about themselves, sealed under the account's key.
public struct AccountProfile: Sendable, Equatable {
    public var email: EmailAddress
    public var firstName: String
    public var lastName: String
    public var bio: String?
    /// The job title people show ("Designer"); not the permission role.
    public var title: String?
    public var phone: String?
    public var avatarURL: String?

    func sealed(under key: SealingKey, account: AccountID) -> [UInt8] {
        var fields = SealedFields()
        fields.set(1, email.text)
        fields.set(2, firstName)
        fields.set(3, lastName)
        fields.set(4, bio)
        fields.set(5, title)
        fields.set(6, phone)
        fields.set(7, avatarURL)
        return key.seal(fields.encoded, context: Self.context(account))
    }

    static func opened(_ sealed: [UInt8], under key: SealingKey, account: AccountID) throws -> AccountProfile {
        var profile = AccountProfile(email: EmailAddress(trusted: ""), firstName: "", lastName: "")
        SealedFields.read(try key.open(sealed, context: context(account))) { number, bytes in
            switch number {
            case 1: profile.email = EmailAddress(trusted: String(field: bytes))
            case 2: profile.firstName = String(field: bytes)
            case 3: profile.lastName = String(field: bytes)
            case 4: profile.bio = String(field: bytes)
            case 5: profile.title = String(field: bytes)
            case 6: profile.phone = String(field: bytes)
            case 7: profile.avatarURL = String(field: bytes)
            default: break
            }
        }
        return profile
    }

    private static func context(_ account: AccountID) -> SealContext {
        SealContext("cloudspace account profile", account.value)
    }
}
