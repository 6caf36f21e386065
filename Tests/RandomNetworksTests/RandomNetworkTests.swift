import FoundationEssentials
import PinionLayers
import PinionOptimizers
import PinionTensor
import PinionTraining
import RandomNetworks
import Testing

/// 200 random networks: nothing traps, shapes are as declared, bits do not depend on threads,
/// gradients agree with the reference, and saved networks give equal predictions.
@Suite struct RandomNetworkTests {
  static let numbers = Array(0..<200)

  @Test(arguments: numbers) func sameBitsOnAnyThreads(_ number: Int) throws {
    let network = try RandomNetwork(number)
    let (inputs, targets) = (network.makeInputs(), network.makeTargets())
    let one = try NetworkTrial(network, inputs: inputs, targets: targets, threads: 1)
    let shapes = network.graph.outputShapes
    #expect(one.outputs.map(\.shape) == shapes.map { $0.prepending(network.batch) })
    #expect(one.predictorOutputs.map(\.shape) == one.outputs.map(\.shape))
    #expect(one.single.map(\.shape) == shapes.map { $0.prepending(1) })
    #expect(one.losses.allSatisfy { $0.isFinite })
    for threads in [2, 3, 5] {
      let other = try NetworkTrial(
        network, inputs: inputs, targets: targets, threads: threads)
      #expect(other.bits == one.bits, "\(threads) threads")
    }
    try #expect(
      saved(one, inputs, network) == one.outputs.flatMap(\.elements).map(\.bitPattern))
  }

  /// The prediction of a saved and loaded network as bits.
  private func saved(
    _ trial: NetworkTrial, _ inputs: [AlignedBuffer], _ network: RandomNetwork
  ) throws -> [UInt32] {
    let file = FileManager.default.temporaryDirectory
      .appending(path: "random-network-\(UUID().uuidString).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    try trial.model.saveWeights(to: file)
    let loss = network.objectives[0].loss
    let loaded = try Model(contentsOf: file, loss: loss, metrics: [], threads: 1)
    #expect(loaded.graph == network.graph)
    let batch = inputs.tensors(network.graph.inputShapes, samples: network.batch)
    return try loaded.predict(batch).flatMap(\.elements).map(\.bitPattern)
  }
}
