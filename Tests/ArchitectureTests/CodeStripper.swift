/// Blanks comments and string literals, keeps everything else.
///
/// Knows nested block comments, multi-line strings, raw strings (`#"…"#`) and interpolations. Regex literals are not
/// told from division; none of ours holds a quote.
struct CodeStripper {
    private let source: [Character]
    private var position = 0
    private var output: [Character] = []

    init(_ text: String) {
        source = Array(text)
        output.reserveCapacity(source.count)
    }

    mutating func strippedCode() -> [Character] {
        code(insideInterpolation: false)
        return output
    }

    /// Copies code to the end of the file, or inside an interpolation to behind the parenthesis that closes it.
    private mutating func code(insideInterpolation: Bool) {
        var open = 0
        while position < source.count {
            if starts("//") {
                lineComment()
            } else if starts("/*") {
                blockComment()
            } else if let hashes = stringStart() {
                string(hashes: hashes)
            } else {
                let character = source[position]
                keep()
                guard insideInterpolation else { continue }
                if character == "(" { open += 1 }
                if character == ")" { open -= 1 }
                if open == 0 { return }
            }
        }
    }

    private mutating func lineComment() {
        while position < source.count, !source[position].isNewline { blank() }
    }

    private mutating func blockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                blank(2)
            } else if starts("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && position < source.count
    }

    /// The number of `#` before a string that begins here, or nil when none does.
    private func stringStart() -> Int? {
        var hashes = 0
        while position + hashes < source.count, source[position + hashes] == "#" { hashes += 1 }
        let quote = position + hashes
        return quote < source.count && source[quote] == "\"" ? hashes : nil
    }

    private mutating func string(hashes: Int) {
        blank(hashes)
        let isMultiline = starts("\"\"\"")
        let fence = String(repeating: "#", count: hashes)
        let end = (isMultiline ? "\"\"\"" : "\"") + fence
        blank(isMultiline ? 3 : 1)
        while position < source.count {
            if starts(end) {
                blank(end.count)
                return
            }
            if starts("\\" + fence + "(") {
                blank(1 + hashes)
                code(insideInterpolation: true)
            } else if starts("\\" + fence) {
                blank(2 + hashes)
            } else if !isMultiline, source[position].isNewline {
                return  // not closed on its line: not a string that compiles
            } else {
                blank()
            }
        }
    }

    private func starts(_ text: String) -> Bool {
        var index = position
        for character in text {
            guard index < source.count, source[index] == character else { return false }
            index += 1
        }
        return true
    }

    private mutating func keep() {
        output.append(source[position])
        position += 1
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where position < source.count {
            output.append(source[position].isNewline ? "\n" : " ")
            position += 1
        }
    }
}
