import Pinion
import Testing
import VisualizationTestSupport

@testable import PinionReport

@Suite struct TrainingCurvesTests {
  @Test(arguments: [0, 1, 2, 30, 300])
  func trainingCurvesOfAnyLength(epochs: Int) {
    for validation in [true, false] {
      let history = Samples.history(epochs: epochs, validation: validation)
      let curves = TrainingCurves(history, bestEpoch: epochs > 0 ? epochs / 2 : nil)
      #expect(curves.charts.map(\.yTitle) == ["Loss", "Accuracy"])
      #expect(curves.charts[0].series.count == (validation && epochs > 0 ? 2 : 1))
      #expect(textFaults(of: curves.drawing) == [])
    }
  }

  @Test func allMetricsHaveCharts() {
    var history = History()
    history.record(epoch: 0, logs: ["loss": 1, "top_5_accuracy": 0.5, "val_loss": 2])
    let curves = TrainingCurves(history)
    #expect(curves.charts.map(\.yTitle) == ["Loss", "Top 5 accuracy"])
    #expect(curves.charts[0].series.map(\.name) == ["training", "validation"])
  }

  @Test func missingValuesAreGaps() {
    var history = History()
    history.record(epoch: 0, logs: ["loss": 1, "val_loss": 2])
    history.record(epoch: 1, logs: ["loss": 1])
    let values = TrainingCurves(history).charts[0].series[1].y
    #expect(values[0] == 2 && values[1].isNaN)
  }

  @Test func learningRateHasAChart() throws {
    var history = History()
    for epoch in 0..<4 {
      history.record(epoch: epoch, logs: ["loss": 1], learningRate: 0.1 / Double(epoch + 1))
    }
    let curves = TrainingCurves(history)
    #expect(curves.charts.map(\.yTitle) == ["Loss"])
    #expect(curves.learningRate?.series.first?.y == [0.1, 0.05, 0.1 / 3, 0.025])
    #expect(
      TrainingCurves(Samples.history(epochs: 2)).learningRate?.series.first?.y == [0.001, 0.001])
    #expect(TrainingCurves(History()).learningRate == nil)
    var report = try Samples.report(epochs: 1)
    report.history = history
    #expect(report.html().contains("Learning rate"))
  }

  @Test func chartsHaveTooltips() throws {
    let chart = TrainingCurves(Samples.history(epochs: 12)).charts[0]
    let check = XMLCheck(chart.drawing.inlineSVG(widths: 1...1))
    let strips = zip(check.names, check.attributes).filter { $0.1["class"] == "read" }
    #expect(strips.count == 12)
    #expect(check.text.contains("Epoch 7") && check.text.contains("training 0.81"))
    // Files have no tooltips.
    #expect(!chart.drawing.svg().contains("Epoch 7"))
    let long = TrainingCurves(Samples.history(epochs: 5_000)).charts[0]
    let places = XMLCheck(long.drawing.inlineSVG(widths: 1...1)).text.filter {
      $0.hasPrefix("Epoch ")
    }
    #expect(places.count == 200)
    #expect(places.first == "Epoch 1" && places.last == "Epoch 5000")
  }
}
