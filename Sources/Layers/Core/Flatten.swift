public import PinionTensor

/// Reshapes each sample to a vector, row-major: (N, H, W, C) → (N, H·W·C). As Keras 3's `Flatten`.
public struct Flatten: Layer {
  public var name: String?

  public init(name: String? = nil) { self.name = name }

  /// (…) → (product of all sizes,).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    guard let count = SizeLimits.elementCount(of: inputs[0]), count <= SizeLimits.side else {
      throw LayerError(
        "an input of at most \(SizeLimits.side) elements", received: "the shape \(inputs[0])")
    }
    return [count]
  }

  /// The output is an alias of the input.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .alias
    program.backwardReads = []
    program.channelShift = .shifts
    return program
  }
}
