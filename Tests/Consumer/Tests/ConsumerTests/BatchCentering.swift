import Pinion

/// Subtracts from each feature its mean over the batch: y = x − μ. In inference μ is a running
/// mean.
///
/// - Input and output: (N, F).
/// - Parameters: `moving_mean` (F,), not trainable.
struct BatchCentering: Layer {
  /// How much of the running mean a step keeps.
  var momentum: Float = 0.9

  func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank == 1 else {
      throw LayerError("vectors of features", received: "the shape \(inputs[0])")
    }
    return inputs[0]
  }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [Parameter("moving_mean", shape: inputs[0], initializer: .zeros, isTrainable: false)]
  }

  // y = x − μ, dx = dy − mean(dy)
  func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    let moving = program.parameter("moving_mean")
    guard pass.mode == .training else {
      program.forward = [
        .samples { subtract($0[moving], from: $0.inputs[0], into: $0.output) }
      ]
      return program
    }
    let count = pass.output.elementCount
    let sums = program.reserve(.laneSums, count: count)
    let mean = program.reserve(.shared, count: count)
    program.forward = [
      .samples { add($0.inputs[0], to: $0[sums]) },
      .pieces(1) { context in
        let (mean, moving, total) = (context[mean], context[moving], context.total(of: sums))
        for f in 0..<count {
          mean[f] = total[f] / Float(pass.batch)
          moving[f] = momentum * moving[f] + (1 - momentum) * mean[f]
        }
      },
      .samples { subtract($0[mean], from: $0.inputs[0], into: $0.output) },
    ]
    program.backward = [
      .samples { add($0.outputGradient, to: $0[sums]) },
      .pieces(1) { context in
        let (mean, total) = (context[mean], context.total(of: sums))
        for f in 0..<count { mean[f] = total[f] / Float(pass.batch) }
      },
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        subtract(context[mean], from: context.outputGradient, into: dx)
      },
    ]
    return program
  }

  private func add(_ rows: MemoryView<Float>, to sums: MemoryView<Float>) {
    for i in rows.indices { sums[i % sums.count] += rows[i] }
  }

  private func subtract(
    _ mean: MemoryView<Float>, from rows: MemoryView<Float>, into result: MemoryView<Float>
  ) {
    for i in rows.indices { result[i] = rows[i] - mean[i % mean.count] }
  }
}
