extension SQLiteDatabase {
    /// A database for one test: a file in a fresh directory that is deleted with it. Nothing is synced,
    /// so it is fast on any disk; in all else it is the real engine.
    public static func temporary(readers: Int = 2, clock: any WallClock = FixedClock()) throws -> SQLiteDatabase {
        let directory = try TemporaryDirectory()
        var settings = SQLiteSettings(path: "\(directory.path)/vault.db")
        settings.durability = .none
        do {
            return try SQLiteDatabase(
                settings, readers: readers, queueLimit: 65_536, clock: clock, directory: directory)
        } catch {
            directory.remove()
            throw error
        }
    }

    /// The same files with connections, threads and a clock of its own, as another process would have them.
    ///
    /// - Throws: `.cannotOpen` unless this one is temporary; it must be closed last.
    public func anotherTemporary(readers: Int = 2, clock: any WallClock) throws -> SQLiteDatabase {
        guard let directory else { throw DatabaseError.cannotOpen }
        var settings = SQLiteSettings(path: "\(directory.path)/vault.db")
        settings.durability = .none
        return try SQLiteDatabase(settings, readers: readers, queueLimit: 65_536, clock: clock)
    }
}
