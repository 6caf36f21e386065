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
