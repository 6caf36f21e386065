internal import CPinionKernels
public import PinionTensor

/// A function applied to the values of a layer, and its derivative.
///
/// Built-in functions are static members (`activation: .relu`); custom ones conform to this
/// protocol:
/// ```swift
/// struct Square: ActivationFunction {
///   var gradientReads: ActivationGradientSource { .input }
///   func apply(to values: MemoryView<Float>, width: Int) {
///     for i in values.indices { values[i] *= values[i] }
///   }
///   func applyGradient(to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int) {
///     for i in values.indices { gradient[i] *= 2 * values[i] }
///   }
/// }
/// ```
public protocol ActivationFunction: Configurable {
  /// Whether the derivative is computed from the function's value or from its argument. Default:
  /// the value.
  var gradientReads: ActivationGradientSource { get }

  /// Replaces z by f(z). `values` holds whole rows of `width` values along the last axis.
  func apply(to values: MemoryView<Float>, width: Int)

  /// Replaces z by f(z + b), `bias` holding one value for each place in a row. Default: adds, then
  /// applies.
  func apply(to values: MemoryView<Float>, bias: MemoryView<Float>)

  /// Replaces dy by dz, the gradient with respect to the argument. `values` holds f(z), or z where
  /// ``gradientReads`` says so.
  func applyGradient(to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int)

  /// Throws ``LayerError`` if a hyperparameter is invalid. Default: does not throw.
  func validate() throws

  /// Whether f(z) = z. Default: false.
  var isIdentity: Bool { get }

  /// The slope a ≥ 0 below zero of a function with f(z) = z for z > 0 and a·z for z < 0, which
  /// kernels apply on the fly. Default: nil.
  var slopeBelowZero: Float? { get }

  /// Whether f(z) is in 0…1, as probabilities are; nil if unknown. Default: nil.
  var yieldsProbabilities: Bool? { get }

  /// The probability model whose logits z are, if f(z) are its probabilities. Default: nil.
  var logitsLink: LogitsLink? { get }
}

/// The values from which the derivative of an activation is computed.
public enum ActivationGradientSource: Sendable {
  /// The function's value.
  case output
  /// The function's argument, which is then kept in training.
  case input
}

/// The function from logits to probabilities.
public enum LogitsLink: Sendable {
  /// p = exp(z) / Σ exp(z) along the last axis.
  case softmax
  /// p = 1 / (1 + exp(−z)) for each element.
  case sigmoid
}

extension ActivationFunction {
  /// The derivative is computed from the value.
  public var gradientReads: ActivationGradientSource { .output }

  /// Adds the bias to each row, then applies the function.
  public func apply(to values: MemoryView<Float>, bias: MemoryView<Float>) {
    addBias(bias, to: values)
    apply(to: values, width: bias.count)
  }

  public func validate() throws {}

  public var isIdentity: Bool { false }

  /// 1 for the identity, else nil.
  public var slopeBelowZero: Float? { isIdentity ? 1 : nil }

  public var yieldsProbabilities: Bool? { nil }

  public var logitsLink: LogitsLink? { nil }
}

/// Adds `bias` to every row of `values`, which is `bias.count` wide.
package func addBias(_ bias: MemoryView<Float>, to values: MemoryView<Float>) {
  let width = bias.count
  guard width > 0 else { return }
  require(values.count % width == 0, "values that are not whole rows")
  pinion_add_bias(values.base, values.count / width, width, bias.base)
}

func requireEqualCounts(_ gradient: MemoryView<Float>, _ values: MemoryView<Float>) {
  require(gradient.count == values.count, "gradient and values differ in length")
}

/// f(z) = z: no activation.
public struct Linear: ActivationFunction {
  public init() {}

  public var isIdentity: Bool { true }

  public var yieldsProbabilities: Bool? { false }

  public func apply(to values: MemoryView<Float>, width: Int) {}

  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {}
}

extension ActivationFunction where Self == Linear {
  /// f(z) = z: no activation.
  public static var linear: Linear { Linear() }
}

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
