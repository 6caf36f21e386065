package import Foundation
package import FoundationXML

/// The elements and text of an XML document, by Foundation's parser.
package final class XMLCheck: NSObject, XMLParserDelegate {
  package private(set) var names: [String] = []
  package private(set) var attributes: [[String: String]] = []
  package private(set) var text: [String] = []
  package private(set) var fault: String?

  package init(_ document: String) {
    super.init()
    let parser = XMLParser(data: Data(document.utf8))
    parser.delegate = self
    if !parser.parse() { fault = "\(parser.parserError.map { "\($0)" } ?? "unknown")" }
  }

  package func count(_ name: String) -> Int { names.count { $0 == name } }

  package func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    names.append(name)
    self.attributes.append(attributes)
    text.append("")
  }

  package func parser(_ parser: XMLParser, foundCharacters string: String) {
    text[text.count - 1] += string
  }
}
