/// A small document as a tree.
struct XMLElement: Equatable {
    let name: String
    private(set) var text = ""
    private(set) var children: [XMLElement] = []

    /// Elements of one document.
    static let countLimit = 50_000

    /// Reads a document whose root has the given name.
    init(_ bytes: [UInt8], root: String) throws(XMLReader.Malformed) {
        var reader = try XMLReader(bytes)
        var open: [XMLElement] = []
        var count = 0
        while let event = try reader.next() {
            switch event {
            case .start(let name):
                count += 1
                guard count <= Self.countLimit, !open.isEmpty || name == root else { throw XMLReader.Malformed() }
                open.append(XMLElement(name: name))
            case .text(let text):
                open[open.count - 1].text += text
            case .end:
                let element = open.removeLast()
                if open.isEmpty {
                    self = element
                } else {
                    open[open.count - 1].children.append(element)
                    continue
                }
                // Nothing but blanks and comments may follow, which the reader sees to.
                while try reader.next() != nil {}
                return
            }
        }
        throw XMLReader.Malformed()
    }

    private init(name: String) { self.name = name }

    /// All children of that name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The text of the first child of that name.
    subscript(name: String) -> String? { children.first { $0.name == name }?.text }
}

extension XMLElement {
    /// Text as it stands in an element.
    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
