import CZip
import Crypto
import Glibc

/// The writing of one volume, on a thread of its own.
@safe final class WritingRun: Sendable {
    private struct State {
        var isCancelled = false
        var failure: (any Error)?
    }

    private let entries: [ZIPSource]
    private let password: ZIPPassword?
    private let state = Monitor(State())

    /// Where the time of the format begins: 1 January 1980.
    static let earliest: Int64 = 315_532_800

    init(_ entries: [ZIPSource], _ password: ZIPPassword?) {
        self.entries = entries
        self.password = password
    }

    var isCancelled: Bool { state.change { $0.isCancelled } }

    /// The first failure is the one that is told: those that follow come of it.
    func fail(_ error: any Error) {
        state.change { state in if state.failure == nil { state.failure = error } }
    }

    /// Has the writing end soon; from any thread.
    func cancel() {
        state.change { $0.isCancelled = true }
        abandon()
    }

    /// Tells whoever makes bytes that nobody takes them any more: they may wait for room.
    func abandon() {
        for entry in entries { entry.abandon() }
    }

    /// Writes all of it. Blocks.
    func write(to file: VolumeFile) throws {
        guard !entries.isEmpty else { throw ArchiveError.empty }
        let target = VolumeTarget(file, self)
        let sources = entries.map { EntrySource($0, self) }
        // libzip holds unretained references to all of them until the archive is closed or discarded.
        try withExtendedLifetime((target, sources)) {
            var failure = unsafe zip_error_t()
            unsafe zip_error_init(&failure)
            defer { unsafe zip_error_fini(&failure) }
            guard let output = unsafe target.make(&failure) else { throw unsafe ArchiveError(&failure) }
            guard let archive = unsafe zip_open_from_source(output, ZIP_CREATE | ZIP_TRUNCATE, &failure) else {
                defer { unsafe zip_source_free(output) }
                throw unsafe ArchiveError(&failure)
            }
            do {
                if let password {
                    let code = unsafe password.withCString { unsafe zip_set_default_password(archive, $0) }
                    guard code == 0 else { throw unsafe ArchiveError(zip_get_error(archive)) }
                }
                for (entry, source) in zip(entries, sources) { try unsafe add(entry, source, to: archive) }
            } catch {
                unsafe zip_discard(archive)
                throw error
            }
            let code = unsafe zip_close(archive)
            if code != 0 {
                let said = unsafe ArchiveError(zip_get_error(archive))
                unsafe zip_discard(archive)
                throw state.change { $0.isCancelled ? ArchiveError.cancelled : $0.failure ?? said }
            }
        }
        try file.sync()
    }

    private func add(_ entry: ZIPSource, _ source: EntrySource, to archive: OpaquePointer) throws {
        guard entry.path.utf8.count < 65_535, !entry.path.utf8.contains(0) else { throw ArchiveError.pathTooLong }
        let index: zip_int64_t
        let attributes: UInt32
        switch entry.content {
        case .folder:
            index = unsafe zip_dir_add(archive, entry.path, ZIP_FL_ENC_UTF_8)
            attributes = UInt32(S_IFDIR | 0o755) << 16 | 0x10
            if index >= 0, let modified = entry.modified {
                guard unsafe zip_file_set_mtime(archive, zip_uint64_t(index), time_t(modified), 0) == 0 else {
                    throw unsafe ArchiveError(zip_get_error(archive))
                }
            }
        case .file:
            var failure = unsafe zip_error_t()
            unsafe zip_error_init(&failure)
            defer { unsafe zip_error_fini(&failure) }
            guard let content = unsafe source.make(&failure) else { throw unsafe ArchiveError(&failure) }
            index = unsafe zip_file_add(archive, entry.path, content, ZIP_FL_ENC_UTF_8)
            if index < 0 { unsafe zip_source_free(content) }
            attributes = UInt32(S_IFREG | 0o644) << 16
        }
        guard index >= 0 else {
            if unsafe zip_error_code_zip(zip_get_error(archive)) == ZIP_ER_EXISTS {
                throw ArchiveError.duplicateName(entry.path)
            }
            throw unsafe ArchiveError(zip_get_error(archive))
        }
        let place = zip_uint64_t(index)
        var codes = [
            unsafe zip_file_set_external_attributes(archive, place, 0, zip_uint8_t(ZIP_OPSYS_UNIX), attributes)
        ]
        if case .file = entry.content {
            codes.append(unsafe zip_set_file_compression(archive, place, ZIP_CM_STORE, 0))
            if password != nil {
                codes.append(unsafe zip_file_set_encryption(archive, place, zip_uint16_t(ZIP_EM_AES_256), nil))
            }
        }
        if let modified = entry.modified, let seconds = Int32(exactly: modified) {
            // Info-ZIP's field of exact time (0x5455): the format's own has steps of two seconds and no time zone.
            let field = [1] + (0..<4).map { UInt8(truncatingIfNeeded: seconds >> ($0 * 8)) }
            let places = zip_flags_t(ZIP_FL_LOCAL | ZIP_FL_CENTRAL)
            codes.append(unsafe zip_file_extra_field_set(archive, place, 0x5455, 0, field, 5, places))
        }
        guard codes.allSatisfy({ $0 == 0 }) else { throw unsafe ArchiveError(zip_get_error(archive)) }
    }
}
