/// The columns of a table; its rows come as they are made.
public struct PDFTable: Sendable {
    public struct Column: Sendable {
        public var title: String
        /// A share of the page's width, in the unit of the other columns.
        public var share: Double
        public var style: PDFTextStyle

        public init(_ title: String, share: Double, _ style: PDFTextStyle = PDFTextStyle(size: 7, mostLines: 12)) {
            self.title = title
            self.share = share
            self.style = style
        }
    }

    public var columns: [Column]

    public init(_ columns: [Column]) { self.columns = columns }
}
