internal import CPinionKernels
internal import PinionTensor

/// Pooling over all P positions of a sample, x (n, P, C) → y (n, C).
struct GlobalPooling: Sendable {
  /// P.
  let positions: Int
  /// C.
  let channels: Int

  /// The shape of the output of an input with `axes` axes before the channels.
  static func outputShape(for input: Shape, axes: Int, keepDims: Bool) throws -> Shape {
    try LayerError.require(
      input.rank == axes + 1,
      "an input of shape " + (axes == 2 ? "(height, width, channels)" : "(steps, channels)"),
      received: "the shape \(input)")
    return keepDims ? Shape(input.dropLast().map { _ in 1 } + [input[axes]]) : [input[axes]]
  }

  init(_ input: Shape) {
    channels = input[input.rank - 1]
    positions = input.elementCount / channels
  }

  static func average(_ pass: LayerPass) -> LayerProgram {
    let pooling = GlobalPooling(pass.inputs[0])
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    program.forward = [
      .samples { pooling.average($0.inputs[0], output: $0.output, samples: $0.sampleCount) }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        pooling.averageGradient(
          context.outputGradient, inputGradient: dx, samples: context.sampleCount)
      }
    ]
    return program
  }

  static func largest(_ pass: LayerPass) -> LayerProgram {
    let pooling = GlobalPooling(pass.inputs[0])
    var program = LayerProgram(pass)
    program.backwardReads = [.inputs, .output]
    program.channelShift = .shifts
    program.forward = [
      .samples { pooling.largest($0.inputs[0], output: $0.output, samples: $0.sampleCount) }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        pooling.largestGradient(
          context.inputs[0], output: context.output, outputGradient: context.outputGradient,
          inputGradient: dx, samples: context.sampleCount)
      }
    ]
    return program
  }

  /// y = Σ x / P.
  func average(_ x: MemoryView<Float>, output: MemoryView<Float>, samples: Int) {
    check(x, output, samples)
    let factor = 1 / Float(positions)
    for sample in 0..<samples {
      let y = output.base + sample * channels
      y.update(repeating: 0, count: channels)
      pinion_add_places(x.base + sample * positions * channels, positions, channels, y)
      for c in 0..<channels { y[c] *= factor }
    }
  }

  /// dx = dy / P.
  func averageGradient(
    _ outputGradient: MemoryView<Float>, inputGradient: MemoryView<Float>, samples: Int
  ) {
    check(inputGradient, outputGradient, samples)
    let factor = 1 / Float(positions)
    for sample in 0..<samples {
      let dy = outputGradient.base + sample * channels
      for c in 0..<channels { dy[c] *= factor }
      pinion_fill_places(
        dy, positions, channels, inputGradient.base + sample * positions * channels)
    }
  }

  /// y = max x, NaN if one is.
  func largest(_ x: MemoryView<Float>, output: MemoryView<Float>, samples: Int) {
    check(x, output, samples)
    for sample in 0..<samples {
      let y = output.base + sample * channels
      var value = x.base + sample * positions * channels
      y.update(from: value, count: channels)
      for _ in 1..<max(1, positions) {
        value += channels
        for c in 0..<channels {
          // NaN in either operand becomes and remains y.
          y[c] = y[c] >= value[c] || y[c] != y[c] ? y[c] : value[c]
        }
      }
    }
  }

  /// dx = dy / (the number of largest values) at these, else 0.
  func largestGradient(
    _ x: MemoryView<Float>, output: MemoryView<Float>, outputGradient: MemoryView<Float>,
    inputGradient: MemoryView<Float>, samples: Int
  ) {
    check(x, output, samples)
    check(inputGradient, outputGradient, samples)
    for sample in 0..<samples {
      let (y, dy) = (output.base + sample * channels, outputGradient.base + sample * channels)
      let start = sample * positions * channels
      let (value, dx) = (x.base + start, inputGradient.base + start)
      // The first row of dx holds the numbers of largest values until it is written last.
      for c in 0..<channels { dx[c] = Self.isLargest(value[c], y[c]) ? 1 : 0 }
      for row in 1..<max(1, positions) {
        let value = value + row * channels
        for c in 0..<channels { dx[c] += Self.isLargest(value[c], y[c]) ? 1 : 0 }
      }
      for c in 0..<channels { dy[c] /= dx[c] }
      for row in 0..<positions {
        let (value, dx) = (value + row * channels, dx + row * channels)
        for c in 0..<channels {
          let share = dy[c]
          dx[c] = Self.isLargest(value[c], y[c]) ? share : 0
        }
      }
    }
  }

  @inline(__always)
  private static func isLargest(_ value: Float, _ largest: Float) -> Bool {
    value == largest || (value != value && largest != largest)
  }

  private func check(_ values: MemoryView<Float>, _ pooled: MemoryView<Float>, _ samples: Int) {
    require(
      values.count == samples * positions * channels && pooled.count == samples * channels,
      "samples of another shape")
  }
}
