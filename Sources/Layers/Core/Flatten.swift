public import PinionTensor

/// Every image as one vector, row-major: (N, H, W, C) → (N, H·W·C). As Keras 3's `Flatten`.
public struct Flatten: Layer {
  /// The layer's name, or nil for one made from its type.
  public var name: String?

  /// A layer that turns images into vectors.
  public init(name: String? = nil) { self.name = name }

  /// (…) → (product of all,).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard let count = SizeLimits.elementCount(of: inputs[0]), count <= SizeLimits.side else {
      throw LayerError(
        "an input of at most \(SizeLimits.side) elements", received: "the shape \(inputs[0])")
    }
    return [count]
  }

  /// The output is the input.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .alias
    program.backwardReads = []
    program.channelShift = .shifts
    return program
  }
}
