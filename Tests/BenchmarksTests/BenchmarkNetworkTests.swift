import BenchmarkNetworks
import Pinion
import Testing

@Suite struct BenchmarkNetworkTests {
  /// The numbers in `Benchmarks/peers/test_peers.py`.
  static let parameters: [BenchmarkNetwork: Int] = [
    .fashionMNISTMLP: 71_146, .fashionMNISTCNN: 59_434, .fashionMNISTPersonal: 109_726,
    .cifar10MLP: 144_362, .cifar10CNN: 122_986, .cifar10Personal: 150_218,
    .cifar100Personal: 684_564, .leNet5: 61_706, .resNet20: 274_042, .vgg: 1_189_066,
    .allConvolutional: 480_234, .mobileNet: 139_722, .denseNet: 73_678, .wideStem: 2_806_250,
    .visionTransformer: 208_842, .wideMLP: 2_919_434,
  ]

  @Test(arguments: BenchmarkNetwork.allCases)
  func networksHaveAsManyParametersAsThoseOfOtherLibraries(network: BenchmarkNetwork) throws {
    #expect(try network.graph.parameterCounts.total == Self.parameters[network])
  }

  @Test func sevenAreTheReports() {
    #expect(BenchmarkNetwork.report.count == 7)
    #expect(BenchmarkNetwork.report.last == .cifar100Personal)
  }
}
