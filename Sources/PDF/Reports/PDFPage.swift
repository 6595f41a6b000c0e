/// A sheet and its margins, in points.
public struct PDFPage: Sendable, Hashable {
    public let width: Double
    public let height: Double
    public let margin: Double

    public init(width: Double, height: Double, margin: Double = 36) {
        self.width = width
        self.height = height
        self.margin = margin
    }

    /// ISO 216, 210 × 297 mm.
    public static let a4 = PDFPage(width: 595.28, height: 841.89)
    public static let a4Landscape = PDFPage(width: 841.89, height: 595.28)

    /// Between the margins.
    public var usableWidth: Double { width - 2 * margin }
}
