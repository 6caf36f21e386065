package import PinionLayers
package import PinionOptimizers
package import PinionTensor
package import PinionTraining

/// A random network with everything required for a training step, determined by its number.
///
/// Chains and graphs of all layers: kernels 1...7, strides 1...4, both paddings, even and odd
/// sizes, 1...40 channels, batches of 1, 2, 7 and 33 samples, optimizers with and without
/// schedules, losses of every kind. Every eighth network, 1, 9, 17, ..., has a clipped gradient,
/// LARS or Muon, a focal loss or a sum where it can.
package struct RandomNetwork: Sendable {
  package let number: Int
  package let graph: Graph
  package let optimizer: any Optimizer
  package let loss: any Loss
  package let targets: TargetKind
  package let batch: Int
  /// The number of different inputs if these are indices; nil if they are any numbers.
  package let vocabulary: Int?

  /// The kind of targets.
  package enum TargetKind: String, Sendable, Codable {
    /// Class indices, one per row of the outputs.
    case classes
    /// Distributions over the last axis of the outputs.
    case distributions
    /// Arbitrary values in 0..<1.
    case values
    /// -1 and 1.
    case signs
  }

  package init(_ number: Int) throws {
    var generator = NetworkGenerator(number)
    let design = generator.design()
    self.number = number
    graph = try Graph(input: generator.input, output: design.output, name: "random_\(number)")
    targets = design.targets
    batch = generator.batch
    vocabulary = generator.vocabulary
    if number % 8 == 1 {
      var choices = Choices(seed: number, purpose: "unusual")
      loss = NetworkHead.unusual(design.loss, batch: batch, &choices)
      optimizer = RandomOptimizer.makeUnusual(&choices)
    } else {
      var choices = Choices(seed: number, purpose: "optimizer")
      loss = design.loss
      optimizer = RandomOptimizer.make(&choices)
    }
  }

  /// The shape of a sample's target.
  package var targetShape: Shape {
    switch targets {
    case .classes:
      let rows = Array(graph.outputShape.dropLast())
      return rows.isEmpty ? [1] : Shape(rows)
    case .distributions, .values, .signs: return graph.outputShape
    }
  }

  /// A model with initial weights. Biases, scales and offsets differ from 0 and 1, which could hide
  /// errors.
  package func makeModel(threads: Int = 1) throws -> Model {
    let model = try Model(
      graph, optimizer: optimizer, loss: loss, metrics: [],
      seed: UInt64(number), threads: threads)
    for entry in model.weights.entries where entry.isTrainable && entry.shape.rank == 1 {
      let view = model.weights.view(of: entry)
      let change = AlignedBuffer(count: view.count)
      RandomStream(seed: UInt64(number), purpose: "random networks/" + entry.name)
        .fillUniform(change.view, in: -0.25..<0.25)
      for i in view.indices { view[i] += change.view[i] }
    }
    return model
  }

  /// The inputs of a batch, (N, input shape). Each `draw` gives another batch.
  package func makeInputs(draw: Int = 0) -> AlignedBuffer {
    let inputs = AlignedBuffer(count: batch * graph.inputShape.elementCount)
    RandomStream(seed: UInt64(number), purpose: "random networks/inputs", draw)
      .fillUniform(inputs.view, in: -1..<1)
    if let vocabulary {
      for i in inputs.view.indices {
        let part = (inputs.view[i] + 1) / 2
        inputs.view[i] = min((part * Float(vocabulary)).rounded(.down), Float(vocabulary - 1))
      }
    }
    return inputs
  }

  /// The targets of a batch, (N, target shape).
  package func makeTargets(draw: Int = 0) -> AlignedBuffer {
    let result = AlignedBuffer(count: batch * targetShape.elementCount)
    let stream = RandomStream(seed: UInt64(number), purpose: "random networks/targets", draw)
    stream.fillUniform(result.view, in: 0..<1)
    let classes = graph.outputShape.last ?? 1
    switch targets {
    case .values: break
    case .signs: for i in result.view.indices { result.view[i] = result.view[i] < 0.5 ? -1 : 1 }
    case .classes:
      for i in result.view.indices {
        result.view[i] = (result.view[i] * Float(classes)).rounded(.down)
      }
    case .distributions:
      for row in 0..<result.count / classes {
        let range = row * classes..<(row + 1) * classes
        // Half of them are one-hot.
        let isOneHot = stream.bits(at: UInt64(row) + 1 << 40).x & 1 == 0
        let sum = range.reduce(Float(0)) { $0 + result.view[$1] }
        let hot = range.lowerBound + Int(result.view[range.lowerBound] * Float(classes))
        for i in range { result.view[i] = isOneHot ? (i == hot ? 1 : 0) : result.view[i] / sum }
      }
    }
    return result
  }
}
