import Synchronization

/// What a disk holds, and what it would hold if the power went now.
///
/// It is told of every write and sync. After a loss of power each file has all that was synced, and of
/// what was written since any part: writes may be missing, and the last may be cut at a sector.
final class SimulatedDisk: Sendable {
    enum Failure: Sendable { case full, broken }

    /// Sendable because it is reached through the disk's lock only.
    fileprivate final class File: @unchecked Sendable {
        var synced: [UInt8] = []
        var exists = false
        var pending: [Change] = []
    }

    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncate(size: Int)
    }

    fileprivate struct State: Sendable {
        var files: [String: File] = [:]
        var failure: Failure?
        var writesUntilFailure = 0
        var syncs = 0
    }

    private let state = Mutex(State())

    /// Has every write and sync fail, after `writes` more that succeed; nil heals the disk.
    func fail(_ failure: Failure?, after writes: Int = 0) {
        state.withLock {
            $0.failure = failure
            $0.writesUntilFailure = writes
        }
    }

    /// How often anything was synced.
    var syncs: Int { state.withLock { $0.syncs } }

    /// Called before a change is made. Returns the failure to report instead.
    func willChange(_ name: String, _ change: Change) -> Failure? {
        state.withLock { state in
            if let failure = state.nextFailure() { return failure }
            state.file(name).pending.append(change)
            return nil
        }
    }

    func didDelete(_ name: String) {
        state.withLock { $0.files[name] = nil }
    }

    func willSync(_ name: String) -> Failure? {
        state.withLock { state in
            if let failure = state.nextFailure() { return failure }
            state.syncs += 1
            let file = state.file(name)
            for change in file.pending { Self.apply(change, to: &file.synced) }
            file.pending = []
            file.exists = true
            return nil
        }
    }

    /// The files as they would be found after a loss of power now.
    func contentsAfterPowerLoss(using generator: inout some RandomNumberGenerator) -> [String: [UInt8]] {
        state.withLock { state in
            var found: [String: [UInt8]] = [:]
            for (name, file) in state.files.sorted(by: { $0.key < $1.key }) where file.exists {
                found[name] = Self.remains(of: file, using: &generator)
            }
            return found
        }
    }

    private static func remains(of file: File, using generator: inout some RandomNumberGenerator) -> [UInt8] {
        var content = file.synced
        for change in file.pending where Bool.random(using: &generator) {
            if case .write(let offset, let bytes) = change, Int.random(in: 0..<4, using: &generator) == 0 {
                let kept = min(bytes.count, 512 * Int.random(in: 0...8, using: &generator))
                apply(.write(offset: offset, bytes: Array(bytes.prefix(kept))), to: &content)
            } else {
                apply(change, to: &content)
            }
        }
        return content
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .truncate(let size):
            if size < content.count { content.removeLast(content.count - size) }
        case .write(let offset, let bytes):
            if content.count < offset + bytes.count {
                content += [UInt8](repeating: 0, count: offset + bytes.count - content.count)
            }
            content.withUnsafeMutableBytes { place in
                bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: place[offset...]).copyMemory(from: $0) }
            }
        }
    }
}

extension SimulatedDisk.State {
    fileprivate mutating func file(_ name: String) -> SimulatedDisk.File {
        if let file = files[name] { return file }
        let file = SimulatedDisk.File()
        files[name] = file
        return file
    }

    fileprivate mutating func nextFailure() -> SimulatedDisk.Failure? {
        guard let failure else { return nil }
        guard writesUntilFailure > 0 else { return failure }
        writesUntilFailure -= 1
        return nil
    }
}

/// SplitMix64: a test prints its seed and can be run again with it.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
