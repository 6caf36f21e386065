public import PinionTensor

/// A layer: a small value of hyperparameters, and what follows from them.
///
/// The library uses layers through this protocol alone, so that a layer of yours is trained, saved,
/// summarized and gradient-checked like ours. One that treats samples one by one conforms to
/// ``SamplewiseLayer``, which asks for less.
///
/// Initializers of layers do not throw: hyperparameters are checked by ``outputShape(for:)``, when
/// a ``Graph`` is made, and the graph's error names the layer.
public protocol Layer: Configurable {
  /// The name of the layer in its graph, or nil for one made from the type: `conv2d`, `conv2d_1`, …
  /// Default: nil.
  var name: String? { get }

  /// What copies of the value have in common, so that a graph notices one that occurs twice.
  /// Default: unknown.
  var identity: LayerIdentity { get }

  /// How many inputs the layer takes. Default: exactly one.
  var inputCount: ClosedRange<Int> { get }

  /// The shape of the output for one sample, from the shapes of the inputs for one sample.
  ///
  /// Throws ``LayerError`` if a hyperparameter makes no sense, or an input does not fit.
  func outputShape(for inputs: [Shape]) throws -> Shape

  /// The layer's parameters, in a fixed order. Default: none.
  func parameters(for inputs: [Shape]) throws -> [Parameter]

  /// What runs the layer, made once for each plan.
  func program(for pass: LayerPass) -> LayerProgram

  /// The activation that the layer ends with, if it can also run without. Default: nil.
  ///
  /// A loss that is better computed from what comes before the activation, such as cross-entropy
  /// from logits, asks for it.
  var trailingActivation: (any ActivationFunction)? { get }

  /// The layer without its ``trailingActivation``. Default: the layer.
  var withoutTrailingActivation: Self { get }
}

extension Layer {
  public var name: String? { nil }

  public var identity: LayerIdentity { .unknown }

  public var inputCount: ClosedRange<Int> { 1...1 }

  public func parameters(for inputs: [Shape]) throws -> [Parameter] { [] }

  public var trailingActivation: (any ActivationFunction)? { nil }

  public var withoutTrailingActivation: Self { self }
}

/// A layer whose output for a sample depends on that sample alone.
///
/// The least that a layer needs: its output's shape, ``forward(_:)`` and ``backward(_:)``.
/// ```swift
/// struct Scale: SamplewiseLayer {
///   func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }
///
///   func parameters(for inputs: [Shape]) -> [Parameter] {
///     [Parameter("factor", shape: [1], initializer: .ones)]
///   }
///
///   // y = a·x
///   func forward(_ context: LayerContext) {
///     let (x, y, a) = (context.inputs[0], context.output, context.parameter("factor")[0])
///     for i in x.indices { y[i] = a * x[i] }
///   }
///
///   // dx = a·dy, da = Σ dy·x
///   func backward(_ context: LayerContext) {
///     let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameter("factor")[0])
///     let da = context.gradient("factor")
///     for i in x.indices { da[0] += dy[i] * x[i] }
///     if let dx = context.inputGradients[0] { for i in x.indices { dx[i] = a * dy[i] } }
///   }
/// }
/// ```
public protocol SamplewiseLayer: Layer {
  /// Writes ``LayerContext/output`` for the samples of the call.
  func forward(_ context: LayerContext)

  /// Adds to the parameters' gradients and writes ``LayerContext/inputGradients`` for the samples
  /// of the call.
  ///
  /// ``LayerContext/outputGradient`` is the layer's to overwrite. Not called for a layer that is
  /// frozen, unless an input's gradient is wanted; what it adds to gradients of parameters is then
  /// dropped.
  func backward(_ context: LayerContext)
}

extension SamplewiseLayer {
  /// One phase in each pass, the inputs at hand in the second.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(
      pass, forward: [.samples { forward($0) }], backward: [.samples { backward($0) }])
    program.discardsFrozenGradients = true
    return program
  }
}

/// What a layer says of one of its parameters.
public struct Parameter: Sendable {
  /// The name within the layer: `kernel`, `bias`, `gamma`, `moving_mean`, …
  public let name: String
  /// The shape, in Keras's layout: dense kernels (in, out), convolution kernels (height, width, in,
  /// out).
  public let shape: Shape
  /// How the first values are drawn.
  public let initializer: any Initializer
  /// Whether the optimizer changes it. What it does not, such as moving averages, the layer changes
  /// itself.
  public let isTrainable: Bool
  /// Whether a negative number in it, as in a variance, makes no sense. A file with one is refused.
  public let isNonNegative: Bool
  /// What it does in the layer.
  public let role: Role
  /// The penalty on its numbers, if it is trained.
  public let regularizer: (any Regularizer)?
  /// The projection after each update, if it is trained.
  public let constraint: (any Constraint)?

  public typealias Role = ParameterRole

  /// Describes a parameter; trainable and of any sign by default.
  ///
  /// - Parameter role: Default: that of the name where it is `kernel`, `bias`, `gamma` or `beta`,
  ///   else ``ParameterRole/other``.
  public init(
    _ name: String, shape: Shape, initializer: some Initializer, isTrainable: Bool = true,
    isNonNegative: Bool = false, role: Role? = nil, regularizer: (any Regularizer)? = nil,
    constraint: (any Constraint)? = nil
  ) {
    self.init(
      name, shape: shape, erased: initializer, isTrainable: isTrainable,
      isNonNegative: isNonNegative, role: role, regularizer: regularizer, constraint: constraint)
  }

  init(
    _ name: String, shape: Shape, erased initializer: any Initializer, isTrainable: Bool = true,
    isNonNegative: Bool = false, role: Role? = nil, regularizer: (any Regularizer)? = nil,
    constraint: (any Constraint)? = nil
  ) {
    let named: [String: Role] = [
      "kernel": .kernel, "bias": .bias, "gamma": .normalization, "beta": .normalization,
    ]
    self.role = role ?? named[name] ?? .other
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isTrainable = isTrainable
    self.isNonNegative = isNonNegative
    self.regularizer = regularizer
    self.constraint = constraint
  }
}

/// What a layer needs and what it got; the graph adds which layer.
public struct LayerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is required.
  public let requirement: String
  /// What was received.
  public let received: String

  /// States a requirement and what was received in its place.
  public init(_ requirement: String, received: String) {
    self.requirement = requirement
    self.received = received
  }

  /// Both in one line, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(requirement); received \(received)")
  }

  /// Throws unless `condition` holds.
  package static func require(
    _ condition: Bool, _ requirement: @autoclosure () -> String, received: @autoclosure () -> String
  ) throws {
    if !condition { throw LayerError(requirement(), received: received()) }
  }
}
