public import PinionTensor

/// An activation as a layer of its own: y = f(x), along the last axis where that matters. As Keras 3's `Activation`.
public struct Activation: Layer {
  /// f.
  @Configured public var function: any ActivationFunction
  /// The layer's name, or nil for one made from its type.
  public var name: String?

  /// A layer that applies `function`.
  public init(_ function: some ActivationFunction, name: String? = nil) {
    _function = Configured(wrappedValue: function)
    self.name = name
  }

  /// The shape of the input.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      inputs[0].rank > 0, "an input with at least one axis", received: "the shape \(inputs[0])")
    try function.validate()
    return inputs[0]
  }

  /// In place where the derivative follows from the output.
  public func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    let readsInput = function.gradientReads == .input
    execution.memory = readsInput && pass.mode == .training ? .separate : .inPlace
    execution.backwardReadsInputs = readsInput
    execution.backwardReadsOutput = !readsInput && !function.isIdentity
    if function.isIdentity { execution.channelShift = .shifts }
    return execution
  }

  /// The function itself.
  public var trailingActivation: (any ActivationFunction)? { function }

  /// The identity.
  public var withoutTrailingActivation: Activation { Activation(.linear, name: name) }

  /// y = f(x).
  public func forward(_ context: LayerContext) {
    let (x, y) = (context.inputs[0], context.output)
    if x.base != y.base { y.copy(from: x) }
    function.apply(to: y, width: lastAxis(context))
  }

  /// dx = dy·f′.
  public func backward(_ context: LayerContext) {
    guard let dx = context.inputGradients[0] else { return }
    let dy = context.outputGradient
    let values = function.gradientReads == .input ? context.inputs[0] : context.output
    if !function.isIdentity {
      function.applyGradient(to: dy, values: values, width: lastAxis(context))
    }
    if dx.base != dy.base { dx.copy(from: dy) }
  }

  private func lastAxis(_ context: LayerContext) -> Int { context.outputShape.last ?? 1 }
}
