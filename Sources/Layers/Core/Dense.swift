public import PinionTensor

/// A fully connected layer: y = f(x·W + b) along the last axis.
///
/// - Input: (N, …, I). Output: (N, …, U), U the number of units.
/// - Parameters: `kernel` (I, U), `bias` (U,).
///
/// As Keras 3's `Dense`.
public struct Dense: Layer {
  /// The number of outputs, U.
  public var units: Int
  /// f. Default: the identity.
  @Configured public var activation: any ActivationFunction
  /// Whether to add a bias. Default: true.
  public var usesBias: Bool
  /// The initial values of the kernel. Default: Glorot uniform.
  @Configured public var kernelInitializer: any Initializer
  /// The initial values of the bias. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// The penalty on the kernel. Default: none.
  @ConfiguredIfPresent public var kernelRegularizer: (any Regularizer)?
  /// The penalty on the bias. Default: none.
  @ConfiguredIfPresent public var biasRegularizer: (any Regularizer)?
  /// The penalty on the output; see ``Layer/activityRegularizer``. Default: none.
  @ConfiguredIfPresent public var activityRegularizer: (any Regularizer)?
  /// The projection of the kernel after an update. Default: none.
  @ConfiguredIfPresent public var kernelConstraint: (any Constraint)?
  /// The projection of the bias after an update. Default: none.
  @ConfiguredIfPresent public var biasConstraint: (any Constraint)?
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    _ units: Int, activation: some ActivationFunction = .linear, usesBias: Bool = true,
    kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
    biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
    kernelConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.units = units
    _activation = Configured(wrappedValue: activation)
    self.usesBias = usesBias
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    _kernelRegularizer = ConfiguredIfPresent(wrappedValue: kernelRegularizer)
    _biasRegularizer = ConfiguredIfPresent(wrappedValue: biasRegularizer)
    _activityRegularizer = ConfiguredIfPresent(wrappedValue: activityRegularizer)
    _kernelConstraint = ConfiguredIfPresent(wrappedValue: kernelConstraint)
    _biasConstraint = ConfiguredIfPresent(wrappedValue: biasConstraint)
    self.name = name
  }

  /// (…, I) → (…, U).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SizeLimits.require(units, named: "units", received: units)
    try activation.validate()
    guard let last = inputs[0].last, last > 0 else {
      throw LayerError("an input with at least one axis", received: "the shape \(inputs[0])")
    }
    return Shape(inputs[0].dropLast() + [units])
  }

  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let inputWidth = inputs[0][inputs[0].rank - 1]
    let kernel = Parameter(
      "kernel", shape: [inputWidth, units], erased: kernelInitializer,
      regularizer: kernelRegularizer, constraint: kernelConstraint)
    let bias = Parameter(
      "bias", shape: [units], erased: biasInitializer, regularizer: biasRegularizer,
      constraint: biasConstraint)
    return usesBias ? [kernel, bias] : [kernel]
  }

  /// y = f(x·W + b); dz = dy·f′, dx = dz·Wᵀ, then dW = xᵀ·dz and db = Σ dz.
  ///
  /// The gradient of the kernel is a product over the whole batch, in pieces of the kernel's rows.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    if activation.isIdentity {
      program.channelShift = .shifts
      if usesBias { program.shiftParameter = program.parameter("bias") }
    }
    program.operations = 2 * pass.output.elementCount * (pass.inputs[0].last ?? 1)
    let run = DenseRun(
      kernel: program.parameter("kernel"),
      epilogue: Epilogue(
        bias: usesBias ? program.parameter("bias") : nil, activation: activation, width: units,
        in: &program),
      width: pass.inputs[0].last ?? 1, units: units, batch: pass.batch, in: &program)
    let blocks = run.columnBlocks
    if blocks > 1 {
      program.forward = [
        .pieces(blocks, reading: .inputs) { run.forward($0, columns: run.columns($0.piece)) }
      ]
      if !run.finishesInProducts {
        let epilogue: LayerProgram.Body = { run.epilogue.apply(to: $0.output.indices, $0) }
        program.forward.append(
          pass.dividesSamples
            ? .pieces(1, epilogue) : .samples(minimum: run.minimumSamples, epilogue))
      }
      program.backward = [
        .samples(minimum: run.minimumSamples) { run.epilogue.applyGradient($0) },
        .pieces(blocks, setsInputGradients: true, reading: .outputGradient) {
          run.backwardInputs($0, columns: run.inputColumns($0.piece))
        },
      ]
    } else {
      program.forward = [
        .samples(minimum: run.minimumSamples) { context in
          run.forward(context, columns: 0..<units)
          if !run.finishesInProducts {
            run.epilogue.apply(to: context.output.indices, context)
          }
        }
      ]
      program.backward = [
        .samples(minimum: run.minimumSamples) { context in
          run.epilogue.applyGradient(context)
          run.backwardInputs(context, columns: 0..<run.width)
        }
      ]
    }
    if pass.isTrainable {
      let rows = pass.batch * pass.output.elementCount / units
      let pieces = run.gradientPieces(rows: rows)
      program.backward.append(
        .pieces(pieces, isDeferrable: true, reading: [.inputs, .outputGradient]) {
          run.backwardParameters($0, pieces: pieces)
        })
    }
    return program
  }

  public var trailingActivation: (any ActivationFunction)? { activation }

  public var withoutTrailingActivation: Dense {
    var copy = self
    copy._activation = Configured(wrappedValue: Linear())
    return copy
  }
}

extension Dense: FoldingLayer {}
