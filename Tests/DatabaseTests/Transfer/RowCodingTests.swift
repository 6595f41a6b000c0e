import Testing
import VaultTesting

@testable import Database

@Suite struct RowCodingTests {
    private static let samples: [[SQLValue]] = [
        [], [.null], [.integer(0), .integer(-1), .integer(.min), .integer(.max)],
        [.text(""), .text("é\u{0}z"), .text(String(repeating: "x", count: 300))],
        [.bytes([]), .bytes([0, 255]), .null, .bytes(Array(repeating: 7, count: 1_000))],
    ]

    @Test(arguments: samples)
    func whatIsEncodedIsDecoded(_ values: [SQLValue]) throws {
        #expect(try RowCoding.decode(RowCoding.encode(values)) == values)
    }

    @Test func theFormIsTheDocumentedOne() {
        #expect(
            RowCoding.encode([.null, .integer(-2), .text("é"), .bytes([9])]) == [
                0,
                1, 255, 255, 255, 255, 255, 255, 255, 254,
                2, 0, 0, 0, 0, 0, 0, 0, 2, 0xc3, 0xa9,
                3, 0, 0, 0, 0, 0, 0, 0, 1, 9,
            ])
        #expect(RowCoding.encode([.uuid(1 << 120)]) == RowCoding.encode([.bytes([1] + Array(repeating: 0, count: 15))]))
    }

    @Test func differentRowsHaveDifferentForms() {
        let rows: [[SQLValue]] = [
            [.text("ab"), .text("c")], [.text("a"), .text("bc")], [.text("abc")], [.bytes(Array("abc".utf8))],
            [.null, .text("abc")], [.text("abc"), .null], [.integer(0)], [.null], [.text("")], [.bytes([])],
        ]
        #expect(Set(rows.map(RowCoding.encode)).count == rows.count)
    }

    @Test func whatIsCutOffOrUnknownIsRefused() {
        let whole = RowCoding.encode([.integer(5), .text("abc"), .bytes([1, 2])])
        let ends = [9, 9 + 12]
        for length in 1..<whole.count where !ends.contains(length) {
            #expect(throws: TransferError.malformedRow, "\(length)") { try RowCoding.decode(Array(whole[..<length])) }
        }
        let bad: [[UInt8]] = [
            [4], [255], [2] + Array(repeating: 255, count: 8), [3, 127] + Array(repeating: 255, count: 7),
            [2, 0, 0, 0, 0, 0, 0, 0, 1, 0xff],
        ]
        for bytes in bad {
            #expect(throws: TransferError.malformedRow) { try RowCoding.decode(bytes) }
        }
    }
}
