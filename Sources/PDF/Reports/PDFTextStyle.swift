/// How a text looks.
public struct PDFTextStyle: Sendable, Hashable {
    public enum Alignment: Sendable, Hashable { case left, right, centre }

    /// In points.
    public var size: Double
    public var isBold: Bool
    /// All letters as wide as each other: for keys and hashes.
    public var isFixed: Bool
    /// 0 black … 1 white.
    public var gray: Double
    public var alignment: Alignment
    /// Lines after which a text ends with an ellipsis; nil for no limit.
    public var mostLines: Int?

    public init(
        size: Double = 9, isBold: Bool = false, isFixed: Bool = false, gray: Double = 0,
        alignment: Alignment = .left, mostLines: Int? = nil
    ) {
        self.size = size
        self.isBold = isBold
        self.isFixed = isFixed
        self.gray = gray
        self.alignment = alignment
        self.mostLines = mostLines
    }
}
