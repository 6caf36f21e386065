public import PinionTensor

/// The sum of two or more inputs of the same shape: a residual connection's end. As Keras 3's
/// `Add`.
public struct Add: Layer {
  /// The layer's name, or nil for one made from its type.
  public var name: String?

  /// A layer that adds its inputs.
  public init(name: String? = nil) { self.name = name }

  /// Two or more.
  public var inputCount: ClosedRange<Int> { 2...Int.max }

  /// The shape that all inputs share.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      inputs.allSatisfy { $0 == inputs[0] }, "inputs of equal shapes",
      received: inputs.map(\.description).joined(separator: ", "))
    return inputs[0]
  }

  /// y = Σ xᵢ, in the order of the inputs; dxᵢ = dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    program.forward = [
      .samples { context in
        let y = context.output
        y.copy(from: context.inputs[0])
        for x in context.inputs.dropFirst() {
          for i in 0..<y.count { y.base[i] += x.base[i] }
        }
      }
    ]
    program.backward = [
      .samples { context in
        for dx in context.inputGradients { dx?.copy(from: context.outputGradient) }
      }
    ]
    return program
  }
}
