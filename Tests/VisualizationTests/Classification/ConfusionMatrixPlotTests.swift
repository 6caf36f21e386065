import PinionMetrics
import Testing
import VisualizationTestSupport

@testable import PinionVisualization

@Suite struct ConfusionMatrixPlotTests {
  @Test func smallMatricesShowCountsAndNames() throws {
    let matrix = try Samples.confusion(Samples.fashionNames)
    let drawing = ConfusionMatrixPlot(matrix).drawing
    let check = XMLCheck(drawing.svg())
    #expect(check.fault == nil)
    let shown = Set(check.text)
    #expect(Samples.fashionNames.allSatisfy { shown.contains($0) })
    let counts = matrix.counts.filter { $0 > 0 }
    #expect(counts.allSatisfy { shown.contains("\($0)") })
    #expect(textFaults(of: drawing) == [])
  }

  @Test(arguments: [1, 2, 10, 20, 21, 50, 100, 250])
  func textDoesNotOverlap(classes: Int) throws {
    var names = Samples.names(classes)
    for compact in [false, true] {
      for total in [3, 12_345] {
        let matrix = try Samples.confusion(names, total: classes > 20 ? 10 : total)
        #expect(textFaults(of: ConfusionMatrixPlot(matrix).drawing(isCompact: compact)) == [])
      }
    }
    names[0] = Samples.hostile
    names[classes - 1] = Samples.hostile
    let drawing = ConfusionMatrixPlot(try Samples.confusion(names, total: 5)).drawing
    #expect(textFaults(of: drawing) == [])
    #expect(XMLCheck(drawing.svg()).fault == nil)
  }

  @Test func hundredClassesAreLabeled() throws {
    let names = Samples.names(100)
    let drawing = ConfusionMatrixPlot(try Samples.confusion(names, total: 100)).drawing
    let shown = drawing.texts.map(\.text)
    #expect(names.allSatisfy { name in shown.count { $0 == name } == 2 })
    #expect(drawing.width < 1_200)
  }

  @Test func colorsAreFractionsOfRows() throws {
    var matrix = try ConfusionMatrix(classNames: ["a", "b", "c"])
    for _ in 0..<3 { try matrix.add(true: 0, predicted: 0) }
    try matrix.add(true: 0, predicted: 1)
    try matrix.add(true: 1, predicted: 2)
    let map = ConfusionMatrixPlot(matrix).heatMap
    #expect(map.color(x: 0, y: 0) == ColorScale.color(ofFraction: 0.75))
    #expect(map.color(x: 1, y: 0) == ColorScale.color(ofFraction: 0.25))
    #expect(map.color(x: 2, y: 1) == ColorScale.color(ofFraction: 1))
    // A class without samples.
    #expect(map.color(x: 0, y: 2) == ColorScale.color(ofFraction: 0))
  }

  @Test func groupsReorderClasses() throws {
    var matrix = try ConfusionMatrix(classNames: ["a", "b", "c", "d"])
    try matrix.add(true: 2, predicted: 0)
    let plot = ConfusionMatrixPlot(
      matrix,
      groups: [ClassGroup("late", classes: [2, 3, 9]), ClassGroup("again", classes: [3, 0])])
    #expect(plot.order == [2, 3, 0, 1])
    #expect(plot.heatMap.color(x: 2, y: 0) == ColorScale.color(ofFraction: 1))
    #expect(textFaults(of: plot.drawing) == [])
  }

  @Test func groupsOfHundredClassesAreLabeled() throws {
    let groups = (0..<20).map { group in
      ClassGroup(
        "a rather long superclass \(group)", classes: (0..<5).map { $0 * 20 + group })
    }
    let matrix = try Samples.confusion(Samples.names(100), total: 100)
    let drawing = ConfusionMatrixPlot(matrix, groups: groups).drawing
    #expect(textFaults(of: drawing) == [])
    #expect(drawing.texts.contains { $0.text == "a rather long superclass 7" })
  }

  @Test func imageIsScaledUp() throws {
    let image = ConfusionMatrixPlot(try Samples.confusion(Samples.names(100), total: 5)).image
    #expect((image.width, image.height) == (1_000, 1_000))
  }

  @Test func confusedPairsAreDescribed() throws {
    var matrix = try ConfusionMatrix(classNames: ["T-shirt/top", "Shirt", "Bag"])
    for index in 0..<1_000 { try matrix.add(true: 1, predicted: index < 112 ? 0 : 1) }
    for index in 0..<10 { try matrix.add(true: 2, predicted: index < 5 ? 1 : 2) }
    #expect(
      matrix.mostConfusedPairs().map(\.description) == [
        "Bag predicted as Shirt: 5 of 10 (50.0 %)",
        "Shirt predicted as T-shirt/top: 112 of 1,000 (11.2 %)",
      ])
    #expect(matrix.mostConfusedPairs(1).count == 1)
    #expect(matrix.mostConfusedPairs(-1).isEmpty)
    #expect(try ConfusionMatrix(classes: 2).mostConfusedPairs().isEmpty)
  }

  @Test func countsHaveContrastInLightAndDarkMode() {
    func contrast(_ one: RGB, _ other: RGB) -> Double {
      let (dark, light) = (
        min(one.luminance, other.luminance), max(one.luminance, other.luminance)
      )
      return (light + 0.05) / (dark + 0.05)
    }
    for percent in 0...100 {
      let area = ColorScale.pale(ofFraction: Double(percent) / 100)
      let paint = Paint.text(on: area)
      for (ground, text) in [(area, paint.light), (area.inverted, paint.dark)] {
        let color = RGB(UInt32(text.dropFirst(), radix: 16) ?? 0x808080)
        #expect(contrast(ground, color) >= 4.5, "\(percent) %: \(text) on \(ground.hex)")
      }
      #expect(Paint.named.contains(paint))
    }
  }

  /// The colors that Chromium 120 displays with the page's filter.
  @Test(
    arguments: [
      (0xffffff, 0x141414), (0x000000, 0xeaeaea), (0x4d92d4, 0x4680b7), (0x9ecaee, 0x264b69),
      (0x2e69a9, 0x6e9fd5), (0xd55e00, 0xe07c2d),
    ] as [(UInt32, UInt32)])
  func invertedColorsMatchBrowsers(color: UInt32, expected: UInt32) {
    for (found, expected) in zip(RGB(color).inverted.bytes, RGB(expected).bytes) {
      // Browsers round between the two filters.
      #expect(abs(Int(found) - Int(expected)) <= 2)
    }
  }

  @Test func textIsNotInverted() throws {
    for classes in [10, 100] {
      let matrix = try Samples.confusion(Samples.names(classes), total: 100)
      let elements = ConfusionMatrixPlot(matrix).drawing.elements
      let turned = elements.filter { $0.attributes.contains { $0.value == .text("heat") } }
      #expect(turned.count == 1)
      #expect(turned.allSatisfy { $0.children.allSatisfy { $0.name != "text" } })
    }
  }
}
