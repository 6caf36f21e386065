public import PinionTensor

/// An activation function as a layer: y = f(x), along the last axis for functions of rows. As Keras
/// 3's `Activation`.
public struct Activation: Layer {
  /// f.
  @Configured public var function: any ActivationFunction
  public var name: String?

  public init(_ function: some ActivationFunction, name: String? = nil) {
    _function = Configured(wrappedValue: function)
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      inputs[0].rank > 0, "an input with at least one axis", received: "the shape \(inputs[0])")
    try function.validate()
    return inputs[0]
  }

  /// y = f(x); dx = dy·f′. In place if the derivative is computed from the output.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    let (function, width) = (function, pass.output.last ?? 1)
    let readsInput = function.gradientReads == .input
    program.outputMemory = readsInput && pass.mode == .training ? .separate : .inPlace
    program.backwardReads = readsInput ? .inputs : function.isIdentity ? [] : .output
    if function.isIdentity { program.channelShift = .shifts }
    program.forward = [
      .samples { context in
        let (x, y) = (context.inputs[0], context.output)
        if x.base != y.base { y.copy(from: x) }
        function.apply(to: y, width: width)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        let dy = context.outputGradient
        if !function.isIdentity {
          function.applyGradient(
            to: dy, values: readsInput ? context.inputs[0] : context.output, width: width)
        }
        if dx.base != dy.base { dx.copy(from: dy) }
      }
    ]
    return program
  }

  public var trailingActivation: (any ActivationFunction)? { function }

  public var withoutTrailingActivation: Activation { Activation(.linear, name: name) }
}

extension Activation: FoldedLayer {
  package func folded(
    for inputs: [Shape], parameter: (String) -> MemoryView<Float>
  ) -> FoldedOperation? { .activation(function) }
}
