/// Lets paragraphs and rows flow over pages.
final class ReportPainter {
    let canvas: PageCanvas
    private let page: PDFPage
    private let foot: @Sendable (Int) -> String
    private var number = 1
    /// Where the next thing begins.
    private var y: Double
    private var table: PDFTable?

    private static let footStyle = PDFTextStyle(size: 7, gray: 0.35, mostLines: 1)
    private static let padding = 2.5
    /// Kept free above the lower margin, for the foot.
    private static let footHeight = 14.0

    init(
        _ page: PDFPage, _ description: PDFReport.Description, foot: @escaping @Sendable (Int) -> String
    ) throws(PDFError) {
        self.page = page
        self.foot = foot
        y = page.margin
        canvas = try PageCanvas(width: page.width, height: page.height)
        canvas.describe(title: description.title, author: description.author, created: description.created)
    }

    private var bottom: Double { page.height - page.margin - Self.footHeight }

    func paragraph(_ text: String, _ style: PDFTextStyle, spaceAfter: Double) {
        let height = canvas.height(of: text, style, width: page.usableWidth)
        makeRoom(for: height)
        canvas.draw(text, style, x: page.margin, y: y, width: page.usableWidth)
        y += height + spaceAfter
    }

    func begin(_ table: PDFTable) {
        self.table = table
        // A head alone at the end of a page would be of no use.
        if y + 60 > bottom { turn() } else { drawHead() }
    }

    func add(_ row: [String]) {
        guard let table else { return }
        let cells = zip(table.columns, row)
        var height = 0.0
        for (column, cell) in cells {
            height = max(height, canvas.height(of: cell, column.style, width: width(of: column, in: table)))
        }
        height += 2 * Self.padding
        makeRoom(for: height)
        var x = page.margin
        for (column, cell) in cells {
            let width = width(of: column, in: table)
            canvas.draw(cell, column.style, x: x + Self.padding, y: y + Self.padding, width: width)
            x += width + 2 * Self.padding
        }
        y += height
        canvas.rule(fromX: page.margin, toX: page.width - page.margin, y: y, width: 0.25, gray: 0.75)
    }

    func finish() throws(PDFError) -> [UInt8] {
        drawFoot()
        try canvas.finish()
        return try canvas.take()
    }

    private func makeRoom(for height: Double) {
        // What is higher than a page stays where it is and is cut off by the sheet.
        if y + height > bottom, y > page.margin { turn() }
    }

    private func turn() {
        drawFoot()
        canvas.nextPage()
        number += 1
        y = page.margin
        drawHead()
    }

    private func drawHead() {
        guard let table else { return }
        var height = 0.0
        for column in table.columns {
            let style = headStyle(column)
            height = max(height, canvas.height(of: column.title, style, width: width(of: column, in: table)))
        }
        height += 2 * Self.padding
        canvas.fill(x: page.margin, y: y, width: page.usableWidth, height: height, gray: 0.9)
        var x = page.margin
        for column in table.columns {
            let width = width(of: column, in: table)
            canvas.draw(column.title, headStyle(column), x: x + Self.padding, y: y + Self.padding, width: width)
            x += width + 2 * Self.padding
        }
        y += height
    }

    private func headStyle(_ column: PDFTable.Column) -> PDFTextStyle {
        PDFTextStyle(size: column.style.size, isBold: true, alignment: column.style.alignment)
    }

    private func drawFoot() {
        canvas.draw(
            foot(number), Self.footStyle, x: page.margin, y: page.height - page.margin - 9, width: page.usableWidth)
    }

    /// Of the text in a column.
    private func width(of column: PDFTable.Column, in table: PDFTable) -> Double {
        let shares = table.columns.reduce(0) { $0 + $1.share }
        guard shares > 0 else { return 0 }
        return max(1, page.usableWidth * column.share / shares - 2 * Self.padding)
    }
}
