import Foundation

/// The targets of Package.swift and what they depend on, read from its text.
struct PackageManifest {
    /// Dependencies by target; tests are left out.
    let dependencies: [String: Set<String>]

    init(text: String) {
        // `library("Name", ["A", "B"])`, and `name: "Name", dependencies: ["A", "B"]` for the program.
        let pattern =
            #"(?:library\(\s*|executableTarget\(\s*name:\s*)"([\w-]+)"\s*,\s*(?:dependencies:\s*)?\[([^\]]*)\]"#
        var found: [String: Set<String>] = [:]
        guard let expression = try? NSRegularExpression(pattern: pattern) else {
            dependencies = [:]
            return
        }
        let whole = text as NSString
        for match in expression.matches(in: text, range: NSRange(location: 0, length: whole.length)) {
            let names = whole.substring(with: match.range(at: 2)).split(separator: "\"").filter {
                $0.first?.isLetter ?? false
            }
            found[whole.substring(with: match.range(at: 1))] = Set(names.map(String.init))
        }
        dependencies = found
    }
}
