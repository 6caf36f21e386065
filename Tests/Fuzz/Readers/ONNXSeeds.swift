import InterchangeNetworks
import Pinion
import PinionInterchange

/// Files of ONNX: of Pinion, of other exporters, and graphs of a few nodes.
enum ONNXSeeds {
  private static let fixtures = [
    "keras_dynamo", "keras_script", "activations_dynamo", "activations_script", "mobilenet_dynamo",
    "mobilenet_script", "keras_attention", "heads_dynamo", "heads_script", "joint_dynamo",
    "joint_script", "module_dynamo", "module_script", "resnet_dynamo",
  ]

  @Sendable static func valid(_ scratch: ScratchFile) throws -> [[UInt8]] {
    var networks = try ModelSeeds.graphs().map { Network($0, seed: 1) }
    networks[0].classNames = ["a", "b"]
    networks += try (ONNXNetworks.layers() + ONNXNetworks.random(0..<20)).map(\.network)
    var files: [[UInt8]] = []
    for network in networks {
      try network.exportONNX(to: scratch.url("seed"))
      // Not all formulas that are written are recognized as layers.
      do { _ = try Network(onnx: scratch.url("seed")) } catch is ONNXError { continue }
      files.append(try scratch.bytes("seed"))
    }
    return files + ONNXModels.valid.map(\.bytes)
      + (try fixtures.map { try ModelSeeds.fixture("interchange/onnx_\($0).onnx") })
  }

  static let refusals = ONNXModels.wrong.map(\.bytes)
}
