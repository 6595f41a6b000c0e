import CPostgreSQL
import Glibc

/// Owns one `PGconn *`; finishes it exactly once.
///
/// The connection is kept in libpq's pipeline mode, where commands that need no answer of their own travel with the next
/// one that does (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html).
@safe final class PostgreSQLHandle {
    private let pointer: OpaquePointer
    /// Milliseconds without a byte from the server after which it counts as lost.
    private let patience: Int
    /// Whether to wait for the server however long it takes.
    var isPatient = false

    /// Connects, which may block for as long as the settings allow.
    init(_ settings: PostgreSQLSettings) throws(ConnectRefusal) {
        let keywords = settings.connectionParameters
        let raw = unsafe CStringArray(keywords.map(\.name)).withPointers { names in
            unsafe CStringArray(keywords.map(\.value)).withPointers { values in
                // 1: the value of `dbname` is a whole address.
                unsafe PQconnectdbParams(names, values, 1)
            }
        }
        guard let raw = unsafe raw else { throw ConnectRefusal(error: .overloaded, serverIsFull: false) }
        unsafe pointer = raw
        patience = settings.patience
        // Notices would be printed on standard error, with values in them.
        unsafe PQsetNoticeReceiver(raw, { _, _ in }, nil)
        if isBroken {
            let words = errorMessage
            // Once more for the server's own code, which libpq shows in this form only: the words may be translated.
            if ConnectFailure.isFromServer(words) {
                unsafe PQsetErrorVerbosity(raw, PQERRORS_SQLSTATE)
                unsafe PQreset(raw)
                unsafe PQsetErrorVerbosity(raw, PQERRORS_DEFAULT)
            }
            if isBroken {
                throw ConnectFailure(words: words, codes: errorMessage, place: place).refusal
            }
        }
        guard unsafe PQenterPipelineMode(raw) == 1 else { throw ConnectRefusal(error: lost, serverIsFull: false) }
    }

    deinit {
        unsafe PQfinish(pointer)
    }

    /// Who is asked for what, for the words of a refusal; never the password.
    private var place: ConnectFailure.Place {
        func text(_ characters: UnsafePointer<CChar>?) -> String {
            unsafe characters.map { unsafe String(cString: $0) } ?? ""
        }
        return ConnectFailure.Place(
            host: unsafe text(PQhost(pointer)), port: unsafe text(PQport(pointer)),
            database: unsafe text(PQdb(pointer)), user: unsafe text(PQuser(pointer)))
    }

    /// Whether the connection is gone for good.
    var isBroken: Bool { unsafe PQstatus(pointer) != CONNECTION_OK }

    /// What is thrown when it is gone.
    var lost: DatabaseError { ConnectFailure.lost(place) }

    var errorMessage: String { unsafe PQerrorMessage(pointer).map { unsafe String(cString: $0) } ?? "" }

    /// Where the open transaction stands, as the latest answer of the server had it.
    enum TransactionState {
        case none, open
        /// A statement failed: the server refuses every further one until the transaction is rolled back.
        case failed
        case unknown
    }

    var transactionState: TransactionState {
        switch unsafe PQtransactionStatus(pointer) {
        case PQTRANS_IDLE: .none
        case PQTRANS_INTRANS, PQTRANS_ACTIVE: .open
        case PQTRANS_INERROR: .failed
        default: .unknown
        }
    }
}

/// Sending; each returns whether libpq took it.
extension PostgreSQLHandle {
    func send(_ text: String, _ parameters: PostgreSQLParameters) -> Bool {
        unsafe parameters.withPointers { count, places, lengths, formats in
            unsafe parameters.types.withUnsafeBufferPointer { types in
                unsafe PQsendQueryParams(pointer, text, count, types.baseAddress, places, lengths, formats, 1) == 1
            }
        }
    }

    /// A command without values.
    func send(_ text: String) -> Bool {
        unsafe PQsendQueryParams(pointer, text, 0, nil, nil, nil, nil, 1) == 1
    }

    func sendPreparing(_ name: String, _ text: String, types: [UInt32]) -> Bool {
        unsafe types.withUnsafeBufferPointer { types in
            unsafe PQsendPrepare(pointer, name, text, Int32(clamping: types.count), types.baseAddress) == 1
        }
    }

    func sendPrepared(_ name: String, _ parameters: PostgreSQLParameters) -> Bool {
        unsafe parameters.withPointers { count, places, lengths, formats in
            unsafe PQsendQueryPrepared(pointer, name, count, places, lengths, formats, 1) == 1
        }
    }

    /// Ends the pipeline: the server answers all of it now.
    func endPipeline() -> Bool { unsafe PQpipelineSync(pointer) == 1 }
}

/// Receiving.
extension PostgreSQLHandle {
    /// Has the rows of the command whose answer comes next handed out one by one.
    func wantRowByRow() { unsafe PQsetSingleRowMode(pointer) }

    /// The next result; nil between the results of two commands, and when the connection is lost.
    func nextResult() -> PostgreSQLResult? {
        while unsafe PQisBusy(pointer) == 1 {
            var descriptor = unsafe pollfd(fd: PQsocket(pointer), events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&descriptor, 1, isPatient ? -1 : Int32(clamping: patience))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0, unsafe PQconsumeInput(pointer) == 1 else {
                giveUp()
                break
            }
        }
        return unsafe PostgreSQLResult(PQgetResult(pointer))
    }

    /// A server that says nothing any more is treated as one that is gone.
    private func giveUp() {
        unsafe shutdown(PQsocket(pointer), Int32(SHUT_RDWR))
    }

    /// Runs several statements in one go, outside the pipeline.
    func runScript(_ text: String) -> PostgreSQLResult? {
        guard unsafe PQexitPipelineMode(pointer) == 1 else { return nil }
        let result = unsafe PostgreSQLResult(PQexec(pointer, text))
        guard unsafe PQenterPipelineMode(pointer) == 1 else { return nil }
        return result
    }
}

/// Strings as C wants a list of them: pointers, and a null pointer after the last.
@safe struct CStringArray: ~Copyable {
    private let pointers: UnsafeMutableBufferPointer<UnsafePointer<CChar>?>

    init(_ strings: [String]) {
        unsafe pointers = .allocate(capacity: strings.count + 1)
        unsafe pointers.initialize(repeating: nil)
        for (index, string) in strings.enumerated() { unsafe pointers[index] = UnsafePointer(strdup(string)) }
    }

    deinit {
        for index in unsafe pointers.indices { unsafe free(UnsafeMutableRawPointer(mutating: pointers[index])) }
        unsafe pointers.deallocate()
    }

    borrowing func withPointers<Result>(_ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result) -> Result {
        unsafe body(UnsafePointer(pointers.baseAddress))
    }
}
