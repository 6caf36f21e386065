import Testing
import VisualizationTestSupport

@testable import PinionVisualization

@Suite struct LineChartTests {
  func chart(_ values: [Double], names: Int = 2) -> LineChart {
    let places = values.indices.map { Double($0 + 1) }
    return LineChart(
      (0..<names).map { index in
        LineChart.Series("series \(index)", x: places, y: values.map { $0 + Double(index) })
      }, xTitle: "Epoch", yTitle: "Loss")
  }

  static let series: [[Double]] = [
    [0.5], [0.5, 0.4], [1, 1, 1], [0, 0], [.nan], [1, .nan, 0.5, 0.4], [.infinity, 1, -.infinity],
    [1e9, 2e9, 3e12], [1e-9, 3e-9], [1e300, -1e300], [1e6, 1e6 + 1e-7], [-5, 12], [],
    (0..<300).map { (index: Int) -> Double in 1 / Double(index + 1) },
  ]

  @Test(arguments: series)
  func textDoesNotOverlap(values: [Double]) {
    for names in [1, 2, 12] {
      for mark in [nil, 1.0, Double(max(1, values.count))] {
        var chart = chart(values, names: names)
        chart.mark = mark.map { .init(x: $0, label: "best epoch: \(Int($0))") }
        let drawing = chart.drawing
        #expect(textFaults(of: drawing) == [])
        #expect(XMLCheck(drawing.svg()).fault == nil)
      }
    }
  }

  @Test func longNamesAreTruncated() {
    var chart = chart([1, 2, 3], names: 9)
    for index in chart.series.indices { chart.series[index].name = Samples.hostile + "\(index)" }
    chart.yTitle = Samples.hostile
    chart.mark = .init(x: 2, label: Samples.hostile)
    #expect(textFaults(of: chart.drawing) == [])
    #expect(XMLCheck(chart.drawing.svg()).fault == nil)
  }

  @Test func gapsSplitTheCurve() throws {
    // Runs of two, one, and three points: two lines, and a dot for each point.
    let drawing = chart([1, 2, .nan, 3, .nan, 4, 5, 6], names: 1).drawing
    let check = XMLCheck(drawing.svg())
    let line = try #require(zip(check.names, check.attributes).first { $0.0 == "path" })
    #expect(line.1["d"]?.filter { $0 == "M" }.count == 2)
    #expect(line.1["d"]?.filter { $0 == "L" }.count == 3)
    #expect(check.count("circle") == 6)
  }

  @Test func isolatedValuesAreDots() {
    #expect(XMLCheck(chart([0.5], names: 1).drawing.svg()).count("circle") == 1)
    let many = chart([0.5] + [Double](repeating: .nan, count: 50), names: 1)
    #expect(XMLCheck(many.drawing.svg()).count("circle") == 1)
  }

  @Test func emptyChartsShowNoData() {
    #expect(chart([.nan, .nan]).drawing.svg().contains("no data"))
    #expect(!chart([1, 2]).drawing.svg().contains("no data"))
  }

  @Test func curvesDifferInColorAndDashes() {
    let styles = (0..<49).map { [Palette.line($0).light, Palette.dash($0) ?? "solid"] }
    #expect(Set(styles).count == 49)
  }

  @Test func dotPlotLabelsDoNotOverlap() {
    let names = Samples.names(100) + [Samples.hostile]
    let values = names.indices.map { $0 == 3 ? .nan : Double($0) / 101 }
    let plot = DotPlot(
      rowNames: names, series: [("precision", values), (Samples.hostile, values)], xTitle: "F1")
    #expect(textFaults(of: plot.drawing) == [])
    #expect(XMLCheck(plot.drawing.svg()).fault == nil)
  }

  @Test func tooltipsShowValues() {
    for hundredths in 20..<220 {
      let drawing = chart([1, 1 + Double(hundredths) / 100], names: 1).drawing
      let numbers = drawing.texts.compactMap { Double($0.text) }
      // In addition to the epochs.
      #expect(numbers.count - 2 >= 3, "\(hundredths)")
    }
  }
}
