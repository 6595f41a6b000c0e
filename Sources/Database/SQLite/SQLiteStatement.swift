import CSQLite
import Glibc

/// Owns one prepared statement and the memory its values are bound from.
///
/// Values are copied into one buffer that lives as long as the statement and are bound in place, so
/// that SQLite need not allocate for each of them. Every parameter is bound again before each run.
@safe final class SQLiteStatement {
    private let pointer: OpaquePointer
    private let parameterCount: Int
    private var buffer: UnsafeMutableRawBufferPointer

    /// Whether it changes nothing, so that it may be left before its last row.
    let isReadOnly: Bool

    /// Whether it is a CREATE, ALTER or DROP.
    let changesSchema: Bool

    /// True while its rows are being read: a second use of the same text needs a statement of its own.
    var isInUse = false

    /// Larger values are copied by SQLite instead, so that the buffer stays small.
    private static let largestInBuffer = 64 * 1024

    /// Compiles `text`, which must hold exactly one statement.
    init(_ text: String, on handle: SQLiteHandle) throws(DatabaseError) {
        var raw: OpaquePointer?
        var isAlone = true
        var copy = text
        let code = unsafe handle.withPointer { connection in
            copy.withUTF8 { bytes in
                unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                    var tail: UnsafePointer<CChar>?
                    let code = unsafe sqlite3_prepare_v3(
                        connection, characters.baseAddress, Int32(clamping: characters.count),
                        UInt32(SQLITE_PREPARE_PERSISTENT), &raw, &tail)
                    if let tail = unsafe tail, let start = characters.baseAddress {
                        isAlone = unsafe characters[(tail - start)...].allSatisfy { $0 == 0x20 || $0 == 0x0a }
                    }
                    return code
                }
            }
        }
        guard code == SQLITE_OK else { throw handle.failure(code, sql: text) }
        guard let raw = unsafe raw, isAlone else {
            unsafe sqlite3_finalize(raw)
            throw .other(code: SQLITE_MISUSE, message: "exactly one statement is wanted in: \(text)")
        }
        unsafe pointer = raw
        parameterCount = unsafe Int(sqlite3_bind_parameter_count(raw))
        isReadOnly = unsafe sqlite3_stmt_readonly(raw) != 0
        let verb = text.drop { $0 == " " || $0 == "\n" }.prefix { $0.isLetter }.uppercased()
        changesSchema = ["CREATE", "ALTER", "DROP"].contains(verb)
        unsafe buffer = .allocate(byteCount: 256, alignment: 16)
    }

    deinit {
        unsafe sqlite3_finalize(pointer)
        unsafe buffer.deallocate()
    }

    /// Takes one step.
    /// - Returns: `SQLITE_ROW`, `SQLITE_DONE` or an extended error code.
    func step() -> Int32 { unsafe sqlite3_step(pointer) }

    /// Makes it ready for its next run.
    /// - Returns: the code with which the finished run failed, or `SQLITE_OK`.
    @discardableResult
    func reset() -> Int32 { unsafe sqlite3_reset(pointer) }

    /// Binds `values` to the parameters, in order.
    /// - Returns: `SQLITE_OK` or an error code; `SQLITE_RANGE` if their number is not that of the parameters.
    func bind(_ values: [SQLValue]) -> Int32 {
        guard values.count == parameterCount else { return SQLITE_RANGE }
        reserve(for: values)
        var used = 0
        for index in values.indices {
            let code = bind(values[index], at: Int32(index + 1), &used)
            guard code == SQLITE_OK else { return code }
        }
        return SQLITE_OK
    }

    private func reserve(for values: [SQLValue]) {
        var needed = 1
        for value in values {
            switch value {
            case .text(let text): needed += text.utf8.count <= Self.largestInBuffer ? text.utf8.count : 0
            case .bytes(let bytes): needed += bytes.count <= Self.largestInBuffer ? bytes.count : 0
            case .uuid: needed += 16
            case .null, .integer: break
            }
        }
        guard unsafe needed > buffer.count else { return }
        unsafe buffer.deallocate()
        unsafe buffer = .allocate(byteCount: max(needed, 2 * buffer.count), alignment: 16)
    }

    private func bind(_ value: SQLValue, at index: Int32, _ used: inout Int) -> Int32 {
        switch value {
        case .null:
            return unsafe sqlite3_bind_null(pointer, index)
        case .integer(let integer):
            return unsafe sqlite3_bind_int64(pointer, index, integer)
        case .uuid(let identifier):
            let place = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[used..<used + 16])
            unsafe place.storeBytes(of: identifier.bigEndian, as: UInt128.self)
            used += 16
            return unsafe sqlite3_bind_blob(pointer, index, place.baseAddress, 16, nil)
        case .bytes(let bytes):
            return unsafe bytes.withUnsafeBytes { source in
                if source.count > Self.largestInBuffer {
                    return unsafe sqlite3_bind_blob64(
                        pointer, index, source.baseAddress, UInt64(source.count), Self.copied)
                }
                let place = unsafe keep(source, &used)
                return unsafe sqlite3_bind_blob(pointer, index, place, Int32(source.count), nil)
            }
        case .text(var text):
            return text.withUTF8 { characters in
                let source = UnsafeRawBufferPointer(characters)
                if source.count > Self.largestInBuffer {
                    return unsafe sqlite3_bind_text64(
                        pointer, index, source.baseAddress?.assumingMemoryBound(to: CChar.self),
                        UInt64(source.count), Self.copied, UInt8(SQLITE_UTF8))
                }
                let place = unsafe keep(source, &used).assumingMemoryBound(to: CChar.self)
                return unsafe sqlite3_bind_text(pointer, index, place, Int32(source.count), nil)
            }
        }
    }

    /// Copies `source` into the buffer; never nil, since SQLite takes a null pointer for NULL.
    private func keep(_ source: UnsafeRawBufferPointer, _ used: inout Int) -> UnsafeRawPointer {
        let place = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[used...])
        unsafe place.copyMemory(from: source)
        used += source.count
        return unsafe UnsafeRawPointer(place.baseAddress ?? buffer.baseAddress ?? UnsafeMutableRawPointer(pointer))
    }

    /// `SQLITE_TRANSIENT`: SQLite copies the value before the call returns.
    private static var copied: sqlite3_destructor_type {
        unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    }
}

extension SQLiteStatement: RowColumns {
    func isNull(_ column: Int) -> Bool {
        unsafe sqlite3_column_type(pointer, Int32(truncatingIfNeeded: column)) == SQLITE_NULL
    }

    func integer(_ column: Int) -> Int64 {
        unsafe sqlite3_column_int64(pointer, Int32(truncatingIfNeeded: column))
    }

    func text(_ column: Int) -> String {
        let column = Int32(truncatingIfNeeded: column)
        guard let start = unsafe sqlite3_column_text(pointer, column) else { return "" }
        let count = unsafe Int(sqlite3_column_bytes(pointer, column))
        return unsafe String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func bytes(_ column: Int) -> [UInt8] {
        unsafe Array(blob(column))
    }

    func uuid(_ column: Int) -> UInt128 {
        let bytes = unsafe blob(column)
        guard bytes.count == 16 else { return 0 }
        return unsafe UInt128(bigEndian: bytes.loadUnaligned(as: UInt128.self))
    }

    private func blob(_ column: Int) -> UnsafeRawBufferPointer {
        let column = Int32(truncatingIfNeeded: column)
        let start = unsafe sqlite3_column_blob(pointer, column)
        return unsafe UnsafeRawBufferPointer(
            start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(pointer, column)))
    }
}
