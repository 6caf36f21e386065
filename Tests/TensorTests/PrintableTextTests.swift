import Testing

@testable import PinionTensor

@Suite struct PrintableTextTests {
  @Test(arguments: [
    ("\u{1b}[2J", "\\u{1B}[2J"), ("\u{1b}]0;title\u{7}", "\\u{1B}]0;title\\u{7}"),
    ("a\r\nb\tc", "a\\r\\nb\\tc"), ("\u{0}\u{8}\u{7f}", "\\u{0}\\u{8}\\u{7F}"),
    // A one-byte control sequence introducer, and the next line of ISO 6429.
    ("\u{9b}31m\u{85}", "\\u{9B}31m\\u{85}"), ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
    ("\u{202e}gpj.exe\u{202c}", "\\u{202E}gpj.exe\\u{202C}"),
    ("\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}", "\\u{2066}\\u{2069}\\u{200E}\\u{200F}\\u{61C}"),
  ])
  func whatATerminalWouldObeyIsShown(text: String, shown: String) {
    #expect(PrintableText.escaped(text) == shown)
    #expect(PrintableText.escaped(shown) == shown)
  }

  @Test(arguments: [
    "", "conv2d_1/kernel", "Ångström", "e\u{301}", "טקסט", "👩‍🔬", "C:\\temp", "a\u{a0}b",
  ])
  func allElseStays(text: String) { #expect(PrintableText.escaped(text) == text) }

  @Test func linesStayWhereATextHasLinesOfItsOwn() {
    #expect(PrintableText.escaped("a\n\u{1b}b\r", keepsLines: true) == "a\n\\u{1B}b\\r")
  }

  @Test func errorsAndBrokenRequirementsAreFitForATerminal() {
    let error = FileError(
      file: "a\u{1b}[2J", place: "b\n", expected: "c\u{9b}", found: "d\u{202e}")
    #expect("\(error)" == "a\\u{1B}[2J: b\\n: expected c\\u{9B}, found d\\u{202E}")
    #expect(error.file == "a\u{1b}[2J")
  }

  @Test func warningsAreFitForATerminal() async {
    let result = await #expect(
      processExitsWith: .success, observing: [\.standardErrorContent]
    ) { Notice.show("class \"\u{1b}[2J\n\"") }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("pinion: class \"\\u{1B}[2J\\n\"\n"), "\(text)")
  }
}
