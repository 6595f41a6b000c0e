import Backup
import Database
import Testing
import Vault
import VaultTesting

@Suite struct KeepPolicyTests {
    /// Whatever times and chains there are: no kept backup loses what it stands on, the newest stays, and each rule keeps what
    /// it says.
    @Test(arguments: 0..<40)
    func chainsStayWholeAndCountsAreKept(_ round: Int) {
        let seed = (TestSeed.fromEnvironment ?? UInt64.random(in: 0...UInt64.max)) &+ UInt64(round)
        var random = SeededGenerator(seed: seed)
        var candidates: [KeepPolicy.Candidate] = []
        var moment: Int64 = 1_700_000_000_000
        for number in 0..<Int.random(in: 1...120, using: &random) {
            moment += Int64.random(in: 60_000...200_000_000, using: &random)
            let base = Bool.random(using: &random) ? candidates.randomElement(using: &random)?.id : nil
            candidates.append(
                KeepPolicy.Candidate(
                    id: BackupID(UInt128(number + 1)), base: base, moment: Timestamp(milliseconds: moment)))
        }
        candidates.shuffle(using: &random)
        let policy = KeepPolicy(
            last: Int.random(in: 0...5, using: &random), daily: Int.random(in: 0...9, using: &random),
            weekly: Int.random(in: 0...5, using: &random), monthly: Int.random(in: 0...4, using: &random))
        let going = policy.superfluous(among: candidates)
        let kept = candidates.filter { !going.contains($0.id) }
        let keptIDs = Set(kept.map(\.id))
        if policy.keepsAll {
            #expect(going.isEmpty)
            return
        }
        for one in kept {
            if let base = one.base { #expect(keptIDs.contains(base), "seed \(seed): \(one.id) lost its base") }
        }
        let sorted = candidates.sorted { $0.moment > $1.moment }
        for one in sorted.prefix(max(1, policy.last)) { #expect(keptIDs.contains(one.id), "seed \(seed)") }
        func demand(_ count: Int, _ period: (Timestamp) -> String) {
            var seen: [String] = []
            for one in sorted where !seen.contains(period(one.moment)) {
                seen.append(period(one.moment))
                guard seen.count <= count else { return }
                #expect(keptIDs.contains(one.id), "seed \(seed): the newest of \(seen.last ?? "")")
            }
        }
        demand(policy.daily) { String($0.iso8601.prefix(10)) }
        demand(policy.monthly) { String($0.iso8601.prefix(7)) }
        // Nothing is kept without a reason: a rule's own choice, or something that stands on it.
        let most = max(1, policy.last) + policy.daily + policy.weekly + policy.monthly
        let bases = Set(kept.compactMap(\.base))
        #expect(kept.filter { !bases.contains($0.id) }.count <= most, "seed \(seed)")
    }

    @Test func whatSaysNothingKeepsEverything() {
        let candidate = KeepPolicy.Candidate(id: BackupID(1), base: nil, moment: World.start)
        #expect(KeepPolicy().superfluous(among: [candidate]).isEmpty)
        #expect(KeepPolicy(monthly: 1).superfluous(among: []).isEmpty)
        #expect(KeepPolicy(monthly: 1).superfluous(among: [candidate]).isEmpty)
    }
}
