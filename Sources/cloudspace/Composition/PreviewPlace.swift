import Media

/// The program that makes previews, as the settings name it or beside this one.
enum PreviewPlace {
    /// - Returns: nil when there is none, or none is wanted.
    /// - Throws: `ProgramError.setting` when the program that was named is not there.
    static func program(_ configuration: Configuration) throws(ProgramError) -> PreviewProgram? {
        let workers = try configuration[Settings.previewWorkers]
        guard let named = try configuration[Settings.previewProgram] else {
            return PreviewProgram.besideThisOne().flatMap { PreviewProgram(path: $0, workers: workers) }
        }
        if named == "none" { return nil }
        guard let program = PreviewProgram(path: named, workers: workers) else {
            throw .setting("--preview-program names \(named), which is no program")
        }
        return program
    }
}
