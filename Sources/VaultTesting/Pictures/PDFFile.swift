/// PDF files written by hand, honest ones and hostile.
public enum PDFFile {
    /// One page with a line of text in a font that the file does not bring along.
    /// - Parameter box: width and height in points.
    public static func page(_ text: String, box: (width: Int, height: Int) = (595, 842)) -> [UInt8] {
        let content = "BT /F1 48 Tf 40 \(max(1, box.height / 2)) Td (\(text)) Tj ET"
        return file([
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 \(box.width) \(box.height)]/Contents 4 0 R"
                + "/Resources<</Font<</F1 5 0 R>>>>>>",
            "<</Length \(content.utf8.count)>>stream\n\(content)\nendstream",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        ])
    }

    /// A page whose content draws itself, and itself again.
    public static func endless() -> [UInt8] {
        let content = "/X Do /X Do /X Do"
        return file([
            "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R 2 0 R]/Count 99999999>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
            "<</Length \(content.utf8.count)>>stream\n\(content)\nendstream",
            "<</Type/XObject/Subtype/Form/BBox[0 0 600 600]/Resources<</XObject<</X 5 0 R>>>>/Length "
                + "\(content.utf8.count)>>stream\n\(content)\nendstream",
        ])
    }

    /// Needs a password that nobody has.
    public static func encrypted() -> [UInt8] {
        let zeros = String(repeating: "41", count: 32)
        return file(
            [
                "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
                "<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 600]>>",
                "<</Filter/Standard/V 1/R 2/O<\(zeros)>/U<\(zeros)>/P -4>>",
            ], trailer: "/Encrypt 4 0 R/ID[<00><00>]")
    }

    public static func file(_ objects: [String], trailer: String = "") -> [UInt8] {
        var text = "%PDF-1.4\n"
        var places: [Int] = []
        for (index, object) in objects.enumerated() {
            places.append(text.utf8.count)
            text += "\(index + 1) 0 obj\n\(object)\nendobj\n"
        }
        let table = text.utf8.count
        text += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for place in places {
            let digits = String(place)
            text += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        text += "trailer\n<</Size \(objects.count + 1)/Root 1 0 R\(trailer)>>\nstartxref\n\(table)\n%%EOF\n"
        return Array(text.utf8)
    }
}
