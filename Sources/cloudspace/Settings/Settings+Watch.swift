/// Who changes far more files than usual, as ransomware does.
extension Settings {
    static let burstFiles = Setting<Int>.count(
        "rewrite-burst-files",
        summary:
            "Files that one person may rewrite, rename or trash within --rewrite-burst-window before the owner and administrators are told (0: never told)",
        0...5_000, fallback: 50)
    static let burstWindow = Setting<Int64>.duration(
        "rewrite-burst-window", summary: "The time in which such files are counted", 10...3_600, fallback: 60,
        absence: "1m")
    static let burstQuiet = Setting<Int64>.duration(
        "rewrite-burst-quiet", summary: "How long nobody is told again while the same goes on", 60...86_400,
        fallback: 900, absence: "15m")

    static let watch: [any SettingDescription] = [burstFiles, burstWindow, burstQuiet]
}
