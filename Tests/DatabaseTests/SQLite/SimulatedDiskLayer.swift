// swift-format-ignore-file: NeverForceUnwrap
// SQLite hands its file layers no null pointers; should it ever, a test stops.

import CSQLite
import Glibc

/// A SQLite file layer that works on the real file system and tells a `SimulatedDisk` of every change.
///
/// Registered under its own name; a database opened with that name runs on it. The layer, and with it
/// the disk, live until the process ends, since SQLite keeps pointers to them.
struct SimulatedDiskLayer {
    let name: String

    init(_ disk: SimulatedDisk) {
        let system = sqlite3_vfs_find(nil)!
        let layer = UnsafeMutablePointer<Layer>.allocate(capacity: 1)
        let name = "simulated-\(UInt(bitPattern: layer))"
        self.name = name

        // All but opening is the system's: its functions need only its own pAppData, which is kept.
        var vfs = system.pointee
        vfs.pNext = nil
        vfs.zName = UnsafePointer(strdup(name))
        vfs.szOsFile = Int32(MemoryLayout<OpenFile>.stride) + system.pointee.szOsFile
        vfs.xOpen = { vfs, path, file, flags, outFlags in
            vfs!.withMemoryRebound(to: Layer.self, capacity: 1) { layer in
                let disk = layer.pointee.disk.takeUnretainedValue()
                return OpenFile.open(on: disk, layer.pointee.system, path, file!, flags, outFlags)
            }
        }
        vfs.xDelete = { vfs, path, sync in
            vfs!.withMemoryRebound(to: Layer.self, capacity: 1) { layer in
                let code = layer.pointee.system.pointee.xDelete(layer.pointee.system, path, sync)
                if code == SQLITE_OK { layer.pointee.disk.takeUnretainedValue().didDelete(OpenFile.lastName(path)) }
                return code
            }
        }
        layer.initialize(to: Layer(vfs: vfs, system: system, disk: .passRetained(disk)))
        layer.withMemoryRebound(to: sqlite3_vfs.self, capacity: 1) { _ = sqlite3_vfs_register($0, 0) }
    }

    private struct Layer {
        var vfs: sqlite3_vfs
        let system: UnsafeMutablePointer<sqlite3_vfs>
        let disk: Unmanaged<SimulatedDisk>
    }
}

/// What SQLite allocates for an open file: its own header, ours, then the system's file.
private struct OpenFile {
    var header: sqlite3_file
    let name: Unmanaged<FileName>
    let disk: Unmanaged<SimulatedDisk>

    final class FileName {
        let text: String
        init(_ text: String) { self.text = text }
    }

    static func open(
        on disk: SimulatedDisk, _ system: UnsafeMutablePointer<sqlite3_vfs>, _ path: UnsafePointer<CChar>?,
        _ file: UnsafeMutablePointer<sqlite3_file>, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
    ) -> Int32 {
        file.pointee.pMethods = nil
        let code = system.pointee.xOpen(system, path, real(file), flags, outFlags)
        guard code == SQLITE_OK else { return code }
        file.withMemoryRebound(to: OpenFile.self, capacity: 1) {
            $0.initialize(
                to: OpenFile(
                    header: sqlite3_file(pMethods: methods), name: .passRetained(FileName(lastName(path))),
                    disk: .passUnretained(disk)))
        }
        return SQLITE_OK
    }

    static func lastName(_ path: UnsafePointer<CChar>?) -> String {
        let path = path.map { String(cString: $0) } ?? ""
        return String(path[(path.lastIndex(of: "/").map(path.index(after:)) ?? path.startIndex)...])
    }

    static func real(_ file: UnsafeMutablePointer<sqlite3_file>) -> UnsafeMutablePointer<sqlite3_file> {
        UnsafeMutableRawPointer(file).advanced(by: MemoryLayout<OpenFile>.stride)
            .assumingMemoryBound(to: sqlite3_file.self)
    }

    static func name(_ file: UnsafeMutablePointer<sqlite3_file>) -> String {
        file.withMemoryRebound(to: OpenFile.self, capacity: 1) { $0.pointee.name.takeUnretainedValue().text }
    }

    static func disk(_ file: UnsafeMutablePointer<sqlite3_file>) -> SimulatedDisk {
        file.withMemoryRebound(to: OpenFile.self, capacity: 1) { $0.pointee.disk.takeUnretainedValue() }
    }

    static func code(_ failure: SimulatedDisk.Failure, _ broken: Int32) -> Int32 {
        switch failure {
        case .full: SQLITE_FULL
        case .broken: broken
        }
    }

    /// Immutable once made, so any thread may read it.
    nonisolated(unsafe) static let methods: UnsafePointer<sqlite3_io_methods> = {
        var table = sqlite3_io_methods()
        table.iVersion = 2
        table.xClose = { file in
            let result = real(file!).pointee.pMethods.pointee.xClose(real(file!))
            file!.withMemoryRebound(to: OpenFile.self, capacity: 1) { $0.pointee.name.release() }
            return result
        }
        table.xRead = { real($0!).pointee.pMethods.pointee.xRead(real($0!), $1, $2, $3) }
        table.xWrite = { file, bytes, count, offset in
            let copy = Array(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
            if let failure = disk(file!).willChange(name(file!), .write(offset: Int(offset), bytes: copy)) {
                return code(failure, SQLITE_IOERR | (3 << 8))
            }
            return real(file!).pointee.pMethods.pointee.xWrite(real(file!), bytes, count, offset)
        }
        table.xTruncate = { file, size in
            if let failure = disk(file!).willChange(name(file!), .truncate(size: Int(size))) {
                return code(failure, SQLITE_IOERR | (6 << 8))
            }
            return real(file!).pointee.pMethods.pointee.xTruncate(real(file!), size)
        }
        table.xSync = { file, _ in
            disk(file!).willSync(name(file!)).map { code($0, SQLITE_IOERR | (4 << 8)) } ?? SQLITE_OK
        }
        table.xFileSize = { real($0!).pointee.pMethods.pointee.xFileSize(real($0!), $1) }
        table.xLock = { real($0!).pointee.pMethods.pointee.xLock(real($0!), $1) }
        table.xUnlock = { real($0!).pointee.pMethods.pointee.xUnlock(real($0!), $1) }
        table.xCheckReservedLock = { real($0!).pointee.pMethods.pointee.xCheckReservedLock(real($0!), $1) }
        table.xFileControl = { real($0!).pointee.pMethods.pointee.xFileControl(real($0!), $1, $2) }
        table.xSectorSize = { real($0!).pointee.pMethods.pointee.xSectorSize(real($0!)) }
        // No promises about the device, so that SQLite takes every precaution.
        table.xDeviceCharacteristics = { _ in 0 }
        table.xShmMap = { real($0!).pointee.pMethods.pointee.xShmMap(real($0!), $1, $2, $3, $4) }
        table.xShmLock = { real($0!).pointee.pMethods.pointee.xShmLock(real($0!), $1, $2, $3) }
        table.xShmBarrier = { real($0!).pointee.pMethods.pointee.xShmBarrier(real($0!)) }
        table.xShmUnmap = { real($0!).pointee.pMethods.pointee.xShmUnmap(real($0!), $1) }
        let place = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
        place.initialize(to: table)
        return UnsafePointer(place)
    }()
}
