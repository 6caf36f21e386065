package import PinionLayers
package import PinionOptimizers
package import PinionTensor
package import PinionTraining

/// A random network with everything required for a training step, determined by its number.
///
/// Chains and graphs of all layers, some with two inputs or two outputs: kernels 1...7, strides
/// 1...4, both paddings, even and odd sizes, 1...40 channels, batches of 1, 2, 7 and 33 samples,
/// penalties and projections, optimizers with and without schedules, losses of every kind. Every
/// eighth network, 1, 9, 17, ..., has a clipped gradient, LARS or Muon, a focal loss or a sum where
/// it can.
package struct RandomNetwork: Sendable {
  package let number: Int
  package let graph: Graph
  package let optimizer: any Optimizer
  /// The loss and the targets of each output.
  package let objectives: [Objective]
  package let batch: Int
  /// The number of different elements of the first input if these are indices; nil if they are any
  /// numbers.
  package let vocabulary: Int?

  package struct Objective: Sendable {
    package let loss: any Loss
    package let targets: TargetKind
    /// The factor of the loss in the total.
    package let weight: Double
  }

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
    /// Values in 0.5..<1.5.
    case awayFromZero
    /// A class index and the logits of all classes, one list per row of the outputs.
    case classesAndLogits
  }

  package init(_ number: Int) throws {
    var generator = NetworkGenerator(number)
    let heads = generator.design()
    self.number = number
    graph = try Graph(
      inputs: generator.inputs, outputs: heads.map(\.output), name: "random_\(number)")
    batch = generator.batch
    vocabulary = generator.vocabulary
    let losses: [any Loss]
    if number % 8 == 1 {
      var choices = Choices(seed: number, purpose: "unusual")
      losses = heads.map { NetworkHead.unusual($0.loss, batch: generator.batch, &choices) }
      optimizer = RandomOptimizer.makeUnusual(&choices)
    } else {
      var choices = Choices(seed: number, purpose: "optimizer")
      losses = heads.map(\.loss)
      optimizer = RandomOptimizer.make(&choices)
    }
    objectives = zip(heads, losses).enumerated().map { index, head in
      Objective(
        loss: head.1, targets: head.0.targets, weight: heads.count == 1 ? 1 : [0.75, 1.5][index])
    }
  }

  /// The shapes of a sample's targets.
  package var targetShapes: [Shape] {
    zip(objectives, graph.outputShapes).map { objective, output in
      switch objective.targets {
      case .classes:
        let rows = Array(output.dropLast())
        return rows.isEmpty ? [1] : Shape(rows)
      case .classesAndLogits: return Shape(output.dropLast() + [1 + (output.last ?? 1)])
      case .distributions, .values, .signs, .awayFromZero: return output
      }
    }
  }

  /// A model with initial weights. Biases, scales and offsets differ from 0 and 1, which could hide
  /// errors.
  package func makeModel(threads: Int = 1) throws -> Model {
    let model = try Model(
      graph, optimizer: optimizer, losses: PerOutput(objectives.map(\.loss)),
      lossWeights: PerOutput(objectives.map(\.weight)),
      metrics: PerOutput(objectives.map { _ in [] }),
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

  /// The inputs of a batch, each (N, input shape). Each `draw` gives another batch.
  package func makeInputs(draw: Int = 0) -> [AlignedBuffer] {
    graph.inputShapes.enumerated().map { index, shape in
      let inputs = AlignedBuffer(count: batch * shape.elementCount)
      RandomStream(seed: UInt64(number), purpose: Self.purpose("inputs", index), draw)
        .fillUniform(inputs.view, in: -1..<1)
      if index == 0, let vocabulary {
        for i in inputs.view.indices {
          let part = (inputs.view[i] + 1) / 2
          inputs.view[i] = min((part * Float(vocabulary)).rounded(.down), Float(vocabulary - 1))
        }
      }
      return inputs
    }
  }

  /// The targets of a batch, each (N, target shape).
  package func makeTargets(draw: Int = 0) -> [AlignedBuffer] {
    objectives.indices.map { makeTargets(draw: draw, $0) }
  }

  private static func purpose(_ kind: String, _ index: Int) -> String {
    "random networks/\(kind)" + (index == 0 ? "" : "/\(index)")
  }

  private func makeTargets(draw: Int, _ index: Int) -> AlignedBuffer {
    let result = AlignedBuffer(count: batch * targetShapes[index].elementCount)
    let stream = RandomStream(
      seed: UInt64(number), purpose: Self.purpose("targets", index), draw)
    stream.fillUniform(result.view, in: 0..<1)
    let classes = graph.outputShapes[index].last ?? 1
    func label(_ uniform: Float) -> Float { (uniform * Float(classes)).rounded(.down) }
    switch objectives[index].targets {
    case .values: break
    case .signs: for i in result.view.indices { result.view[i] = result.view[i] < 0.5 ? -1 : 1 }
    case .awayFromZero: for i in result.view.indices { result.view[i] += 0.5 }
    case .classes: for i in result.view.indices { result.view[i] = label(result.view[i]) }
    case .classesAndLogits:
      for i in result.view.indices {
        let uniform = result.view[i]
        result.view[i] = i % (1 + classes) == 0 ? label(uniform) : 6 * uniform - 3
      }
    case .distributions:
      for row in 0..<result.count / classes {
        let range = row * classes..<(row + 1) * classes
        // Half of them are one-hot.
        let isOneHot = stream.bits(at: UInt64(row) + 1 << 40).x & 1 == 0
        let sum = range.reduce(Float(0)) { $0 + result.view[$1] }
        let hot = range.lowerBound + Int(label(result.view[range.lowerBound]))
        for i in range { result.view[i] = isOneHot ? (i == hot ? 1 : 0) : result.view[i] / sum }
      }
    }
    return result
  }
}

extension [AlignedBuffer] {
  /// The elements of each.
  package var arrays: [[Float]] { map(\.view.array) }

  /// The tensors that they are, for N samples of the given shapes.
  package func tensors(_ shapes: [Shape], samples: Int) -> [Tensor] {
    zip(self, shapes).map { buffer, shape in
      Tensor(
        copying: buffer.view[0..<samples * shape.elementCount], shape: shape.prepending(samples))
    }
  }
}
