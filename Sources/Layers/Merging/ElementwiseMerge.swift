internal import PinionTensor

/// The elementwise merging of inputs: y = x₀ ∘ x₁ ∘ …, all broadcast to the shape of y.
struct ElementwiseMerge: Sendable {
  enum Operation: Sendable {
    case sum, difference, product, mean, maximum, minimum
  }

  private let operation: Operation
  private let rows: BroadcastRows
  /// 1 / the number of inputs.
  private let share: Float

  /// The program of a layer.
  static func program(_ operation: Operation, for pass: LayerPass) -> LayerProgram {
    let merge = ElementwiseMerge(
      operation: operation, rows: BroadcastRows(pass.inputs, output: pass.output),
      share: 1 / Float(pass.inputs.count))
    var program = LayerProgram(pass)
    switch operation {
    case .sum, .difference, .mean:
      program.backwardReads = []
      program.channelShift = .shifts
    case .product: program.backwardReads = .inputs
    case .maximum, .minimum: program.backwardReads = [.inputs, .output]
    }
    program.forward = [
      .samples { merge.forward($0.inputs, output: $0.output, samples: $0.sampleCount) }
    ]
    let gradients = program.reserve(.scratch, count: BroadcastRows.chunkLength)
    program.backward = [
      .samples { context in
        merge.backward(
          context.inputs, output: context.output, outputGradient: context.outputGradient,
          inputGradients: context.inputGradients, scratch: context[gradients],
          samples: context.sampleCount)
      }
    ]
    return program
  }

  /// Writes y.
  func forward(_ inputs: [MemoryView<Float>], output: MemoryView<Float>, samples: Int) {
    rows.forEachChunk(samples: samples) { chunk in
      let y = output[chunk.start..<chunk.start + chunk.count].base
      for (index, input) in rows.inputs.enumerated() {
        let x = inputs[index].base + rows.place(chunk, of: input)
        if index > 0 {
          combine(y, with: x, stride: input.stride, count: chunk.count)
        } else if input.stride == 1 {
          y.update(from: x, count: chunk.count)
        } else {
          y.update(repeating: x[0], count: chunk.count)
        }
      }
      if operation == .mean { for i in 0..<chunk.count { y[i] *= share } }
    }
  }

  /// y ← y ∘ x. NaN in either is the result.
  @inline(__always)
  private func combine(
    _ y: UnsafeMutablePointer<Float>, with x: UnsafePointer<Float>, stride: Int, count: Int
  ) {
    switch (operation, stride) {
    case (.sum, 1), (.mean, 1): for i in 0..<count { y[i] += x[i] }
    case (.sum, _), (.mean, _): for i in 0..<count { y[i] += x[0] }
    case (.difference, 1): for i in 0..<count { y[i] -= x[i] }
    case (.difference, _): for i in 0..<count { y[i] -= x[0] }
    case (.product, 1): for i in 0..<count { y[i] *= x[i] }
    case (.product, _): for i in 0..<count { y[i] *= x[0] }
    case (.maximum, 1): for i in 0..<count { y[i] = y[i] >= x[i] || y[i] != y[i] ? y[i] : x[i] }
    case (.maximum, _): for i in 0..<count { y[i] = y[i] >= x[0] || y[i] != y[i] ? y[i] : x[0] }
    case (.minimum, 1): for i in 0..<count { y[i] = y[i] <= x[i] || y[i] != y[i] ? y[i] : x[i] }
    case (.minimum, _): for i in 0..<count { y[i] = y[i] <= x[0] || y[i] != y[i] ? y[i] : x[0] }
    }
  }

  /// Writes the gradients of all inputs that have one. Overwrites `outputGradient`.
  func backward(
    _ inputs: [MemoryView<Float>], output: MemoryView<Float>, outputGradient: MemoryView<Float>,
    inputGradients: [MemoryView<Float>?], scratch: MemoryView<Float>, samples: Int
  ) {
    for (index, input) in rows.inputs.enumerated() {
      let dx = inputGradients[index]
      if !input.isWhole { dx?.fill(0) }
      switch operation {
      case .maximum, .minimum: break
      default: if dx == nil { continue }
      }
      rows.forEachChunk(samples: samples) { chunk in
        let range = chunk.start..<chunk.start + chunk.count
        let place = rows.place(chunk, of: input)
        let (dy, g) = (outputGradient[range].base, scratch[0..<chunk.count].base)
        var gradient = UnsafePointer(g)
        switch operation {
        case .sum: gradient = UnsafePointer(dy)
        case .mean: for i in 0..<chunk.count { g[i] = share * dy[i] }
        case .difference:
          let sign: Float = index == 0 ? 1 : -1
          for i in 0..<chunk.count { g[i] = sign * dy[i] }
        case .product:
          g.update(from: dy, count: chunk.count)
          for (other, factor) in rows.inputs.enumerated() where other != index {
            let x = inputs[other].base + rows.place(chunk, of: factor)
            Self.scale(g, by: x, stride: factor.stride, count: chunk.count)
          }
        case .maximum, .minimum:
          let x = inputs[index].base + place
          take(
            g, from: dy, at: x, stride: input.stride, y: output[range].base, count: chunk.count)
        }
        if let dx { deposit(gradient, chunk.count, input, in: dx.base + place) }
      }
    }
  }

  /// g ← g·x.
  @inline(__always)
  private static func scale(
    _ g: UnsafeMutablePointer<Float>, by x: UnsafePointer<Float>, stride: Int, count: Int
  ) {
    if stride == 1 {
      for i in 0..<count { g[i] *= x[i] }
    } else {
      for i in 0..<count { g[i] *= x[0] }
    }
  }

  /// g ← dy where x is y, else 0; dy ← the rest, for the inputs that follow, so that the first of
  /// equal ones has the gradient.
  @inline(__always)
  private func take(
    _ g: UnsafeMutablePointer<Float>, from dy: UnsafeMutablePointer<Float>,
    at x: UnsafePointer<Float>, stride: Int, y: UnsafePointer<Float>, count: Int
  ) {
    // Loops with one result each, and the load before the selection, are vectorized.
    let first = x[0]
    if stride == 1 {
      for i in 0..<count {
        let d = dy[i]
        g[i] = Self.isChosen(x[i], y[i]) ? d : 0
      }
      for i in 0..<count {
        let d = dy[i]
        dy[i] = Self.isChosen(x[i], y[i]) ? 0 : d
      }
    } else {
      for i in 0..<count {
        let d = dy[i]
        g[i] = Self.isChosen(first, y[i]) ? d : 0
      }
      for i in 0..<count {
        let d = dy[i]
        dy[i] = Self.isChosen(first, y[i]) ? 0 : d
      }
    }
  }

  @inline(__always)
  private static func isChosen(_ value: Float, _ y: Float) -> Bool {
    value == y || (value != value && y != y)
  }

  /// Writes the gradients of a chunk if the input has an element for each, otherwise adds them to
  /// the repeated element.
  @inline(__always)
  private func deposit(
    _ g: UnsafePointer<Float>, _ count: Int, _ input: BroadcastRows.Input,
    in dx: UnsafeMutablePointer<Float>
  ) {
    if input.isWhole {
      dx.update(from: g, count: count)
    } else if input.stride == 1 {
      for i in 0..<count { dx[i] += g[i] }
    } else {
      dx[0] += Self.sum(g, count)
    }
  }

  /// Σ g, in eight partial sums.
  private static func sum(_ g: UnsafePointer<Float>, _ count: Int) -> Float {
    var sums = SIMD8<Float>(repeating: 0)
    var i = 0
    while i + 8 <= count {
      sums += UnsafeRawPointer(g + i).loadUnaligned(as: SIMD8<Float>.self)
      i += 8
    }
    var total = sums.sum()
    while i < count {
      total += g[i]
      i += 1
    }
    return total
  }
}
