import Testing

@testable import BlobStore

@Suite struct XMLReaderTests {
    private func element(_ text: String, root: String = "a") throws -> XMLElement {
        try XMLElement(Array(text.utf8), root: root)
    }

    @Test func aListIsReadWithItsEntities() throws {
        let list = try element(
            """
            <?xml version="1.0" encoding="UTF-8"?>
            <List xmlns="http://s3.amazonaws.com/doc/2006-03-01/" other='x>y'>
              <!-- two of them --><Entry><Key>a&amp;b&lt;&gt;&quot;&apos;&#65;&#x20AC;</Key></Entry>
              <s3:Entry><Key><![CDATA[<raw> & so on]]></Key><Empty/><Size >12</Size ></s3:Entry>
            </List>

            """, root: "List")
        #expect(list.all("Entry").map { $0["Key"] } == ["a&b<>\"'A€", "<raw> & so on"])
        #expect(list.all("Entry")[1]["Empty"] == "")
        #expect(list.all("Entry")[1]["Size"] == "12")
        #expect(list["None"] == nil)
    }

    @Test func aMarkAtTheBeginningIsAllowed() throws {
        #expect(try element("\u{FEFF}<a>x</a>").text == "x")
    }

    @Test(arguments: [
        "", " ", "a", "<a>", "</a>", "<a></b>", "<a><b></a></b>", "<a/><a/>", "<a/>x", "x<a/>", "<a", "<a b></a>",
        "<a b=c></a>", "<a b=\"c></a>", "<a b=\"<\"/>", "<a>&nbsp;</a>", "<a>&</a>", "<a>&amp</a>", "<a>&#0;</a>",
        "<a>&#xD800;</a>", "<a>&#x110000;</a>", "<a>&#+65;</a>", "<a>&#99999999999;</a>", "<a>&#;</a>", "<1/>", "< a/>",
        "<a><!-- </a>", "<a><![CDATA[ ]]</a>", "<?xml version='1.0'", "<a><?php ?></a>", "<b/>", "<a b='1'c='2'/>",
        "<a>\u{0}", "<a/><!-- -->x", "<![CDATA[x]]><a/>",
    ])
    func whatIsNoXMLIsRefused(_ text: String) {
        #expect(throws: XMLReader.Malformed.self) { try element(text) }
    }

    @Test(arguments: [
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b \"cc\">]><a>&b;</a>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", "<a><!DOCTYPE b></a>",
        "<a><!ENTITY b \"c\"></a>",
    ])
    func aDocumentMayNotBringItsOwnEntities(_ text: String) {
        #expect(throws: XMLReader.Malformed.self) { try element(text) }
    }

    @Test func depthNumberAndSizeHaveLimits() {
        let deep = XMLReader.depthLimit
        let nested = { (count: Int) in
            String(repeating: "<a>", count: count) + String(repeating: "</a>", count: count)
        }
        #expect(throws: Never.self) { try element(nested(deep)) }
        #expect(throws: XMLReader.Malformed.self) { try element(nested(deep + 1)) }

        let many = { (count: Int) in "<a>" + String(repeating: "<b/>", count: count) + "</a>" }
        #expect(throws: Never.self) { try element(many(XMLElement.countLimit - 1)) }
        #expect(throws: XMLReader.Malformed.self) { try element(many(XMLElement.countLimit)) }

        let large = { (count: Int) in "<a>" + String(repeating: "b", count: count - 7) + "</a>" }
        #expect(throws: Never.self) { try element(large(XMLReader.sizeLimit)) }
        #expect(throws: XMLReader.Malformed.self) { try element(large(XMLReader.sizeLimit + 1)) }
    }

    @Test func bytesThatAreNoUTF8AreRefused() {
        #expect(throws: XMLReader.Malformed.self) {
            try XMLElement(Array("<a>".utf8) + [0xff] + Array("</a>".utf8), root: "a")
        }
    }

    /// Cut off anywhere, a document is none.
    @Test func everyCutIsRefused() {
        let whole = Array("<?xml version='1.0'?><a b='c'><d>e&amp;f</d><g/><![CDATA[h]]><!--i--></a>".utf8)
        for end in 0..<whole.count {
            #expect(throws: XMLReader.Malformed.self, "cut at \(end)") {
                try XMLElement(Array(whole[..<end]), root: "a")
            }
        }
    }

    @Test func whatIsEscapedIsReadBack() throws {
        let text = "\"quoted\" & <tagged>"
        #expect(try element("<a>\(XMLElement.escaped(text))</a>").text == text)
    }
}
