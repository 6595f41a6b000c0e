import Foundation
import PDF
import Testing

@Suite struct PDFReportTests {
    private func report(_ page: PDFPage = .a4Landscape) throws -> PDFReport {
        try PDFReport(
            page, .init(title: "Relevé d’été", author: "cloudspace", created: "2025-06-01T15:22:00Z")
        ) { number in "Relevé – page \(number)" }
    }

    private let table = PDFTable([
        .init("N°", share: 1, PDFTextStyle(size: 8, alignment: .right)), .init("Événement", share: 6),
    ])

    /// What poppler finds in a document: its text, and its facts.
    private func poppler(_ program: String, _ document: [UInt8], _ arguments: [String] = []) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID()).pdf")
        try Data(document).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [program] + arguments + [file.path] + (program == "pdftotext" ? ["-"] : [])
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return text
    }

    @Test func wordsWithAccentsAreWordsForReaders() async throws {
        let report = try report()
        try await report.paragraph("Journal d’activité", PDFTextStyle(size: 15, isBold: true))
        try await report.table(table)
        var document = try await report.rows([
            ["1", "Ève a déposé “Contrat été n°3.pdf” – 120 €"], ["2", "Ωmega Жук"],
        ])
        document += try await report.finish()
        #expect(document.starts(with: Array("%PDF-1.".utf8)))
        let text = try poppler("pdftotext", document, ["-layout"])
        for words in [
            "Journal d’activité", "Événement", "Ève a déposé “Contrat été n°3.pdf” – 120 €", "Ωmega Жук", "page 1",
        ] {
            #expect(text.contains(words), "\(words) is not in \(text)")
        }
        let facts = try poppler("pdfinfo", document)
        #expect(facts.contains("Relevé d’été"))
        #expect(facts.contains("841.89 x 595.28 pts (A4)"))
    }

    @Test func rowsFlowOverPagesUnderTheSameHead() async throws {
        let report = try report(.a4)
        try await report.table(table)
        var document: [UInt8] = []
        var pieces = 0
        for start in stride(from: 0, to: 400, by: 50) {
            let piece = try await report.rows((start..<start + 50).map { ["\($0)", "row \($0)"] })
            if !piece.isEmpty { pieces += 1 }
            document += piece
        }
        document += try await report.finish()
        #expect(pieces > 1)
        let text = try poppler("pdftotext", document)
        let pages = text.split(separator: "\u{c}")
        #expect(pages.count > 4)
        for (number, page) in pages.enumerated() {
            #expect(page.contains("Événement"))
            #expect(page.contains("page \(number + 1)"))
        }
        for number in 0..<400 { #expect(text.contains("row \(number)\n")) }
    }

    @Test func longTextIsWrappedAndCutOffWhereItsStyleSays() async throws {
        let report = try report(.a4)
        try await report.table(
            PDFTable([.init("A", share: 1, PDFTextStyle(size: 8, mostLines: 2)), .init("B", share: 8)]))
        let word = String(repeating: "x", count: 2_000)
        var document = try await report.rows([[word, "kurz"], ["", ""], ["only one cell"]])
        document += try await report.finish()
        let text = try poppler("pdftotext", document)
        #expect(text.contains("kurz"))
        // As high as two lines, so nothing had to go to another page; readers still find the whole text.
        #expect(try poppler("pdfinfo", document).contains("Pages:           1"))
        #expect(text.filter { $0 == "x" }.count == word.count)
    }

    @Test func anEmptyDocumentHasOnePage() async throws {
        let document = try await report().finish()
        #expect(try poppler("pdfinfo", document).contains("Pages:           1"))
    }
}
