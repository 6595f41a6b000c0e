import Database
import Media

/// Looks at the program that makes previews: whether it is there, and whether its sandbox holds.
struct PreviewChecks {
    let program: PreviewProgram?
    let database: any Database

    func run(_ findings: inout Findings) async throws {
        try await rows(&findings)
        guard let program else {
            return findings.add(
                .note(
                    "previews", "no preview program: files have no previews and people no pictures",
                    advice: "put \(PreviewProgram.name) beside this program, or name it with --preview-program"))
        }
        guard let report = await program.selfTest() else {
            return findings.add(
                .problem(
                    "previews", "\(program.path) does not run here",
                    advice: "install its libraries (libvips, libseccomp); `\(program.path) self-test` tells more"))
        }
        let lines = report.split(separator: "\n")
        let open = lines.filter { $0.hasSuffix(": ALLOWED") }
        guard open.isEmpty else {
            return findings.add(
                .problem(
                    "previews", "the sandbox of \(program.path) lets through: \(open.joined(separator: ", "))",
                    advice: "serve with --preview-program none until the kernel's seccomp filters work"))
        }
        // "landlock N", less than 1 without.
        let version = lines.first?.split(separator: " ").last.flatMap { Int($0) } ?? 0
        if version >= 1 {
            findings.add(.fine("previews", "\(program.path): confined (seccomp, Landlock \(version))"))
        } else {
            findings.add(
                .note(
                    "previews", "\(program.path): confined by seccomp alone, since this kernel has no Landlock",
                    advice: "nothing: PDFs that bring no fonts along are shown without their text"))
        }
    }

    private func rows(_ findings: inout Findings) async throws {
        let lost = try await database.read { snapshot in
            try snapshot.first(
                """
                SELECT COUNT(*) FROM previews p LEFT JOIN blobs b ON b.id = p.blob_id
                WHERE p.blob_id IS NOT NULL AND b.id IS NULL
                """, { $0.int(0) }) ?? 0
        }
        guard lost > 0 else { return }
        findings.add(
            .problem("previews", "\(lost) previews have no content", advice: "restore the database from a backup"))
    }
}
