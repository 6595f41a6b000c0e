/// Why a document could not be made.
public enum PDFError: Error, Equatable, Sendable {
    /// The library could not be started, or ran out of memory; its own code where it gave one.
    case failed(code: Int32)
    /// As many drawings wait as may.
    case busy
}

extension PDFError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .failed(let code): "the PDF library failed with code \(code)"
        case .busy: "too many PDF documents are being drawn"
        }
    }
}
