import Testing

@testable import BlobStore

@Suite struct S3LocationTests {
    @Test func aServiceOfOnesOwnIsAddressedByPath() throws {
        let location = try S3Location.parse(
            "s3://my.bucket-1/vault/main/?endpoint=http%3A%2F%2Fstorage.example%3A9000/&region=eu-west-3")
        #expect(location.bucket == "my.bucket-1")
        #expect(location.prefix == "vault/main")
        #expect(location.authority == "storage.example:9000")
        #expect(location.hostField == "storage.example:9000")
        #expect(!location.isSecure)
        #expect(location.region == "eu-west-3")
        #expect(location.style == .path)
        #expect(location.checksum == .sha256)
        let key = BlobKey(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef)
        #expect(location.name(of: key) == "vault/main/ef/cd/0123456789abcdef0123456789abcdef")
        #expect(location.path(of: "a b/c") == "/my.bucket-1/a%20b/c")
        #expect(location.path(of: nil) == "/my.bucket-1")
    }

    @Test func awsIsAddressedByTheHostsName() throws {
        let location = try S3Location.parse("s3://vault?region=eu-west-3")
        #expect(location.hostField == "vault.s3.eu-west-3.amazonaws.com")
        #expect(location.isSecure && location.port == nil)
        #expect(location.path(of: nil) == "/")
        #expect(location.path(of: "x") == "/x")
        #expect(location.namePrefix == "")
    }

    @Test func aBucketWithDotsStaysOutOfTheHostsName() throws {
        #expect(try S3Location.parse("s3://va.ult?region=eu-west-3").style == .path)
    }

    @Test func whatIsWrittenOutIsTaken() throws {
        let location = try S3Location.parse(
            "s3://vault?style=virtual&checksum=md5&ca=/etc/ssl/own.pem&endpoint=https://[::1]:443")
        #expect(location.style == .virtual)
        #expect(location.checksum == .md5)
        #expect(location.certificateAuthority == "/etc/ssl/own.pem")
        #expect(location.host == "[::1]" && location.port == nil)
        #expect(location.region == "us-east-1")
        #expect(location.isLocal)
    }

    @Test(arguments: [
        ("vault", "s3://bucket"), ("S3://vault", "s3://bucket"), ("s3://", "bucket name"),
        ("s3://ab?region=x", "bucket name"),
        ("s3://Vault?region=x", "bucket name"), ("s3://va..ult?region=x", "bucket name"),
        ("s3://-vault?region=x", "bucket name"), ("s3://vault.?region=x", "bucket name"),
        ("s3://va_ult?region=x", "bucket name"), ("s3://vault", "neither endpoint nor region"),
        ("s3://vault/a//b?region=x", "prefix"), ("s3://vault/../b?region=x", "prefix"),
        ("s3://vault/a b?region=x", "prefix"), ("s3://vault/é?region=x", "prefix"), ("s3://vault?region=a/b", "region"),
        ("s3://vault?region=", "region"), ("s3://vault?region", "region"), ("s3://vault?region=%zz", "region"),
        ("s3://vault?region=x&region=y", "twice"), ("s3://vault?regoin=x", "unknown parameter “regoin”"),
        ("s3://vault?endpoint=storage.example", "https://host"),
        ("s3://vault?endpoint=ftp://storage.example", "https://host"),
        ("s3://vault?endpoint=http://", "https://host"), ("s3://vault?endpoint=http://h/path", "https://host"),
        ("s3://vault?endpoint=http://h:0", "https://host"), ("s3://vault?endpoint=http://h:65536", "https://host"),
        ("s3://vault?endpoint=http://h:+80", "https://host"), ("s3://vault?endpoint=http://a@h", "https://host"),
        ("s3://vault?endpoint=http://[::1", "https://host"), ("s3://vault?endpoint=http://h%0d%0ax", "https://host"),
        ("s3://vault?region=x&style=both", "path or virtual"), ("s3://vault?region=x&checksum=crc", "sha256 or md5"),
        ("s3://vault?region=x&ca=own.pem", "absolute path"),
    ])
    func whatCannotBeUsedIsRefusedInWords(_ text: String, _ words: String) {
        #expect {
            try S3Location.parse(text)
        } throws: { error in
            guard case BlobStoreError.refused(let reason) = error else { return false }
            return reason.contains(words)
        }
    }

    @Test func onlyNamesOfBlobsAreKeys() throws {
        let location = try S3Location.parse("s3://vault/p?region=x")
        let name = "p/ef/cd/0123456789abcdef0123456789abcdef"
        #expect(location.key(named: name) == BlobKey(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef))
        for other in [
            "", "p/", "p/ef/cd/", "q/ef/cd/0123456789abcdef0123456789abcdef",
            "p/ef/cc/0123456789abcdef0123456789abcdef",
            "p/ef/cd/0123456789ABCDEF0123456789abcdef", "p/x/ef/cd/0123456789abcdef0123456789abcdef",
            "p/0123456789abcdef0123456789abcdef", name + "0", "p/é0123456789abcdef0123456789abcde",
        ] {
            #expect(location.key(named: other) == nil, "\(other)")
        }
    }
}
