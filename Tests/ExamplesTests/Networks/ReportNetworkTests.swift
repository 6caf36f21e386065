import ExampleNetworks
import Pinion
import Testing

/// Parameter counts of the report's seven networks, as in its tables.
@Suite struct ReportNetworkTests {
  func check(_ network: Sequential, trainable: Int, nonTrainable: Int) {
    let counts = network.graph.parameterCounts
    #expect(counts.trainable == trainable)
    #expect(counts.nonTrainable == nonTrainable)
    #expect(counts.total == trainable + nonTrainable)
  }

  @Test func fashionMNIST() throws {
    try check(FashionMNISTNetwork.mlp.definition, trainable: 71_146, nonTrainable: 0)
    try check(FashionMNISTNetwork.cnn.definition, trainable: 59_434, nonTrainable: 0)
    try check(FashionMNISTNetwork.personal.definition, trainable: 107_524, nonTrainable: 2_202)
  }

  @Test func cifar10Networks() throws {
    try check(CIFAR10Network.mlp.definition, trainable: 144_362, nonTrainable: 0)
    try check(CIFAR10Network.cnn.definition, trainable: 122_986, nonTrainable: 0)
    try check(CIFAR10Network.personal.definition, trainable: 149_010, nonTrainable: 1_208)
  }

  @Test func cifar100Network() throws {
    try check(CIFAR100Network.personal.definition, trainable: 682_332, nonTrainable: 2_232)
  }
}
