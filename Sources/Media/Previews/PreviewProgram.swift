import Crypto
public import PreviewWire

/// A picture that the preview program made.
public struct PreviewPicture: Sendable, Equatable {
    /// Pixels.
    public let width: Int
    public let height: Int
    public let jpeg: [UInt8]
}

/// What came of one content.
public enum PreviewOutcome: Sendable, Equatable {
    case made(PreviewPicture)
    /// The content itself is why: trying again gives the same.
    case refused(PreviewRefusal)
    /// The program could not do its work; another time it may.
    case failed
}

/// Why a content has no preview.
public enum PreviewRefusal: Sendable, Equatable {
    /// Broken, encrypted, or of no kind that is opened.
    case unreadable
    /// More pixels than are ever decoded.
    case tooLarge
    /// Met a bound of memory or time, or crashed what read it.
    case outOfBounds
}

/// The program that makes previews: `cloudspace-preview`, one confined process for each content
/// (docs/decisions/0026-previews-in-a-sandbox.md).
public final class PreviewProgram: Sendable {
    public static let name = "cloudspace-preview"

    public let path: String
    /// Processes at once.
    public let workers: Int
    private let pool: WorkerPool

    /// - Returns: nil when there is no program at `path`.
    public init?(path: String, workers: Int = 1) {
        guard OwnPlace.isProgram(path) else { return nil }
        self.path = path
        self.workers = max(1, workers)
        pool = WorkerPool(threads: self.workers, queueLimit: 64)
    }

    /// Where the program stands beside the running one; nil when it does not.
    public static func besideThisOne() -> String? { OwnPlace.program(name) }

    /// Makes one preview. Waits while all workers are busy.
    /// - Parameter content: all of it; it cannot be written to afterwards.
    public func make(_ kind: PreviewKind, of content: MemoryFile) async -> PreviewOutcome {
        let run = ConfinedProcess(
            path: path, arguments: [kind.rawValue], limit: PreviewLimits.answer,
            milliseconds: Int64(PreviewLimits.wallSeconds) * 1_000)
        return await withCheckedContinuation { continuation in
            let isQueued = pool.submit {
                let (ending, answer) = run.run(on: content)
                continuation.resume(returning: Self.outcome(ending, answer))
            }
            if !isQueued { continuation.resume(returning: .failed) }
        }
    }

    /// What an intruder in the confined program could do: a line for each attempt; nil when it does not run here.
    public func selfTest() async -> String? {
        guard let nothing = MemoryFile() else { return nil }
        let run = ConfinedProcess(path: path, arguments: ["self-test"], limit: 4_096, milliseconds: 20_000)
        return await withCheckedContinuation { continuation in
            let isQueued = pool.submit {
                let (ending, answer) = run.run(on: nothing)
                let isMade = ending == .exited(PreviewExit.made.rawValue)
                continuation.resume(returning: isMade ? String(decoding: answer, as: UTF8.self) : nil)
            }
            if !isQueued { continuation.resume(returning: nil) }
        }
    }

    private static func outcome(_ ending: ConfinedProcess.Ending, _ answer: [UInt8]) -> PreviewOutcome {
        switch ending {
        case .notStarted: return .failed
        case .died, .stopped: return .refused(.outOfBounds)
        case .exited(let code):
            switch PreviewExit(rawValue: code) {
            case .made: return picture(answer).map(PreviewOutcome.made) ?? .refused(.outOfBounds)
            case .unreadable: return .refused(.unreadable)
            case .tooLarge: return .refused(.tooLarge)
            // 127 comes from the system when a library is missing.
            case .unfit, .none: return .failed
            }
        }
    }

    /// What comes from the confined program is believed as little as what went in.
    private static func picture(_ answer: [UInt8]) -> PreviewPicture? {
        guard answer.count > PreviewLimits.header + 4 else { return nil }
        func number(_ start: Int) -> Int { answer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (width, height) = (number(0), number(4))
        let jpeg = Array(answer.dropFirst(PreviewLimits.header))
        guard (1...4_096).contains(width), (1...4_096).contains(height), jpeg.starts(with: [0xFF, 0xD8, 0xFF]) else {
            return nil
        }
        return PreviewPicture(width: width, height: height, jpeg: jpeg)
    }
}
