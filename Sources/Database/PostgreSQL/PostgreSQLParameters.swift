import CPostgreSQL

/// The values of one statement, laid out as libpq wants them: binary, each with its type.
///
/// The memory is used again for the next statement.
struct PostgreSQLParameters {
    /// One for each value; 0, which leaves it to the server, for NULL.
    private(set) var types: [Oid] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    /// Where in `bytes` each value begins; nil for NULL.
    private var offsets: [Int?] = []
    /// Never empty, so that an empty value has an address: libpq takes a null pointer for NULL.
    private var bytes: [UInt8] = [0]

    /// The protocol counts parameters with 16 bits.
    private static let most = 65_535
    /// PostgreSQL keeps no value of more than a gigabyte.
    private static let mostBytes = 1 << 30
    /// More memory than this is not kept for the next statement.
    private static let keptBytes = 1 << 20

    var count: Int { types.count }

    /// - Throws: `.constraint` for text with a NUL character, which PostgreSQL cannot store; `.other` for too many values.
    mutating func fill(with values: [SQLValue]) throws(DatabaseError) {
        clear()
        guard values.count <= Self.most else {
            throw .other(code: 0, message: "more than \(Self.most) values in a statement")
        }
        for value in values {
            switch value {
            case .null:
                add(nil, type: 0)
            case .integer(let integer):
                let start = bytes.count
                unsafe Swift.withUnsafeBytes(of: integer.bigEndian) { unsafe bytes.append(contentsOf: $0) }
                add(start, type: PostgreSQLType.bigint.rawValue)
            case .uuid(let identifier):
                let start = bytes.count
                unsafe Swift.withUnsafeBytes(of: identifier.bigEndian) { unsafe bytes.append(contentsOf: $0) }
                add(start, type: PostgreSQLType.bytea.rawValue)
            case .bytes(let content):
                let start = bytes.count
                bytes.append(contentsOf: content)
                add(start, type: PostgreSQLType.bytea.rawValue)
            case .text(let text):
                let start = bytes.count
                bytes.append(contentsOf: text.utf8)
                guard !bytes[start...].contains(0) else {
                    clear()
                    throw .constraint(kind: .check, detail: "text with a NUL character cannot be stored")
                }
                add(start, type: PostgreSQLType.text.rawValue)
            }
            guard bytes.count <= Self.mostBytes else {
                clear()
                throw .full
            }
        }
    }

    mutating func clear() {
        types.removeAll(keepingCapacity: true)
        lengths.removeAll(keepingCapacity: true)
        formats.removeAll(keepingCapacity: true)
        offsets.removeAll(keepingCapacity: true)
        if bytes.capacity > Self.keptBytes { bytes = [0] } else { bytes.removeLast(bytes.count - 1) }
    }

    private mutating func add(_ start: Int?, type: Oid) {
        types.append(type)
        lengths.append(start.map { Int32(clamping: bytes.count - $0) } ?? 0)
        formats.append(1)
        offsets.append(start)
    }

    /// Lends the values: their number, where they are, how long each is, and that each is binary.
    func withPointers<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        unsafe bytes.withUnsafeBytes { memory in
            let start = unsafe memory.baseAddress?.assumingMemoryBound(to: CChar.self)
            let places = unsafe offsets.map { offset in unsafe offset.flatMap { unsafe start?.advanced(by: $0) } }
            return unsafe places.withUnsafeBufferPointer { places in
                unsafe lengths.withUnsafeBufferPointer { lengths in
                    unsafe formats.withUnsafeBufferPointer { formats in
                        unsafe body(
                            Int32(clamping: types.count), places.baseAddress, lengths.baseAddress, formats.baseAddress)
                    }
                }
            }
        }
    }
}
