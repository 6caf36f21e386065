import ExampleNetworks
import Pinion
import Testing

/// Parameter counts of the report's seven networks, as in its tables.
@Suite struct ReportNetworkTests {
  func check(_ network: Graph, trainable: Int, nonTrainable: Int) {
    let counts = network.parameterCounts
    #expect(counts.trainable == trainable)
    #expect(counts.nonTrainable == nonTrainable)
    #expect(counts.total == trainable + nonTrainable)
  }

  @Test func fashionMNIST() throws {
    try check(FashionMNISTNetwork.mlp.graph, trainable: 71_146, nonTrainable: 0)
    try check(FashionMNISTNetwork.cnn.graph, trainable: 59_434, nonTrainable: 0)
    try check(FashionMNISTNetwork.personal.graph, trainable: 107_524, nonTrainable: 2_202)
  }

  @Test func cifar10Networks() throws {
    try check(CIFAR10Network.mlp.graph, trainable: 144_362, nonTrainable: 0)
    try check(CIFAR10Network.cnn.graph, trainable: 122_986, nonTrainable: 0)
    try check(CIFAR10Network.personal.graph, trainable: 149_010, nonTrainable: 1_208)
  }

  /// Within the largest network of the report for the same data.
  @Test func residualNetworks() throws {
    try #expect(FashionMNISTNetwork.best.graph.parameterCounts.total <= 110_000)
    try #expect(CIFAR10Network.best.graph.parameterCounts.total <= 151_000)
    try #expect(CIFAR100Network.best.graph.parameterCounts.total <= 685_000)
  }

  @Test func cifar100Network() throws {
    try check(CIFAR100Network.personal.graph, trainable: 682_332, nonTrainable: 2_232)
  }
}
