import Foundation
import Testing
import Vault
import VaultTesting

@testable import Versions

@Suite struct ComparisonTests {
    @Test func textsAreComparedLineByLine() async throws {
        let drive = try await TimedDrive()
        let file = try await drive.put("one\ntwo\nthree\n", at: "a.txt")
        try await drive.world.put("one\n2\nthree\nfour", at: "a.txt", as: drive.alex)
        let comparison = try await CompareVersions(drive.world.core)(file, from: 1, to: 2, as: drive.alex)
        #expect(!comparison.isIdentical)
        guard case .difference(let difference) = comparison.text else { Issue.record("no difference"); return }
        #expect((difference.inserted, difference.deleted) == (2, 1))
        #expect(
            difference.unified(from: "a", to: "b") == """
                --- a
                +++ b
                @@ -1,3 +1,4 @@
                 one
                -two
                +2
                 three
                +four
                \\ No newline at end of file

                """)
        let same = try await CompareVersions(drive.world.core)(file, from: 2, to: 2, as: drive.alex)
        #expect(same.isIdentical)
        await #expect(throws: VaultError.notFound(.version)) {
            try await CompareVersions(drive.world.core)(file, from: 1, to: 9, as: drive.alex)
        }
        await drive.close()
    }

    @Test func encodingsAreRecognisedAndBytesThatAreNoTextAreNot() throws {
        #expect(TextLines(Array("é\r\nx".utf8))?.lines == ["é\r", "x"])
        #expect(TextLines([0xe9, 0x0a])?.lines == ["é"])
        #expect(TextLines([0xff, 0xfe, 0xe9, 0x00, 0x0a, 0x00])?.lines == ["é"])
        #expect(TextLines([0xfe, 0xff, 0x00, 0xe9])?.lines == ["é"])
        #expect(TextLines([0xef, 0xbb, 0xbf, 0x61])?.lines == ["a"])
        #expect(TextLines([])?.lines == [])
        #expect(TextLines([0x61, 0x00]) == nil)
        #expect(TextLines([0xff, 0xfe, 0x61]) == nil)
        #expect(TextLines([0x80, 0x81]) == nil)
    }

    @Test func theWayFoundIsRightAndNoLongerThanTheShortest() {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("ComparisonTests seed: \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<400 {
            let letters = Int.random(in: 1...4, using: &random)
            func text() -> [Int] {
                (0..<Int.random(in: 0...14, using: &random)).map { _ in Int.random(in: 0..<letters, using: &random) }
            }
            let (old, new) = (text(), text())
            let difference = LineDifference(old, new)
            #expect(Self.applied(difference, old, new) == new, "seed \(seed)")
            let edits = difference.edits.count { if case .keep = $0 { false } else { true } }
            #expect(edits == old.count + new.count - 2 * Self.longestCommon(old, new), "seed \(seed)")
            let cut = LineDifference(old, new, mostEdits: 1)
            #expect(Self.applied(cut, old, new) == new, "seed \(seed)")
        }
    }

    @Test func whatTheUnifiedFormSaysIsWhatPatchDoes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("ComparisonTests seed: \(seed)")
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        for round in 0..<25 {
            func text() -> String {
                let lines = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                    "line \(Int.random(in: 0..<6, using: &random))"
                }
                return lines.joined(separator: "\n") + (Bool.random(using: &random) && !lines.isEmpty ? "\n" : "")
            }
            let (old, new) = (text(), text())
            let (a, b) = (try #require(TextLines(Array(old.utf8))), try #require(TextLines(Array(new.utf8))))
            let patch = TextDifference(a, b).unified(from: "a", to: "b")
            let (file, change) = ("\(directory.path)/\(round).txt", "\(directory.path)/\(round).patch")
            try old.write(toFile: file, atomically: true, encoding: .utf8)
            try patch.write(toFile: change, atomically: true, encoding: .utf8)
            if !patch.isEmpty {
                let process = Process()
                process.executableURL = URL(filePath: "/usr/bin/patch")
                process.arguments = ["--quiet", "--no-backup-if-mismatch", file, change]
                try process.run()
                process.waitUntilExit()
                #expect(process.terminationStatus == 0, "seed \(seed), round \(round)")
            }
            // patch removes a file that became empty.
            let result = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
            #expect(result == new, "seed \(seed), round \(round)")
        }
    }

    private static func applied(_ difference: LineDifference, _ old: [Int], _ new: [Int]) -> [Int] {
        var out: [Int] = []
        var place = 0
        for edit in difference.edits {
            switch edit {
            case .keep(let x, let y):
                guard x == place, old[x] == new[y] else { return [-1] }
                out.append(old[x])
                place += 1
            case .delete(let x):
                guard x == place else { return [-1] }
                place += 1
            case .insert(let y): out.append(new[y])
            }
        }
        return place == old.count ? out : [-1]
    }

    private static func longestCommon(_ old: [Int], _ new: [Int]) -> Int {
        var table = [[Int]](repeating: [Int](repeating: 0, count: new.count + 1), count: old.count + 1)
        for x in old.indices {
            for y in new.indices {
                table[x + 1][y + 1] = old[x] == new[y] ? table[x][y] + 1 : max(table[x][y + 1], table[x + 1][y])
            }
        }
        return table[old.count][new.count]
    }
}
