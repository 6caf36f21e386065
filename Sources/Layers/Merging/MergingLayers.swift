internal import CPinionKernels
public import PinionTensor

/// A layer that merges two or more inputs element by element.
///
/// Inputs are broadcast as in NumPy: (1, 1, C) and (C,) are broadcast to (H, W, C).
public protocol MergingLayer: Layer {}

extension MergingLayer {
  public var inputCount: ClosedRange<Int> { 2...Int.max }

  /// The shape to which all inputs are broadcast.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try BroadcastRows.outputShape(for: inputs)
  }

  public var combinesInputs: Bool { true }
}

/// The sum of two or more inputs, as at the end of a residual block.
///
/// As Keras 3's `Add`.
public struct Add: MergingLayer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// y = Σ xᵢ, in the order of the inputs; dxᵢ = dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    ElementwiseMerge.program(.sum, for: pass)
  }
}

/// The first input minus the second.
///
/// As Keras 3's `Subtract`.
public struct Subtract: MergingLayer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  public var inputCount: ClosedRange<Int> { 2...2 }

  /// y = x₀ − x₁; dx₀ = dy, dx₁ = −dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    ElementwiseMerge.program(.difference, for: pass)
  }
}

/// The product of two or more inputs, such as of channels and their weights.
///
/// As Keras 3's `Multiply`.
public struct Multiply: MergingLayer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// Products of probabilities are not probabilities.
  public var combinesInputs: Bool { false }

  /// y = Π xᵢ; dxᵢ = dy·Π xⱼ over j ≠ i.
  public func program(for pass: LayerPass) -> LayerProgram {
    ElementwiseMerge.program(.product, for: pass)
  }
}

/// The mean of two or more inputs.
///
/// As Keras 3's `Average`.
public struct Average: MergingLayer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// y = Σ xᵢ / n; dxᵢ = dy / n.
  public func program(for pass: LayerPass) -> LayerProgram {
    ElementwiseMerge.program(.mean, for: pass)
  }
}

/// The largest of two or more inputs, element by element; NaN if one is.
///
/// As Keras 3's `Maximum`.
public struct Maximum: MergingLayer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// y = max xᵢ; dxᵢ = dy where xᵢ is the first of the largest, else 0.
  public func program(for pass: LayerPass) -> LayerProgram {
    ElementwiseMerge.program(.maximum, for: pass)
  }
}

/// The smallest of two or more inputs, element by element; NaN if one is.
///
/// As Keras 3's `Minimum`.
public struct Minimum: MergingLayer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// y = min xᵢ; dxᵢ = dy where xᵢ is the first of the smallest, else 0.
  public func program(for pass: LayerPass) -> LayerProgram {
    ElementwiseMerge.program(.minimum, for: pass)
  }
}

/// Concatenates the inputs along an axis. As Keras 3's `Concatenate`.
public struct Concatenate: Layer {
  /// The axis, counted from 1, as 0 is the batch's, or negative and counted from the end. Default:
  /// the last.
  public var axis: Int
  public var name: String?

  public init(axis: Int = -1, name: String? = nil) {
    self.axis = axis
    self.name = name
  }

  public var combinesInputs: Bool { true }

  public var inputCount: ClosedRange<Int> { 1...Int.max }

  /// The common shape of the inputs, with the sum of their sizes along the axis.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let rank = inputs[0].rank + 1
    try LayerError.require(
      (1..<rank).contains(axis < 0 ? axis + rank : axis),
      "an axis in 1..<\(rank), or negative and counted from the end, but not the batch's",
      received: "axis \(axis) for an input of shape \(inputs[0])")
    let place = place(in: inputs[0])
    var sizes = inputs[0].dimensions
    sizes[place] = 0
    for input in inputs {
      var others = input.dimensions
      if others.count == sizes.count { others[place] = sizes[place] }
      try LayerError.require(
        others == sizes, "inputs of equal shapes but for axis \(axis)",
        received: inputs.map(\.description).joined(separator: ", "))
      let (sum, overflows) = sizes[place].addingReportingOverflow(input[place])
      try LayerError.require(
        !overflows, "an output with \(SizeLimits.shapeRequirement)",
        received: "\(inputs.count) inputs like \(input)")
      sizes[place] = sum
    }
    return Shape(sizes)
  }

  /// y = x₀, x₁, …; dxᵢ = its part of dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    let place = place(in: pass.output)
    var program = LayerProgram(pass)
    program.backwardReads = []
    if place == pass.output.rank - 1 { program.channelShift = .shifts }
    // The number of contiguous elements of each input in the output.
    let lengths = pass.inputs.map { $0.dropFirst(place).reduce(1, *) }
    let length = lengths.reduce(0, +)
    program.forward = [
      .samples { context in
        let (inputs, y) = (context.inputs, context.output)
        var start = 0
        for (x, count) in zip(inputs, lengths) {
          let rows = y.count / length
          require(x.count == rows * count, "an input of another shape")
          copy(x, every: count, to: y[start..<y.count], every: length, rows: rows, of: count)
          start += count
        }
      }
    ]
    program.backward = [
      .samples { context in
        let (gradients, dy) = (context.inputGradients, context.outputGradient)
        var start = 0
        for (dx, count) in zip(gradients, lengths) {
          if let dx {
            let rows = dy.count / length
            require(dx.count == rows * count, "a gradient of another shape")
            copy(dy[start..<dy.count], every: length, to: dx, every: count, rows: rows, of: count)
          }
          start += count
        }
      }
    ]
    return program
  }

  /// Copies `count` elements of each row; rows start at distances.
  private func copy(
    _ from: MemoryView<Float>, every source: Int, to: MemoryView<Float>, every target: Int,
    rows: Int, of count: Int
  ) {
    let size = MemoryLayout<Float>.stride
    pinion_copy_rows(from.base, size * source, to.base, size * target, rows, size * count)
  }

  private func place(in input: Shape) -> Int { (axis < 0 ? axis + input.rank + 1 : axis) - 1 }
}
