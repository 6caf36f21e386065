public import PinionTensor

/// Permutes the axes of a sample: axis k of the output is axis `axes[k]` of the input, counted from
/// 1, as 0 is the batch's.
///
/// `Permute([2, 1])` transposes (N, A, B) to (N, B, A). As Keras 3's `Permute`.
public struct Permute: Layer {
  /// The axes of the input in the order of the output, each of 1, 2, … once.
  public var axes: [Int]
  public var name: String?

  public init(_ axes: [Int], name: String? = nil) {
    self.axes = axes
    self.name = name
  }

  /// The sizes of the input in the new order.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let rank = inputs[0].rank
    try LayerError.require(
      rank > 0 && axes.sorted() == Array(1..<max(1, rank) + 1),
      "each of the axes 1...\(max(1, rank)) once for an input of shape \(inputs[0])",
      received: "the axes \(axes)")
    return Shape(axes.map { inputs[0][$0 - 1] })
  }

  /// y[…, iₖ, …] = x[…]; dx by the inverse order.
  public func program(for pass: LayerPass) -> LayerProgram {
    let order = axes.map { $0 - 1 }
    let inverse = order.indices.map { axis in order.firstIndex(of: axis)! }
    let forward = Permutation(of: pass.inputs[0], order: order)
    let backward = Permutation(of: pass.output, order: inverse)
    var program = LayerProgram(pass)
    program.backwardReads = []
    if order.last == order.count - 1 { program.channelShift = .shifts }
    program.forward = [
      .samples { forward.copy($0.inputs[0], to: $0.output, samples: $0.sampleCount) }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        backward.copy(context.outputGradient, to: dx, samples: context.sampleCount)
      }
    ]
    return program
  }
}

/// Copies samples of a shape to those with the axes in another order.
struct Permutation: Sendable {
  /// The number of elements of a sample.
  private let size: Int
  /// The sizes of the result, and the stride in the source for each of its axes. Axes that are
  /// contiguous in both are merged.
  private let sizes, strides: [Int]

  init(of shape: Shape, order: [Int]) {
    size = shape.elementCount
    let steps = shape.strides
    var (sizes, strides): ([Int], [Int]) = ([1], [1])
    for axis in order where shape[axis] > 1 {
      if strides[strides.count - 1] == shape[axis] * steps[axis], sizes.count > 1 {
        sizes[sizes.count - 1] *= shape[axis]
        strides[strides.count - 1] = steps[axis]
      } else {
        sizes.append(shape[axis])
        strides.append(steps[axis])
      }
    }
    (self.sizes, self.strides) = (sizes, strides)
  }

  /// Writes all of `target`.
  func copy(_ source: MemoryView<Float>, to target: MemoryView<Float>, samples: Int) {
    require(
      source.count == samples * size && target.count == source.count, "samples of another shape")
    for sample in 0..<samples {
      var end = target.base + sample * size
      copy(source.base + sample * size, to: &end, axis: 0)
    }
  }

  /// Writes the elements along the axes from `axis` on, and advances `target` past them.
  private func copy(
    _ source: UnsafePointer<Float>, to target: inout UnsafeMutablePointer<Float>, axis: Int
  ) {
    let (count, stride) = (sizes[axis], strides[axis])
    if axis < sizes.count - 1 {
      for i in 0..<count { copy(source + i * stride, to: &target, axis: axis + 1) }
      return
    }
    if stride == 1 {
      target.update(from: source, count: count)
    } else {
      let target = target
      for i in 0..<count { target[i] = source[i * stride] }
    }
    target += count
  }
}
