import Crypto
import Testing

@testable import Outbound

/// The examples of the Amazon S3 API Reference, "Authenticating Requests: Using the Authorization Header".
@Suite struct SigV4Tests {
    private let signer: SigV4
    /// Fri, 24 May 2013 00:00:00 GMT
    private let moment = SigningTime(milliseconds: 1_369_353_600_000)
    private let emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    init() throws {
        let credentials = try AWSCredentials(
            accessKeyID: "AKIAIOSFODNN7EXAMPLE",
            secretAccessKey: SecretBytes(copying: Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8)))
        signer = SigV4(credentials: credentials, region: "us-east-1", service: "s3")
    }

    private func sign(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [],
        headers: [(name: String, value: String)] = [], hash: String? = nil
    ) -> String {
        let all =
            [
                (name: "Host", value: "examplebucket.s3.amazonaws.com"), (name: "x-amz-date", value: moment.dateTime),
                (name: "x-amz-content-sha256", value: hash ?? emptyHash),
            ] + headers
        return signer.authorization(
            for: SigV4.Canonical(
                method: method, path: path, query: query, headers: all, payloadHash: hash ?? emptyHash),
            at: moment)
    }

    @Test func momentsAreWrittenAsTheyAreSigned() {
        #expect(moment.date == "20130524")
        #expect(moment.dateTime == "20130524T000000Z")
    }

    @Test func gettingAnObjectIsSignedAsPublished() {
        #expect(
            sign("GET", "/test.txt", headers: [("Range", "bytes=0-9")])
                == "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        )
    }

    @Test func puttingAnObjectIsSignedAsPublished() {
        let hash = Hex.encode(SHA256Hash.of(Array("Welcome to Amazon S3.".utf8)))
        #expect(hash == "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072")
        #expect(
            sign(
                "PUT", "/" + PercentEncoding.encode("test$file.text"),
                headers: [
                    ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
                ], hash: hash
            ).hasSuffix("Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"))
    }

    @Test func aParameterWithoutAValueIsSignedAsPublished() {
        #expect(
            sign("GET", "/", query: [("lifecycle", "")])
                .hasSuffix("Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"))
    }

    @Test func listingIsSignedAsPublishedInWhateverOrderTheParametersCome() {
        for query in [
            [(name: "max-keys", value: "2"), (name: "prefix", value: "J")],
            [(name: "prefix", value: "J"), (name: "max-keys", value: "2")],
        ] {
            #expect(
                sign("GET", "/", query: query)
                    .hasSuffix("Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"))
        }
    }

    @Test func anotherByteAnywhereIsAnotherSignature() {
        let all = [
            sign("GET", "/a"), sign("PUT", "/a"), sign("GET", "/b"), sign("GET", "/a", query: [("x", "")]),
            sign("GET", "/a", headers: [("range", "bytes=0-1")]), sign("GET", "/a", hash: String(emptyHash.reversed())),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test func queriesAreSortedAsTheyAreEncoded() {
        let query = [
            (name: "b", value: "a b/ü"), (name: "a~", value: "+"), (name: "a", value: ""), (name: "A", value: "1"),
        ]
        #expect(SigV4.canonicalQuery(query) == "A=1&a=&a~=%2B&b=a%20b%2F%C3%BC")
    }

    @Test func percentEncodingComesBack() {
        for text in ["", "a b", "ü/€?&=%", "~-_.", "\u{0}\u{7f}"] {
            #expect(PercentEncoding.decode(PercentEncoding.encode(text)) == text)
        }
        for text in ["%", "%a", "%zz", "%ff", "a%2"] { #expect(PercentEncoding.decode(text) == nil) }
    }

    @Test func theSecretIsNeverPrinted() throws {
        let credentials = signer.credentials
        var dumped = ""
        dump(credentials, to: &dumped)
        for text in ["\(credentials)", String(reflecting: credentials), dumped] {
            #expect(!text.contains("wJalr"))
            #expect(text.contains("AKIAIOSFODNN7EXAMPLE"))
        }
    }

    @Test(arguments: ["", "a b", "a/b", "a,b", "é", "a\r\nHost: x"])
    func whatCannotBeAKeyIsRefused(_ text: String) {
        #expect(throws: AWSCredentialsError.self) {
            try AWSCredentials(accessKeyID: text, secretAccessKey: SecretBytes(copying: [65]))
        }
        let secret = text.replacing(/[\/,]/, with: " ")
        #expect(throws: AWSCredentialsError.self) {
            try AWSCredentials(accessKeyID: "A", secretAccessKey: SecretBytes(copying: Array(secret.utf8)))
        }
    }
}
