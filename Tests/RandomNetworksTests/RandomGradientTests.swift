import PinionLayers
import PinionTensor
import PinionTraining
import RandomNetworks
import Testing

/// Compares losses, outputs and gradients of random networks with plain loops in double precision,
/// which are compared with finite differences.
@Suite struct RandomGradientTests {
  /// The allowed error: three times that of plain loops in single precision, plus 16 roundings of
  /// the sum's terms, by which Winograd's algorithm and other orders of summation differ.
  private static func bound(plain: Double, terms: Double) -> Double {
    3 * plain + 16 * terms * 0x1p-24
  }

  @Test(arguments: RandomNetworkTests.numbers) func agreesWithReference(_ number: Int) throws {
    let network = try RandomNetwork(number)
    let model = try network.makeModel()
    // Without inputs far from all kinks, the gradient is not unique.
    guard let inputs = network.separatedInputs(model.weights) else { return }
    let (x, targets) = (inputs.view.array, network.makeTargets())
    let truth = network.reference(model.weights)
    truth.run(x, step: 0)
    truth.backward(targets: targets.view.array, withMagnitudes: true)
    let plain = network.singleReference(model.weights)
    plain.run(x, step: 0)
    plain.backward(targets: targets.view.array)
    #expect(truth.shapes.dropFirst() == network.graph.nodes.map { Array($0.outputShape) }[...])
    let trial = try NetworkTrial(network, inputs: inputs, targets: targets, threads: 2)
    #expect(
      abs(trial.losses[0] - truth.loss)
        <= Self.bound(plain: abs(plain.loss - truth.loss), terms: max(1, truth.loss)))
    for entry in model.weights.entries where entry.isTrainable {
      let found = Array(trial.gradients[entry.range])
      let expected = try #require(truth.gradients[entry.name])
      let terms = try #require(truth.magnitudes[entry.name])
      let single = try #require(plain.gradients[entry.name])
      var (error, plainError) = (0.0, 0.0)
      for i in found.indices {
        error = max(error, abs(Double(found[i]) - expected[i]))
        plainError = max(plainError, abs(Double(single[i]) - expected[i]))
      }
      let bound = Self.bound(plain: plainError, terms: terms.max() ?? 0)
      #expect(error <= bound, "\(entry.name) of network \(number)")
      // If all terms of a sum are zero, so is the sum, with every algorithm.
      let noise = found.indices.filter { terms[$0] == 0 && found[$0] != 0 }
      #expect(noise.isEmpty, "\(entry.name) of network \(number): zeros that are not")
    }
    try expectDifferences(of: truth, network, model, x, targets.view.array)
    try expectOutputs(network, model, inputs)
  }

  /// The reference's gradient along a random direction equals the finite difference of its losses
  /// over a step that crosses no kink.
  private func expectDifferences(
    of truth: ReferenceNetwork<Double>, _ network: RandomNetwork, _ model: Model, _ x: [Float],
    _ targets: [Float]
  ) throws {
    let step = 1e-7
    var slope = 0.0
    var norm = 0.0
    let moved = [network.reference(model.weights), network.reference(model.weights)]
    for (name, gradient) in truth.gradients {
      let direction = AlignedBuffer(count: gradient.count)
      RandomStream(seed: UInt64(network.number), purpose: "direction/" + name)
        .fillUniform(direction.view, in: -1..<1)
      for i in gradient.indices {
        let d = Double(direction.view[i])
        slope += d * gradient[i]
        norm += gradient[i] * gradient[i]
        moved[0].parameters[name]?[i] += step * d
        moved[1].parameters[name]?[i] -= step * d
      }
    }
    for reference in moved {
      reference.run(x, step: 0)
      reference.evaluateLoss(targets: targets)
    }
    let difference = (moved[0].loss - moved[1].loss) / (2 * step)
    #expect(
      abs(difference - slope) <= 1e-5 * (norm.squareRoot() + 1e-3),
      "network \(network.number): \(difference), \(slope)")
  }

  /// Predictions before training agree with the reference.
  private func expectOutputs(
    _ network: RandomNetwork, _ model: Model, _ inputs: AlignedBuffer
  ) throws {
    let truth = network.reference(model.weights)
    truth.run(inputs.view.array, step: nil)
    let plain = network.singleReference(model.weights)
    plain.run(inputs.view.array, step: nil)
    let shape = network.graph.inputShape.prepending(network.batch)
    let found = try model.predict(Tensor(copying: inputs.view, shape: shape)).elements
    var (error, plainError, largest) = (0.0, 0.0, 0.0)
    for i in found.indices {
      error = max(error, abs(Double(found[i]) - truth.outputs[i]))
      plainError = max(plainError, abs(Double(plain.outputs[i]) - truth.outputs[i]))
      largest = max(largest, abs(truth.outputs[i]))
    }
    #expect(
      error <= Self.bound(plain: plainError, terms: largest), "outputs of \(network.number)")
  }
}
