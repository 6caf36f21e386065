import Foundation
import FoundationXML

/// The elements and text of an XML document, by Foundation's parser.
final class XMLCheck: NSObject, XMLParserDelegate {
  private(set) var names: [String] = []
  private(set) var attributes: [[String: String]] = []
  private(set) var text: [String] = []
  private(set) var fault: String?

  init(_ document: String) {
    super.init()
    let parser = XMLParser(data: Data(document.utf8))
    parser.delegate = self
    if !parser.parse() { fault = "\(parser.parserError.map { "\($0)" } ?? "unknown")" }
  }

  func count(_ name: String) -> Int { names.count { $0 == name } }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    names.append(name)
    self.attributes.append(attributes)
    text.append("")
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    text[text.count - 1] += string
  }
}
