import CPango

/// Pages being drawn, with cairo and Pango. Lengths are points from the upper left corner. Used by one thread at a time.
@safe final class PageCanvas {
    private let document: OpaquePointer

    /// - Throws: `PDFError.failed` without memory.
    init(width: Double, height: Double) throws(PDFError) {
        guard let document = unsafe cpango_open(width, height) else { throw .failed(code: 0) }
        unsafe self.document = document
    }

    deinit { unsafe cpango_close(document) }

    /// - Parameter created: ISO 8601.
    func describe(title: String, author: String, created: String) {
        unsafe cpango_describe(document, title, author, created)
    }

    func height(of text: String, _ style: PDFTextStyle, width: Double) -> Double {
        unsafe withText(text, style, width) { text in unsafe cpango_height(document, text) }
    }

    func draw(_ text: String, _ style: PDFTextStyle, x: Double, y: Double, width: Double) {
        unsafe withText(text, style, width) { text in unsafe cpango_draw(document, text, x, y) }
    }

    func rule(fromX x: Double, toX end: Double, y: Double, width: Double = 0.5, gray: Double = 0.6) {
        unsafe cpango_rule(document, x, y, end, y, width, gray)
    }

    func fill(x: Double, y: Double, width: Double, height: Double, gray: Double) {
        unsafe cpango_fill(document, x, y, width, height, gray)
    }

    func nextPage() { unsafe cpango_next_page(document) }

    /// - Throws: `PDFError.failed`.
    func finish() throws(PDFError) {
        let status = unsafe cpango_finish(document)
        guard status == 0 else { throw .failed(code: status) }
    }

    /// What was written since the last call.
    /// - Throws: `PDFError.failed` when something has gone wrong meanwhile.
    func take() throws(PDFError) -> [UInt8] {
        let status = unsafe cpango_status(document)
        guard status == 0 else { throw .failed(code: status) }
        var count = 0
        guard let bytes = unsafe cpango_take(document, &count), count > 0 else { return [] }
        return unsafe Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    private func withText<Result>(
        _ text: String, _ style: PDFTextStyle, _ width: Double, _ body: (UnsafePointer<cpango_text>) -> Result
    ) -> Result {
        var text = text
        return text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { characters in
                var request = unsafe cpango_text(
                    utf8: characters.baseAddress, count: characters.count, size: style.size,
                    is_bold: style.isBold ? 1 : 0, is_fixed: style.isFixed ? 1 : 0, gray: style.gray, width: width,
                    alignment: style.alignment.code, lines: Int32(clamping: style.mostLines ?? 0))
                return unsafe body(&request)
            }
        }
    }
}

extension PDFTextStyle.Alignment {
    fileprivate var code: Int32 {
        switch self {
        case .left: 0
        case .right: 1
        case .centre: 2
        }
    }
}
