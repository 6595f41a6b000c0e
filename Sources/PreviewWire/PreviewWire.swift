/// What is asked of the preview program; its first argument.
public enum PreviewKind: String, Sendable, CaseIterable {
    /// A picture of at most 512 pixels on its longer side.
    case image
    /// The first page of a PDF, 800 pixels on its longer side.
    case pdf
    /// A square of 256 pixels, cut from the middle.
    case avatar
}

/// How the preview program ends.
public enum PreviewExit: Int32, Sendable {
    /// A picture is on its standard output: width and height as four bytes each, most significant first, then JPEG.
    case made = 0
    /// The content cannot be shown: broken, encrypted, or of no kind that is opened.
    case unreadable = 3
    /// More pixels than are ever decoded.
    case tooLarge = 4
    /// The program could not confine itself, or was called wrongly; nothing was read.
    case unfit = 5
}

/// What both sides hold to.
public enum PreviewLimits {
    /// Pixels of a picture that are ever decoded.
    public static let pixels = 100_000_000
    /// Pixels of one side.
    public static let side = 30_000
    /// Bytes of a preview, header included; a larger answer is none.
    public static let answer = 2 << 20
    /// Bytes of address space beside those of the content.
    public static let memory = 1 << 30
    /// Seconds of processor time.
    public static let processorSeconds = 10
    /// Seconds in all, after which the program is killed.
    public static let wallSeconds = 20
    /// Bytes of width and height before the JPEG.
    public static let header = 8
}
