import Foundation
import Pinion
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionReport

/// Names of classes, layers and titles with markup, quotes, separators, line breaks, control and
/// bidirectional characters, in each kind of output: shown as text, never acted on.
@Suite struct InjectionTests {
  static let names = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='alert(1)",
    "]]><svg onload=alert(1)>", "&lt;b&gt;", "--><b>", "</title></svg>", "javascript:alert(1)",
    "a,b;c\td", "=1+1", "line\nbreak\r\n", "nul\u{0}", "esc\u{1b}[2J", "\u{202e}dessever",
    "\u{2066}isolated\u{2069}", "c1\u{9b}31m", "../../etc/passwd", "$(touch x)", "%s%n", "\\",
    "\u{FEFF}bom", "\u{2028}separator",
  ]

  /// What must not occur as markup or as control.
  private static func check(_ text: String, _ name: String) {
    for word in ["<script", "<img src=x", "<svg onload", " onload='", "--><b>", "]]><"] {
      #expect(!text.contains(word), "\(name.debugDescription): \(word)")
    }
    let controls: Set<Unicode.Scalar> = ["\u{0}", "\u{1b}", "\u{9b}", "\u{202e}", "\u{2066}"]
    #expect(!text.unicodeScalars.contains { controls.contains($0) }, "\(name.debugDescription)")
  }

  @Test(arguments: names) func pagesShowNamesAsText(name: String) throws {
    var report = try Samples.report(names: [name, "b"], epochs: 2)
    report.settings = [.init(name, name)]
    report.notes = [name]
    let page = report.html().replacingOccurrences(of: "<!DOCTYPE html>\n", with: "")
    #expect(XMLCheck(page).fault == nil)
    Self.check(page, name)
    for (_, drawing) in report.drawings {
      let svg = drawing.svg()
      #expect(XMLCheck(svg).fault == nil)
      Self.check(svg, name)
    }
    // JSON keeps names exactly.
    let folder = try TemporaryFolder()
    try report.write(to: folder.url)
    #expect(try RunSummary(readingFrom: folder.url).classNames == [name, "b"])
    #expect(folder.contents.allSatisfy { !$0.contains("/") })
  }

  @Test(arguments: names) func terminalsShowNamesAsText(name: String) throws {
    var matrix = try ConfusionMatrix(classNames: [name, "b"])
    try matrix.add(true: 0, predicted: 1)
    for text in [matrix.description, ClassificationReport(matrix).description] {
      let controls = text.unicodeScalars.filter { $0.value < 32 && $0 != "\n" || $0 == "\u{9b}" }
      #expect(controls.isEmpty, "\(name.debugDescription)")
      #expect(!text.unicodeScalars.contains("\u{202e}"))
    }
  }

  /// A field with a separator, quotes or line breaks is quoted, and read back as it was.
  @Test func columnsOfLogsAreQuoted() throws {
    final class Renaming: Callback {
      let name: String

      init(name: String) { self.name = name }

      var addedLogNames: Set<String>? { [name] }

      func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
        logs[name] = 1
      }
    }
    for name in ["a,b", "say \"a\"", "a\nb"] {
      let folder = try TemporaryFolder()
      let file = folder.url.appending(path: "log.csv")
      let data = try ArrayDataset(
        inputs: [0, 1], inputShape: [1], targets: [0, 1], targetShape: [1])
      let model = try Model(
        Sequential(input: [1]) { Dense(1) }, optimizer: SGD(), loss: .meanSquaredError, threads: 1)
      try model.fit(
        data, epochs: 2, callbacks: [Renaming(name: name), CSVLogger(file)], verbose: false)
      let columns: [CSVColumn] = [.number(name)]
      let log = try CSVDataset(
        contentsOf: file, features: columns, target: .number("loss"))
      #expect(log.count == 2 && log.featureNames == [name])
    }
  }
}
