import Crypto
import Database
import Testing
import VaultTesting

@testable import Journal

@Suite struct LeafEncodingTests {
    /// The examples of docs/formats/journal.md, whose bytes and hashes were made with Python's `struct` and `hashlib`.
    @Test func leavesAreAsTheFormatSays() {
        let full = JournalRow(
            sequence: 42, time: Timestamp(milliseconds: 1_729_953_001_234),
            event: JournalEvent(
                actorKind: .user, actorID: 0x0192_8a7e_5c00_7000_8000_0000_0000_0003, action: "file_uploaded",
                targetKind: "file", targetID: 0x0192_8a7e_5c00_7000_8000_0000_0000_0067,
                spaceID: 0x0192_8a7e_5c00_7000_8000_0000_0000_0001, address: "192.0.2.17", requestID: "req-1",
                outcome: .success, sealedDetails: [1, 2, 3], details: Array(#"{"nom":"é"}"#.utf8)),
            leafIndex: nil)
        #expect(
            encoded(full)
                == "01000000000000002a00000192c93bef120101010000001001928a7e5c0070008000000000000003010000000d66696c655f"
                + "75706c6f61646564010000000466696c65010000001001928a7e5c0070008000000000000067010000001001928a7e5c0070"
                + "008000000000000001010000000a3139322e302e322e313701000000057265712d310100000003010203010000000c7b226e"
                + "6f6d223a22c3a9227d")
        #expect(Hex.encode(full.leafHash) == "1c21ba6c884bb6a811ccbc1a6ba289bfcb745cf556ac1cea3e2b2ef9cd797f69")

        let small = JournalRow(
            sequence: 1, time: Timestamp(milliseconds: 0),
            event: JournalEvent(actorKind: .system, action: "vault_started", outcome: .failed), leafIndex: 0)
        #expect(
            encoded(small)
                == "0100000000000000010000000000000000030300010000000d7661756c745f7374617274656400000000000000")
        #expect(Hex.encode(small.leafHash) == "85ca26b2031064cad8650ebe034a42796c8838957ece45625cc6bfba02bc9f1a")
    }

    @Test func aStoredRowIsEncodedAsTheEventItCameFrom() async throws {
        let world = try await JournalWorld()
        try await world.append(100)
        try await world.database.read { snapshot in
            try snapshot.forEach("SELECT \(JournalRow.columns), NULL FROM journal_events e") { row in
                var stored = LeafEncoding()
                let isEncoded = stored.encode(row, from: 0)
                #expect(isEncoded)
                var read = LeafEncoding()
                read.encode(try JournalRow(row))
                #expect(stored.bytes == read.bytes)
                return .more
            }
        }
    }

    /// Moving a byte from one field to the next, or making an absent field empty, changes the bytes.
    @Test func differentEventsHaveDifferentBytes() {
        func row(_ address: String?, _ requestID: String?, _ details: [UInt8]?, sealed: [UInt8]?) -> JournalRow {
            JournalRow(
                sequence: 1, time: Timestamp(milliseconds: 0),
                event: JournalEvent(
                    actorKind: .system, action: "a", address: address, requestID: requestID, sealedDetails: sealed,
                    details: details),
                leafIndex: nil)
        }
        let rows = [
            row(nil, nil, nil, sealed: nil), row("", nil, nil, sealed: nil), row(nil, "", nil, sealed: nil),
            row("ab", "c", nil, sealed: nil), row("a", "bc", nil, sealed: nil), row("abc", nil, nil, sealed: nil),
            row(nil, nil, [1], sealed: nil), row(nil, nil, nil, sealed: [1]), row(nil, nil, [], sealed: []),
        ]
        #expect(Set(rows.map(encoded)).count == rows.count)
    }

    private func encoded(_ row: JournalRow) -> String {
        var encoding = LeafEncoding()
        encoding.encode(row)
        return Hex.encode(encoding.bytes)
    }
}
