import Metrics
import Pinion
import Testing

/// Uses swift-metrics and Pinion's metrics in one file.
@Suite struct MetricsTests {
  @Test func bothMetricsModulesInOneFile() {
    let counter = Counter(label: "predictions", factory: NOOPMetricsHandler.instance)
    counter.increment()
    #expect(Accuracy().name == "accuracy")
  }
}
