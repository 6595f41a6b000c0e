import Backup
import Database

/// Which tables are moved, and whether two databases have the same ones.
struct MoveSchema: Sendable {
    /// All but those of ``staying``, in the catalog's order.
    let tables: [TableCatalog.Table]
    /// The table that makes a database a vault; moved last.
    let identity: TableCatalog.Table

    /// Tables that belong to the place and not to the vault.
    static let staying = ArchivedTables.ofThePlace
    static let identityTable = ArchivedTables.identity

    /// - Throws: `ProgramError.refused` when the database is not at this program's version of the schema.
    static func read(from database: any Database, words: String) async throws -> MoveSchema {
        let dialect = database.dialect
        let (catalog, applied) = try await database.read { snapshot in
            guard try TableCatalog.holds(table: "schema_migrations", in: snapshot, dialect: dialect) else {
                throw ProgramError.refused("\(words) holds no vault")
            }
            let catalog = try TableCatalog(of: snapshot, dialect: dialect)
            return (catalog, try snapshot.all("SELECT name FROM schema_migrations ORDER BY name") { $0.text(0) })
        }
        let known = ProgramSchema.knownMigrations
        guard Set(applied).isSubset(of: known) else {
            throw ProgramError.refused(
                "\(words) was written by a newer version of this program; move it with that version")
        }
        guard known.isSubset(of: Set(applied)) else {
            throw ProgramError.refused(
                "\(words) is at an older version of the schema; start this version's `cloudspace serve` on it once, stop it, "
                    + "and move it then")
        }
        guard let identity = catalog.table(identityTable) else { throw ProgramError.refused("\(words) holds no vault") }
        let left = staying.union(MoveRecord.tables).union([identityTable])
        return MoveSchema(tables: catalog.tables.filter { !left.contains($0.name) }, identity: identity)
    }

    /// - Throws: `ProgramError.failed` naming a table that the two do not share.
    func demandSame(as other: MoveSchema) throws(ProgramError) {
        let pairs = [(tables, other.tables), (other.tables, tables)]
        for (one, another) in pairs {
            for table in one {
                guard let twin = another.first(where: { $0.name == table.name }) else {
                    throw .failed("only one of the two places has a table \(table.name)")
                }
                guard twin.columns == table.columns, twin.key == table.key else {
                    throw .failed("table \(table.name) has other columns in the one place than in the other")
                }
            }
        }
    }
}
