internal import CPinionKernels
public import PinionTensor

/// A function applied to the values of a layer, and its derivative.
///
/// Ours are reached as static members where one is asked for (`activation: .relu`); yours stand
/// beside them:
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

  /// Throws ``LayerError`` if a hyperparameter makes no sense. Default: all make sense.
  func validate() throws

  /// Whether f(z) = z. Default: no.
  var isIdentity: Bool { get }

  /// The slope a ≥ 0 below zero of a function with f(z) = z for z > 0 and a·z for z < 0, which
  /// kernels apply on the fly. Default: nil.
  var slopeBelowZero: Float? { get }

  /// Whether f(z) lies in 0…1, as probabilities do; nil if nobody knows. Default: nil.
  var yieldsProbabilities: Bool? { get }

  /// The probability model whose logits z are, if f(z) are its probabilities. Default: nil.
  var logitsLink: LogitsLink? { get }
}

/// What the derivative of an activation is computed from.
public enum ActivationGradientSource: Sendable {
  /// The function's value.
  case output
  /// The function's argument, which is then kept in training.
  case input
}

/// How logits become probabilities.
public enum LogitsLink: Sendable {
  /// p = exp(z) / Σ exp(z) along the last axis.
  case softmax
  /// p = 1 / (1 + exp(−z)), each by itself.
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

  /// Nothing to complain of.
  public func validate() throws {}

  /// Not the identity.
  public var isIdentity: Bool { false }

  /// 1 for the identity, else nil.
  public var slopeBelowZero: Float? { isIdentity ? 1 : nil }

  /// Not known.
  public var yieldsProbabilities: Bool? { nil }

  /// No probability model.
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
  /// The identity.
  public init() {}

  /// Always.
  public var isIdentity: Bool { true }

  /// No: any number.
  public var yieldsProbabilities: Bool? { false }

  /// Leaves the values as they are.
  public func apply(to values: MemoryView<Float>, width: Int) {}

  /// Leaves the gradient as it is.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {}
}

extension ActivationFunction where Self == Linear {
  /// f(z) = z: no activation.
  public static var linear: Linear { Linear() }
}
