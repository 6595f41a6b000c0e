import Glibc

/// Calls that the C library has but shows only to programs that ask for GNU extensions, which Swift's import does not. They
/// are looked up by name once.
enum LinuxCalls {
    private typealias MemoryFileMaker = @convention(c) (UnsafePointer<CChar>?, UInt32) -> Int32
    private typealias PipeMaker = @convention(c) (UnsafeMutablePointer<Int32>?, Int32) -> Int32

    private static let memoryFileMaker =
        unsafe dlsym(nil, "memfd_create").map { unsafe unsafeBitCast($0, to: MemoryFileMaker.self) }
    private static let pipeMaker = unsafe dlsym(nil, "pipe2").map { unsafe unsafeBitCast($0, to: PipeMaker.self) }

    /// memfd_create(2): a file in memory without a name, closed to other programs, that can be sealed.
    /// - Returns: its descriptor, or -1.
    static func makeMemoryFile() -> Int32 {
        guard let maker = unsafe memoryFileMaker else { return -1 }
        return unsafe maker("content", 0x1 | 0x2 /* MFD_CLOEXEC | MFD_ALLOW_SEALING */)
    }

    /// pipe2(2), both ends closed to other programs.
    static func makePipe() -> (reading: Int32, writing: Int32)? {
        guard let maker = unsafe pipeMaker else { return nil }
        var ends: [Int32] = [-1, -1]
        guard unsafe maker(&ends, O_CLOEXEC) == 0 else { return nil }
        return (ends[0], ends[1])
    }
}
