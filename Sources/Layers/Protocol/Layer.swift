public import PinionTensor

/// A layer: hyperparameters, and pure functions of them.
///
/// The library uses layers only through this protocol: custom layers are trained, saved, summarized
/// and gradient-checked like built-in ones. Layers that compute each sample by itself conform to
/// ``SamplewiseLayer``, which has fewer requirements.
///
/// Initializers do not throw: ``outputShape(for:)`` checks the hyperparameters when a ``Graph`` is
/// built, and the graph's error names the layer.
public protocol Layer: Configurable {
  /// The layer's name in its graph; nil for one derived from the type, such as `conv2d_1`.
  /// Default: nil.
  var name: String? { get }

  /// Identifies copies of the layer, which share their parameters in a graph. Default: unknown.
  var identity: LayerIdentity { get }

  /// The allowed numbers of inputs. Default: one.
  var inputCount: ClosedRange<Int> { get }

  /// The shape of the output for one sample, given the shapes of the inputs for one sample.
  ///
  /// Throws ``LayerError`` if a hyperparameter is invalid or the layer does not accept the inputs.
  func outputShape(for inputs: [Shape]) throws -> Shape

  /// The parameters for inputs of these shapes, in a fixed order. Default: none.
  func parameters(for inputs: [Shape]) throws -> [Parameter]

  /// The code and memory that run the layer, built once for each plan.
  func program(for pass: LayerPass) -> LayerProgram

  /// The penalty on the output, added to the total loss in training and evaluation, where the
  /// layer occurs and also if it is frozen. Default: nil.
  ///
  /// It is the sum over samples of the regularizer's penalty of the sample's output, divided by the
  /// number of samples: as Keras 3 with `L1`, `L2` and `L1L2`. Sample weights have no effect.
  var activityRegularizer: (any Regularizer)? { get }

  /// Whether the outputs are values of the inputs, or sums or means of such, and therefore
  /// probabilities only if all inputs are: pooling, merging. Default: false.
  ///
  /// A loss of probabilities looks through these layers for the activation that yields them, and
  /// refuses a network without one.
  var combinesInputs: Bool { get }

  /// The activation applied last, if the layer can also run without it. Default: nil.
  ///
  /// Losses that are more accurate when computed from the activation's argument, such as
  /// cross-entropy from logits, skip it.
  var trailingActivation: (any ActivationFunction)? { get }

  /// The layer without its ``trailingActivation``. Default: the layer itself.
  var withoutTrailingActivation: Self { get }
}

extension Layer {
  public var name: String? { nil }

  public var identity: LayerIdentity { .unknown }

  public var inputCount: ClosedRange<Int> { 1...1 }

  public func parameters(for inputs: [Shape]) throws -> [Parameter] { [] }

  public var activityRegularizer: (any Regularizer)? { nil }

  public var combinesInputs: Bool { false }

  public var trailingActivation: (any ActivationFunction)? { nil }

  public var withoutTrailingActivation: Self { self }
}

/// A layer whose output for a sample depends on that sample alone.
///
/// Requires only the output shape, ``forward(_:)`` and ``backward(_:)``.
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
  /// Computes ``LayerContext/output`` for the samples of the call.
  func forward(_ context: LayerContext)

  /// Adds to the parameters' gradients and sets ``LayerContext/inputGradients`` for the samples of
  /// the call.
  ///
  /// May overwrite ``LayerContext/outputGradient``. For a frozen layer, called only if the gradient
  /// of an input is needed; gradients of parameters are then discarded.
  func backward(_ context: LayerContext)
}

extension SamplewiseLayer {
  /// One phase for each pass; the backward pass reads the inputs.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(
      pass, forward: [.samples { forward($0) }], backward: [.samples { backward($0) }])
    program.discardsFrozenGradients = true
    return program
  }
}

/// The declaration of a layer's parameter.
public struct Parameter: Sendable {
  /// The name within the layer: `kernel`, `bias`, `gamma`, `moving_mean`, …
  public let name: String
  /// The shape, in Keras's layout: dense kernels (in, out), convolution kernels (height, width, in,
  /// out).
  public let shape: Shape
  /// Sets the initial values.
  public let initializer: any Initializer
  /// Whether the optimizer updates the parameter. Others, such as moving averages, are state that
  /// the layer updates itself.
  public let isTrainable: Bool
  /// Whether negative elements are invalid, as in a variance. Reading them from a file throws.
  public let isNonNegative: Bool
  /// The role by which optimizers apply decay, clipping and learning rates.
  public let role: Role
  /// The penalty on its elements, if it is trained.
  public let regularizer: (any Regularizer)?
  /// The projection after each update, if it is trained.
  public let constraint: (any Constraint)?

  public typealias Role = ParameterRole

  /// - Parameters:
  ///   - isTrainable: Default: true.
  ///   - isNonNegative: Default: false.
  ///   - role: Default: derived from the names `kernel`, `bias`, `gamma` and `beta`; otherwise
  ///     ``ParameterRole/other``.
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

/// An invalid hyperparameter or input of a layer. The graph's error adds the layer's name.
public struct LayerError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the layer needs, such as `an input with at least one axis`.
  public let requirement: String
  /// The value found instead, such as `the shape ()`.
  public let received: String

  public init(_ requirement: String, received: String) {
    self.requirement = requirement
    self.received = received
  }

  /// Requirement and received value in one line, control characters escaped.
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
