import Testing
import VisualizationTestSupport

@testable import PinionVisualization

@Suite struct SVGElementTests {
  @Test func textIsEscaped() {
    var output = ""
    SVGElement("text", text: "<&\"'>\u{0}\u{b}").with("data-x", "a\"><b c='&'")
      .write(to: &output, theme: .file)
    let check = XMLCheck(output)
    #expect(check.fault == nil)
    #expect(check.names == ["text"])
    #expect(check.text == ["<&\"'>\u{fffd}\u{fffd}"])
    #expect(check.attributes == [["data-x": "a\"><b c='&'"]])
  }

  @Test func directionControlsAreReplaced() {
    #expect(Markup.escaped("a\u{202e}b\u{2067}c") == "a\u{fffd}b\u{fffd}c")
    #expect(Markup.escaped("שלום") == "שלום")
  }

  @Test(arguments: [
    (0.0, "0"), (-0.001, "0"), (1, "1"), (-1.5, "-1.5"), (2.345, "2.35"), (0.05, "0.05"),
    (99.999, "100"), (-0.25, "-0.25"),
  ])
  func numbersHaveAtMostTwoDecimals(value: Double, text: String) {
    #expect(SVGElement.number(value) == text)
  }

  @Test func filesUseLightColorsAndPagesUseVariables() {
    var drawing = Drawing(width: 10, height: 10, title: "t")
    drawing.line(from: Point(0, 0), to: Point(1, 1), .ink)
    #expect(!drawing.svg().contains("var("))
    #expect(drawing.svg().contains(Paint.ink.light))
    let inline = drawing.inlineSVG(widths: 1...1)
    #expect(inline.contains("stroke=\"var(--ink)\""))
    #expect(XMLCheck(inline).fault == nil)
  }

  @Test func contrastingColorIsBlackOrWhite() {
    #expect(RGB(0xf0e442).contrasting == .black)
    #expect(RGB(0x1f2d44).contrasting == .white)
    // Black on orange has more contrast than white: 9.4 to 2.2.
    #expect(RGB(0xe69f00).contrasting == .black)
  }

  @Test func colorScaleDarkensMonotonically() {
    let luminances = (0...100).map { ColorScale.color(at: Double($0) / 100).luminance }
    #expect(zip(luminances, luminances.dropFirst()).allSatisfy { $0 > $1 })
    #expect(ColorScale.color(at: .nan) == ColorScale.color(at: 0))
    #expect(ColorScale.color(at: 2) == ColorScale.color(at: 1))
  }
}
