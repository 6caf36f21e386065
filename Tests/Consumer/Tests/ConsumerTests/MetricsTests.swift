import Metrics
import Pinion
import Testing

/// swift-metrics beside our own metrics, in one file.
@Suite struct MetricsTests {
  @Test func bothMetricsModulesInOneFile() {
    let counter = Counter(label: "predictions", factory: NOOPMetricsHandler.instance)
    counter.increment()
    #expect(Accuracy().name == "accuracy")
  }
}
