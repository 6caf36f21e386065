import PinionLayers
import PinionTensor
import PinionTraining
import RandomNetworks
import Testing

/// Compares losses, outputs and gradients of random networks with plain loops in double precision,
/// which are compared with finite differences.
@Suite struct RandomGradientTests {
  /// The allowed error: three times that of plain loops in single precision, plus 16 roundings of
  /// the sum's terms, by which Winograd's algorithm and other orders of summation differ, plus 1/64
  /// rounding of the largest terms of all, for sums of what has canceled in layers above.
  private static func bound(plain: Double, terms: Double, all: Double = 0) -> Double {
    3 * plain + 16 * terms * 0x1p-24 + all * 0x1p-30
  }

  /// Plain loops in both precisions. With neighbors other than 0 each weight is a last bit higher,
  /// lower or as it is: one evaluation is a sample of one, in which errors may cancel.
  private func references(
    _ network: RandomNetwork, _ model: Model, neighbor: Int
  ) -> (truth: ReferenceNetwork<Double>, plain: ReferenceNetwork<Float>) {
    let truth = network.reference(model.weights)
    let plain = network.singleReference(model.weights)
    for (name, values) in plain.parameters where neighbor > 0 {
      let stream = RandomStream(seed: UInt64(neighbor), purpose: "neighbor/" + name)
      let moved = values.enumerated().map { i, value in
        switch stream.bits(at: UInt64(i)).x % 3 {
        case 0: value.nextUp
        case 1: value.nextDown
        default: value
        }
      }
      plain.parameters[name] = moved
      truth.parameters[name] = moved.map { Double($0) }
    }
    return (truth, plain)
  }

  /// The largest error of plain loops in single precision in each gradient.
  private func plainErrors(
    _ samples: Range<Int>, _ network: RandomNetwork, _ model: Model, _ x: [[Float]],
    _ targets: [[Float]]
  ) -> [String: Double] {
    var errors: [String: Double] = [:]
    for sample in samples {
      let (truth, plain) = references(network, model, neighbor: sample)
      truth.run(x, step: 0)
      truth.backward(targets: targets)
      plain.run(x, step: 0)
      plain.backward(targets: targets)
      for (name, gradient) in plain.gradients {
        let expected = truth.gradients[name] ?? []
        let own = zip(gradient, expected).map { abs(Double($0) - $1) }.max() ?? 0
        errors[name] = max(errors[name] ?? 0, own)
      }
    }
    return errors
  }

  @Test(arguments: RandomNetworkTests.numbers) func agreesWithReference(_ number: Int) throws {
    let network = try RandomNetwork(number)
    let model = try network.makeModel()
    // Without inputs far from all kinks, the gradient is not unique.
    guard let inputs = network.separatedInputs(model.weights) else { return }
    let (x, targets) = (inputs.arrays, network.makeTargets())
    let truth = network.reference(model.weights)
    truth.run(x, step: 0)
    truth.backward(targets: targets.arrays, withMagnitudes: true)
    let plain = network.singleReference(model.weights)
    plain.run(x, step: 0)
    plain.backward(targets: targets.arrays, withMagnitudes: true)
    #expect(
      truth.shapes.dropFirst(inputs.count) == network.graph.nodes.map { Array($0.outputShape) }[...]
    )
    let trial = try NetworkTrial(network, inputs: inputs, targets: targets, threads: 2)
    #expect(
      abs(trial.losses[0] - truth.loss)
        <= Self.bound(plain: abs(plain.loss - truth.loss), terms: max(1, truth.loss)))
    let all = truth.magnitudes.values.compactMap { $0.max() }.max() ?? 0
    var errors = plainErrors(0..<1, network, model, x, targets.arrays)
    for entry in model.weights.entries where entry.isTrainable {
      let found = Array(trial.gradients[entry.range])
      let expected = try #require(truth.gradients[entry.name])
      let terms = try #require(truth.magnitudes[entry.name])
      let singleTerms = try #require(plain.magnitudes[entry.name])
      let error = zip(found, expected).map { abs(Double($0) - $1) }.max() ?? 0
      func bound() -> Double {
        Self.bound(plain: errors[entry.name] ?? 0, terms: terms.max() ?? 0, all: all)
      }
      if error > bound() {
        errors.merge(plainErrors(1..<6, network, model, x, targets.arrays), uniquingKeysWith: max)
      }
      #expect(error <= bound(), "\(entry.name) of network \(number)")
      // If all terms of a sum are zero, in both precisions, so is the sum, with every algorithm.
      let noise = found.indices.filter {
        terms[$0] == 0 && singleTerms[$0] == 0 && found[$0] != 0
      }
      #expect(noise.isEmpty, "\(entry.name) of network \(number): zeros that are not")
    }
    try expectDifferences(of: truth, network, model, x, targets.arrays)
    try expectOutputs(network, model, inputs)
  }

  /// The reference's gradient along a random direction equals the finite difference of its losses
  /// over a step that crosses no kink.
  private func expectDifferences(
    of truth: ReferenceNetwork<Double>, _ network: RandomNetwork, _ model: Model, _ x: [[Float]],
    _ targets: [[Float]]
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
        // Across the kink of a penalty on |w| there is no slope.
        if let value = moved[0].parameters[name]?[i], value != 0, abs(value) < 2 * step {
          slope -= d * gradient[i]
          continue
        }
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
    _ network: RandomNetwork, _ model: Model, _ inputs: [AlignedBuffer]
  ) throws {
    let batch = inputs.tensors(network.graph.inputShapes, samples: network.batch)
    let outputs = try model.predict(batch).map(\.elements)
    for (output, found) in outputs.enumerated() {
      var (error, plainError, largest) = (0.0, 0.0, 0.0)
      for neighbor in 0..<6 {
        let (truth, plain) = references(network, model, neighbor: neighbor)
        truth.run(inputs.arrays, step: nil)
        plain.run(inputs.arrays, step: nil)
        let (expected, single) = (truth.outputs(output), plain.outputs(output))
        for i in found.indices {
          if neighbor == 0 { error = max(error, abs(Double(found[i]) - expected[i])) }
          plainError = max(plainError, abs(Double(single[i]) - expected[i]))
          largest = max(largest, abs(expected[i]))
        }
        if error <= Self.bound(plain: plainError, terms: largest) { break }
      }
      #expect(
        error <= Self.bound(plain: plainError, terms: largest),
        "output \(output) of \(network.number)")
    }
  }
}
