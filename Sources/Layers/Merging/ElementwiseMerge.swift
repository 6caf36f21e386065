internal import CPinionKernels
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
      let first = rows.inputs[0]
      var (left, stride) = (
        UnsafePointer(inputs[0].base + rows.place(chunk, of: first)), first.stride
      )
      for (x, input) in zip(inputs, rows.inputs).dropFirst() {
        let right = x.base + rows.place(chunk, of: input)
        combine(left, stride, right, input.stride, into: y, count: chunk.count)
        (left, stride) = (UnsafePointer(y), 1)
      }
      if operation == .mean { Self.scale(y, by: share, into: y, count: chunk.count) }
    }
  }

  /// y ← a ∘ b. NaN in either is the result.
  private func combine(
    _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int,
    into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch operation {
    case .sum, .mean: pinion_add_float(a, aStride, b, bStride, y, count)
    case .difference: pinion_subtract_float(a, aStride, b, bStride, y, count)
    case .product: pinion_multiply_float(a, aStride, b, bStride, y, count)
    case .maximum: pinion_maximum_float(a, aStride, b, bStride, y, count)
    case .minimum: pinion_minimum_float(a, aStride, b, bStride, y, count)
    }
  }

  /// y ← factor·x.
  private static func scale(
    _ x: UnsafePointer<Float>, by factor: Float, into y: UnsafeMutablePointer<Float>, count: Int
  ) {
    withUnsafePointer(to: factor) { pinion_multiply_float($0, 0, x, 1, y, count) }
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
        case .mean: Self.scale(dy, by: share, into: g, count: chunk.count)
        case .difference: Self.scale(dy, by: index == 0 ? 1 : -1, into: g, count: chunk.count)
        case .product:
          var product = UnsafePointer(dy)
          for (other, factor) in rows.inputs.enumerated() where other != index {
            let x = inputs[other].base + rows.place(chunk, of: factor)
            pinion_multiply_float(product, 1, x, factor.stride, g, chunk.count)
            product = UnsafePointer(g)
          }
          gradient = product
        case .maximum, .minimum:
          let x = inputs[index].base + place
          take(
            g, from: dy, at: x, stride: input.stride, y: output[range].base, count: chunk.count)
        }
        if let dx { deposit(gradient, chunk.count, input, in: dx.base + place) }
      }
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
      pinion_add_float(dx, 1, g, 1, dx, count)
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
