/// A line on a terminal that goes away when the work is done; silent elsewhere.
struct Progress: Sendable {
    private let isVisible = StandardStream.error.isTerminal

    func show(_ text: String) {
        if isVisible { StandardStream.error.write(Array("\r\u{1b}[K\(text)".utf8)) }
    }

    func clear() {
        if isVisible { StandardStream.error.write(Array("\r\u{1b}[K".utf8)) }
    }
}
