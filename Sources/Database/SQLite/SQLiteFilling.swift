extension SQLiteDatabase {
    /// Opens or makes a database that is being filled from elsewhere: references between tables are not enforced row by
    /// row, so that rows may come in any order. Whoever fills it checks them at the end.
    package static func filling(
        path: String, clock: any WallClock = SystemClock()
    ) throws(DatabaseError) -> SQLiteDatabase {
        var settings = SQLiteSettings(path: path)
        settings.enforcesForeignKeys = false
        return try SQLiteDatabase(settings, readers: 1, queueLimit: 64, clock: clock)
    }
}
