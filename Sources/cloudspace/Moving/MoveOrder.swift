import Crypto
import Database
import Journal

/// A move as it was asked for: opens the two ends, does one thing with them, closes them, and tells a person.
struct MoveOrder: Sendable {
    let source: MovePlace
    let target: MovePlace
    /// The keys of the vault.
    let ring: KeyRing
    let control: MoveControl

    private static let out = StandardStream.output
    private var identity: VaultIdentity { VaultIdentity(of: ring) }

    /// Moves the vault.
    func move(_ start: VaultMove.Start, keys: KeyAccess) async throws {
        let began = ContinuousClock.now
        let report = try await move(start)
        let time = Figures.time(Figures.seconds(ContinuousClock.now - began))
        Self.out.print(
            """
            moved \(source) to \(target) in \(time)
            \(Self.words(report))
            The source is as it was. From now on serve the target, and never both:
              \(nextCommand(keys))
            """)
    }

    /// Moves the vault and tells nobody.
    func move(_ start: VaultMove.Start) async throws -> VaultMove.Report {
        try await demandFittingTarget()
        let from = try await MoveEnd.source(source, .copying)
        do {
            try await vaultMove(from, from).checkSource()
            let to = try await MoveEnd.target(target)
            do {
                let report = try await vaultMove(from, to).run(start)
                await to.close()
                await from.close()
                return report
            } catch {
                await to.close()
                throw error
            }
        } catch {
            await from.close()
            throw error
        }
    }

    /// Compares the two places.
    func compare() async throws {
        let report = try await comparison()
        Self.out.print("\(source) and \(target) hold the same\n\(Self.words(report))")
    }

    /// Compares the two places and tells nobody.
    func comparison() async throws -> VaultMove.Report {
        let from = try await MoveEnd.source(source, .looking)
        do {
            guard let to = try await MoveEnd.existing(target) else {
                throw ProgramError.refused("there is no vault in \(target)")
            }
            do {
                let report = try await vaultMove(from, to).compare()
                await to.close()
                await from.close()
                return report
            } catch {
                await to.close()
                throw error
            }
        } catch {
            await from.close()
            throw error
        }
    }

    /// Says what there is to move.
    func tell() async throws {
        let from = try await MoveEnd.source(source, .looking)
        do {
            let schema = try await vaultMove(from, from).checkSource()
            let state = try await SourceState.read(schema.tables, from: from.database)
            let contents = try await targetWords(state)
            Self.out.print("vault \(MoveWords.id(state.vaultID)) would move from \(source) to \(target)")
            for (table, rows) in state.counts { Self.out.print(MoveWords.row(table, "\(Figures.rows(rows))")) }
            Self.out.print(
                MoveWords.row("(blobs)", "\(Figures.count(state.blobs.count)), \(Figures.bytes(state.blobs.bytes))"))
            Self.out.print(contents)
            await from.close()
        } catch {
            await from.close()
            throw error
        }
    }

    private func vaultMove(_ from: MoveEnd, _ to: MoveEnd) -> VaultMove {
        VaultMove(source: from, target: to, ring: ring, control: control)
    }

    /// - Throws: `ProgramError.refused` when what lies at the target is not for this vault.
    private func demandFittingTarget() async throws {
        if case (.directory(let rows), .directory(let blobs)) = (target.rows, target.blobs), rows != blobs {
            throw MoveWords.apart
        }
        let contents = try await contentsOfTarget()
        switch contents {
        case .nothing where target.blobs == source.blobs: break
        case .nothing:
            _ = try await MoveEnd.bearsOurMark(try MoveEnd.blobsToRead(target.blobs, .target), ring)
        case .move(let record):
            guard record.vaultID == identity.idBytes else { throw MoveWords.otherMove }
        case .vault(let id): throw id == identity.idBytes ? MoveWords.alreadyMoved : MoveWords.otherVault
        case .foreign: throw MoveWords.foreign
        }
    }

    private func contentsOfTarget() async throws -> TargetContents {
        guard let to = try await MoveEnd.existing(target) else { return .nothing }
        do {
            let contents = try await TargetContents.read(from: to.database)
            await to.close()
            return contents
        } catch {
            await to.close()
            throw error
        }
    }

    private func targetWords(_ state: SourceState) async throws -> String {
        try await demandFittingTarget()
        guard case .move(let record) = try await contentsOfTarget() else { return "there is nothing at the target yet" }
        return record.fingerprint == state.fingerprint
            ? "an unfinished move would go on where it stopped"
            : "the source was changed since an unfinished move: rows would be copied anew, blobs kept"
    }

    private static func words(_ report: VaultMove.Report) -> String {
        var lines = report.tables.map { table in
            MoveWords.row(table.table, "\(Figures.rows(table.rows)), \(MoveWords.hex(table.digest.bytes))")
        }
        let blobs = report.blobs
        lines.append(
            MoveWords.row(
                "(blobs)", "\(Figures.count(Int64(blobs.copied + blobs.alreadyThere))), \(Figures.bytes(blobs.bytes))"))
        lines.append(
            """
            \(report.tables.count) tables with \(Figures.rows(report.rows)), \(Figures.count(report.versions)) versions, \
            a journal of \(Figures.count(report.journal.events)) events and \(report.journal.checkpoints) checkpoints: all the \
            same, all verified
            """)
        if blobs.shredded > 0 { lines.append("\(blobs.shredded) blobs of shredded files are gone, as they should be") }
        return lines.joined(separator: "\n")
    }

    private func nextCommand(_ keys: KeyAccess) -> String {
        var command = "cloudspace serve"
        var variables = ""
        switch (target.rows, target.blobs) {
        case (.directory(let rows), .directory):
            command += " --data \(FirstStart.quoted(rows))"
        case (.directory(let rows), .s3(let url)):
            variables = "BLOB_STORE='\(URLText(url).withoutPassword)' "
            command += " --data \(FirstStart.quoted(rows))"
        case (.postgresql(let url), .directory(let blobs)):
            variables = "DATABASE_URL='\(URLText(url).withoutPassword)' "
            command += " --data \(FirstStart.quoted(blobs))"
        case (.postgresql(let url), .s3(let bucket)):
            variables =
                "DATABASE_URL='\(URLText(url).withoutPassword)' BLOB_STORE='\(URLText(bucket).withoutPassword)' "
        }
        command += " --keys \(FirstStart.quoted(keys.directory))"
        command += keys.flags
        return variables + command
    }
}

/// Sentences and forms that several steps share.
enum MoveWords {
    static let otherMove = ProgramError.refused(
        "the target holds an unfinished move of another vault; give an empty place")
    static let alreadyMoved = ProgramError.refused(
        "the target holds this vault already; compare the two with --verify-only, or give an empty place")
    static let otherVault = ProgramError.refused("the target holds another vault; give an empty place")
    static let foreign = ProgramError.refused("the target's database is not empty, and is no vault; give an empty one")

    static let foreignBlobs = ProgramError.refused(
        "there are blobs at the target that are not this vault's; give an empty directory, bucket or prefix")
    static let apart = ProgramError.setting(
        "--to names one directory for rows and another for blobs, but a server has one --data; name one, or put one of them "
            + "on a server")

    static func row(_ name: String, _ words: String) -> String {
        "  " + name + String(repeating: " ", count: max(1, 22 - name.count)) + words
    }

    static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// The id of a vault, 16 bytes.
    static func id(_ bytes: [UInt8]) -> String { UUIDForm.text(bytes.reduce(0) { $0 << 8 | UInt128($1) }) }
}
