import CSQLite

/// How the connections of one database are opened.
struct SQLiteSettings: Sendable {
    enum Role: Sendable { case writer, reader, checkpointer }
    enum Durability: Sendable {
        /// Every commit is on the disk when it is acknowledged.
        case full
        /// Nothing is ever synced: only for what dies with the process.
        case none
    }
    enum Access: Sendable {
        /// The file is made when it is missing.
        case readWrite
        /// Nothing is written but what SQLite needs beside the file to read a write-ahead log.
        case readOnly
    }

    let path: String
    var access = Access.readWrite
    /// Off while rows come in an order of their own; the references are checked when all are there.
    var enforcesForeignKeys = true
    var durability = Durability.full
    /// Milliseconds to wait for another process that holds the database.
    var busyTimeout: Int32 = 5_000
    /// The SQLite file layer to use; nil for the system's.
    var vfs: String?

    func configure(_ connection: SQLiteConnection, for role: Role) throws(DatabaseError) {
        switch role {
        case .writer:
            try connection.run("PRAGMA journal_mode = WAL")
            // What is deleted is overwritten: shredding a key must leave no copy in a free page.
            try connection.run("PRAGMA secure_delete = ON")
            try enforceForeignKeys(on: connection)
            try connection.run("PRAGMA cache_size = -8192")
            // Checkpoints are made between groups (see CheckpointPolicy), never inside a commit.
            try connection.run("PRAGMA journal_size_limit = 67108864")
        case .reader:
            try connection.run("PRAGMA query_only = ON")
            try connection.run("PRAGMA cache_size = -4096")
        case .checkpointer:
            try connection.run("PRAGMA cache_size = -64")
        }
        switch durability {
        case .full: try connection.run("PRAGMA synchronous = FULL")
        case .none: try connection.run("PRAGMA synchronous = OFF")
        }
        try connection.run("PRAGMA temp_store = MEMORY")
        try connection.run("PRAGMA mmap_size = 0")
    }

    func enforceForeignKeys(on connection: SQLiteConnection) throws(DatabaseError) {
        if enforcesForeignKeys {
            try connection.run("PRAGMA foreign_keys = ON")
        } else {
            try connection.run("PRAGMA foreign_keys = OFF")
        }
    }
}

/// How hard a checkpoint tries.
enum CheckpointMode: Sendable {
    /// As far as readers allow, without waiting.
    case passive
    /// Waits for readers, then leaves an empty log.
    case truncate

    var code: Int32 {
        switch self {
        case .passive: SQLITE_CHECKPOINT_PASSIVE
        case .truncate: SQLITE_CHECKPOINT_TRUNCATE
        }
    }
}
