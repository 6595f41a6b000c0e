import Crypto
import Database

/// Why a command ends without doing what was asked; each carries one line for the operator.
enum ProgramError: Error, Equatable {
    /// The command line cannot be understood; the words name the command whose help explains it.
    case usage(String, [String])
    /// A setting is wrong or missing.
    case setting(String)
    /// Going on would do harm: other keys, data without keys, a second server.
    case refused(String)
    /// It was tried and did not work.
    case failed(String)

    /// One line, without the program's name.
    var message: String {
        switch self {
        case .usage(let text, let path):
            "\(text) (see `\((["cloudspace"] + path + ["--help"]).joined(separator: " "))`)"
        case .setting(let text), .refused(let text), .failed(let text): text
        }
    }

    var exitStatus: Int32 {
        switch self {
        case .usage, .setting, .refused: 2
        case .failed: 1
        }
    }
}
