import Crypto
import Synchronization

/// A document of paragraphs and tables that flow over pages, each page with a line at its foot; made piece by piece, in
/// memory bounded by what was added since the last piece.
///
/// Drawing happens on one thread of its own for all documents. Used by one task at a time.
public final class PDFReport: Sendable {
    /// What the document says about itself, beside its pages.
    public struct Description: Sendable {
        public var title: String
        public var author: String
        /// ISO 8601.
        public var created: String

        public init(title: String, author: String, created: String) {
            self.title = title
            self.author = author
            self.created = created
        }
    }

    private static let thread = WorkerPool(threads: 1, queueLimit: 64)

    private let painter: Mutex<ReportPainter>

    /// - Parameter foot: the line below a page, by its number from 1.
    /// - Throws: `PDFError`.
    public init(
        _ page: PDFPage, _ description: Description, foot: @escaping @Sendable (Int) -> String
    ) throws {
        painter = Mutex(try ReportPainter(page, description, foot: foot))
    }

    /// Adds a paragraph, on the next page when it does not fit on this one.
    public func paragraph(_ text: String, _ style: PDFTextStyle = PDFTextStyle(), spaceAfter: Double = 4) async throws {
        try await draw { $0.paragraph(text, style, spaceAfter: spaceAfter) }
    }

    /// Begins a table: its head stands here and again on every page that its rows come to.
    public func table(_ table: PDFTable) async throws { try await draw { $0.begin(table) } }

    /// Adds rows to the table that was begun. Cells beyond its columns are left out.
    /// - Returns: what of the document is ready to be sent; often nothing yet.
    public func rows(_ rows: [[String]]) async throws -> [UInt8] {
        try await draw { painter in
            for row in rows { painter.add(row) }
            return try painter.canvas.take()
        }
    }

    /// Ends the document.
    /// - Returns: the rest of it.
    public func finish() async throws -> [UInt8] { try await draw { try $0.finish() } }

    private func draw<Result: Sendable>(
        _ body: @escaping @Sendable (ReportPainter) throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Result, any Error>) in
            let isQueued = Self.thread.submit { [self] in
                continuation.resume(with: Swift.Result { try painter.withLock { try body($0) } })
            }
            if !isQueued { continuation.resume(throwing: PDFError.busy) }
        }
    }
}
