import Foundation
import Testing

/// The rules, held against the real sources.
@Suite struct ArchitectureTests {
    private let checker = Checker()

    @Test(arguments: Architecture.rules.keys.sorted())
    func importsOnlyWhatItsRowAllows(_ module: String) throws {
        report(try Repository.sources(of: module).flatMap(checker.imports))
    }

    @Test(arguments: Architecture.rules.keys.sorted())
    func speaksOfNothingThatIsNotItsBusiness(_ module: String) throws {
        report(try Repository.sources(of: module).flatMap(checker.names))
    }

    @Test(arguments: Architecture.rules.keys.sorted())
    func holdsNoDangerOutsideItsWrappingFolders(_ module: String) throws {
        report(try Repository.sources(of: module).flatMap(checker.dangers))
    }

    @Test func everyUncheckedPromiseSaysWhyItIsTrue() throws {
        report(try Repository.sources().flatMap(checker.unexplained))
    }

    @Test func noValueWithA16ByteAlignmentIsStored() throws {
        report(try Repository.sources().flatMap(checker.alignment))
    }

    /// What is allowed and no longer there would hide the next one of that name.
    @Test func everyAllowedUInt128IsThere() throws {
        var strict = Checker()
        strict.mayStoreUInt128 = []
        let stored = try Repository.sources().flatMap { strict.storedUInt128(in: $0) }
        #expect(Set(stored.map { "\($0.path) \($0.name)" }) == Architecture.mayStoreUInt128)
    }

    @Test func noFileIsTooLongToHold() throws {
        let sources = try Repository.sources()
        let long = sources.filter { $0.lineCount > Architecture.longFile }.sorted { $0.lineCount > $1.lineCount }
        let total = sources.reduce(0) { $0 + $1.lineCount }
        let median = sources.map(\.lineCount).sorted()[sources.count / 2]
        print("Sources: \(sources.count) files, \(total) lines, median \(median)")
        for source in long { print("  \(source.lineCount) lines: \(source.path)") }
        report(sources.flatMap(checker.length))
    }

    @Test func everyFolderInSourcesHasItsRow() throws {
        let libraries = Architecture.rules.values.flatMap(\.libraries.keys)
        let known = Set(Architecture.rules.keys).union(libraries)
        #expect(Set(try Repository.moduleFolders()) == known)
    }

    @Test func everyLibraryBelongsToOneModule() {
        let libraries = Architecture.rules.values.flatMap(\.libraries.keys)
        #expect(libraries.count == Set(libraries).count)
    }

    @Test func theArrowsHaveNoCircle() {
        var placed: Set<String> = []
        var waiting = Architecture.rules
        while let next = waiting.first(where: { $0.value.modules.isSubset(of: placed) })?.key {
            placed.insert(next)
            waiting[next] = nil
        }
        #expect(waiting.isEmpty, "in a circle: \(waiting.keys.sorted())")
    }

    /// Package.swift is what the compiler goes by, the table what these tests go by.
    @Test func packageDeclaresNoArrowThatTheTableLacks() throws {
        let declared = PackageManifest(text: try Repository.text("Package.swift")).dependencies
        for (module, rule) in Architecture.rules {
            let row = rule.modules.union(rule.libraries.keys)
            let extra = (declared[module] ?? []).subtracting(row)
            #expect(extra.isEmpty, "\(module) depends on \(extra.sorted())")
        }
        #expect(Set(declared.keys) == Set(Architecture.rules.keys))
    }

    private func report(_ violations: [Violation]) {
        for violation in violations { Issue.record("\(violation)") }
    }
}
