/// The row a statement stands on. Values come in the server's binary form, most significant byte first
/// (PostgreSQL's `src/backend/utils/adt`, the `…send` functions).
final class PostgreSQLRow: RowColumns {
    private var result: PostgreSQLResult
    private var index = 0

    init(_ result: PostgreSQLResult) {
        self.result = result
    }

    func stand(on row: Int, of result: PostgreSQLResult) {
        self.result = result
        index = row
    }

    func isNull(_ column: Int) -> Bool { result.isNull(row: index, column: column) }

    /// Also of types that stand where an integer is promised: truth values, and the numeric or floating sums of integers.
    func integer(_ column: Int) -> Int64 {
        let type = PostgreSQLType(rawValue: result.type(ofColumn: column))
        return unsafe result.withValue(row: index, column: column) { bytes in
            switch type {
            case .bigint, .integer, .smallint, .oid: unsafe Self.bigEndian(bytes)
            case .bool: unsafe bytes.first == 1 ? 1 : 0
            case .numeric: unsafe Self.numeric(bytes)
            case .double: unsafe Self.whole(Double(bitPattern: UInt64(bitPattern: Self.bigEndian(bytes))))
            case .real: unsafe Self.whole(Double(Float(bitPattern: UInt32(truncatingIfNeeded: Self.bigEndian(bytes)))))
            case .text, .varchar, .name, .char, .blankPadded, .unknown:
                unsafe Int64(String(decoding: bytes, as: UTF8.self)) ?? 0
            case .bytea, .uuid, nil: 0
            }
        }
    }

    func text(_ column: Int) -> String {
        let type = PostgreSQLType(rawValue: result.type(ofColumn: column))
        switch type {
        case .bigint, .integer, .smallint, .oid, .bool, .numeric, .double, .real:
            return String(integer(column))
        case .text, .varchar, .name, .char, .blankPadded, .unknown, .bytea, .uuid, nil:
            return unsafe result.withValue(row: index, column: column) { unsafe String(decoding: $0, as: UTF8.self) }
        }
    }

    func bytes(_ column: Int) -> [UInt8] {
        unsafe result.withValue(row: index, column: column) { unsafe Array($0) }
    }

    func uuid(_ column: Int) -> UInt128 {
        unsafe result.withValue(row: index, column: column) { bytes in
            guard bytes.count == 16 else { return 0 }
            return unsafe UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self))
        }
    }
}

/// Numbers out of bytes.
extension PostgreSQLRow {
    /// A signed number of up to eight bytes.
    private static func bigEndian(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        guard let first = unsafe bytes.first, bytes.count <= 8 else { return 0 }
        var value: Int64 = first & 0x80 == 0 ? 0 : -1
        for index in bytes.indices { value = unsafe value << 8 | Int64(bytes[index]) }
        return value
    }

    /// The number without its fraction; the nearest end of the range when it lies outside.
    private static func whole(_ value: Double) -> Int64 {
        Int64(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }

    /// The form of `numeric_send`: the number of digits, the weight of the first, sign and scale, two bytes each, then the
    /// digits, each 0…9999. Without the fraction; the nearest end of the range when it lies outside.
    private static func numeric(_ bytes: UnsafeRawBufferPointer) -> Int64 {
        func word(_ index: Int) -> Int64 {
            guard 2 * index + 1 < bytes.count else { return 0 }
            return unsafe Int64(bytes[2 * index]) << 8 | Int64(bytes[2 * index + 1])
        }
        let count = word(0)
        let weight = Int64(Int16(truncatingIfNeeded: word(1)))
        let isNegative = word(2) == 0x4000
        guard word(2) & 0xC000 != 0xC000, weight >= 0 else { return 0 }
        let end: Int64 = isNegative ? .min : .max
        // 10 000 to the power of 4 is the greatest that fits 64 bits.
        guard weight <= 4 else { return end }
        var value: Int64 = 0
        for index in 0...Int(weight) {
            let digit = index < count ? word(4 + index) : 0
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10_000)
            let (sum, tooFar) = product.addingReportingOverflow(isNegative ? -digit : digit)
            guard !tooLarge, !tooFar else { return end }
            value = sum
        }
        return value
    }
}

/// The types of the server that occur here, by their fixed numbers (PostgreSQL's `pg_type.dat`).
enum PostgreSQLType: UInt32 {
    case bool = 16
    case bytea = 17
    case char = 18
    case name = 19
    case bigint = 20
    case smallint = 21
    case integer = 23
    case text = 25
    case oid = 26
    case real = 700
    case double = 701
    case unknown = 705
    case blankPadded = 1042
    case varchar = 1043
    case numeric = 1700
    case uuid = 2950
}
