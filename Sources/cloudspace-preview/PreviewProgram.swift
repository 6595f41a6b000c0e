import PreviewWire

/// Makes one preview: the content comes as a file on standard input, the picture goes to standard output.
///
/// Everything that must be opened is opened first; then the process gives up all it does not need, and only then a byte of
/// the content is looked at (docs/decisions/0026-previews-in-a-sandbox.md).
enum PreviewProgram {
    /// - Returns: the exit status.
    static func run(_ arguments: [String]) -> Int32 { end(of: arguments).rawValue }

    private static func end(of arguments: [String]) -> PreviewExit {
        guard arguments.count == 2 else { return .unfit }
        guard Confinement.prepare(), let size = StandardInput.size, Confinement.limit(contentSize: size) else {
            return .unfit
        }
        guard PictureLibrary.start() else { return .unfit }
        if arguments[1] == "self-test" { return SelfTest.run() }
        guard let kind = PreviewKind(rawValue: arguments[1]) else { return .unfit }
        PictureLibrary.allow(kind)
        guard Confinement.enter(kind == .pdf ? .readsFonts : .opensNothing) else { return .unfit }
        guard size > 0 else { return .unreadable }
        guard let outcome = StandardInput.read(size, { PictureLibrary.preview(of: $0, kind) }) else {
            return .unreadable
        }
        switch outcome {
        case .picture(let width, let height, let jpeg):
            return StandardOutput.write(header(width, height) + jpeg) ? .made : .unreadable
        case .refused(let exit): return exit
        }
    }

    private static func header(_ width: Int, _ height: Int) -> [UInt8] {
        [width, height].flatMap { value in
            stride(from: 24, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
        }
    }
}
