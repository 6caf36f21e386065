public import PinionTensor

/// Attention of several heads (Vaswani et al. 2017): the output at each position of the query is a
/// mean of the values, weighted by the similarity of the query and the keys.
///
/// q = x·Wq + bq, k = z·Wk + bk, v = w·Wv + bv in H heads; P = softmax(q·kᵀ / √K) along the keys;
/// y = concat(P·v)·Wo + bo.
///
/// - Inputs: query x (N, T, E), value w (N, S, Eᵥ) and key z (N, S, Eₖ), in Keras's order. Of two
///   inputs the second is both; of one, self-attention, all three. Further axes before the last are
///   treated as positions of one sequence.
/// - Output: (N, T, O).
/// - Parameters: `query/kernel` (E, H, K), `query/bias` (H, K), `key/kernel` (Eₖ, H, K), `key/bias`
///   (H, K), `value/kernel` (Eᵥ, H, V), `value/bias` (H, V), `attention_output/kernel` (H, V, O),
///   `attention_output/bias` (O,).
///
/// The gradient of `key/bias` is exactly zero: the bias adds the same number to all scores of a
/// query, which does not change the softmax. As Keras 3's `MultiHeadAttention`.
public struct MultiHeadAttention: Layer {
  /// The number of heads, H.
  public var heads: Int
  /// The length of a head's queries and keys, K.
  public var keyDim: Int
  /// The length of a head's values, V. Default: K.
  public var valueDim: Int
  /// O. Default: the query's, E.
  public var outputDim: Int?
  /// The probability that a weight in P is set to zero in training. Default: 0.
  public var dropout: Double
  /// Whether to add biases. Default: true.
  public var usesBias: Bool
  /// Whether position t attends only to positions up to t. Default: false.
  public var usesCausalMask: Bool
  /// The initial values of the kernels. Default: Glorot uniform.
  @Configured public var kernelInitializer: any Initializer
  /// The initial values of the biases. Default: zeros.
  @Configured public var biasInitializer: any Initializer
  /// The penalty on each of the kernels. Default: none.
  @ConfiguredIfPresent public var kernelRegularizer: (any Regularizer)?
  /// The penalty on each of the biases. Default: none.
  @ConfiguredIfPresent public var biasRegularizer: (any Regularizer)?
  /// The penalty on the output; see ``Layer/activityRegularizer``. Default: none.
  @ConfiguredIfPresent public var activityRegularizer: (any Regularizer)?
  /// The projection of each kernel after an update. Default: none.
  @ConfiguredIfPresent public var kernelConstraint: (any Constraint)?
  /// The projection of each bias after an update. Default: none.
  @ConfiguredIfPresent public var biasConstraint: (any Constraint)?
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    _ heads: Int, keyDim: Int, valueDim: Int? = nil, outputDim: Int? = nil, dropout: Double = 0,
    usesBias: Bool = true, usesCausalMask: Bool = false,
    kernelInitializer: some Initializer = .glorotUniform,
    biasInitializer: some Initializer = .zeros, kernelRegularizer: (any Regularizer)? = nil,
    biasRegularizer: (any Regularizer)? = nil, activityRegularizer: (any Regularizer)? = nil,
    kernelConstraint: (any Constraint)? = nil,
    biasConstraint: (any Constraint)? = nil, name: String? = nil
  ) {
    self.heads = heads
    self.keyDim = keyDim
    self.valueDim = valueDim ?? keyDim
    self.outputDim = outputDim
    self.dropout = dropout
    self.usesBias = usesBias
    self.usesCausalMask = usesCausalMask
    _kernelInitializer = Configured(wrappedValue: kernelInitializer)
    _biasInitializer = Configured(wrappedValue: biasInitializer)
    self.kernelRegularizer = kernelRegularizer
    self.biasRegularizer = biasRegularizer
    self.activityRegularizer = activityRegularizer
    self.kernelConstraint = kernelConstraint
    self.biasConstraint = biasConstraint
    self.name = name
  }

  /// One, two or three: query, value, key.
  public var inputCount: ClosedRange<Int> { 1...3 }

  /// (T, E), (S, Eᵥ), (S, Eₖ) → (T, O).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let received = inputs.map(\.description).joined(separator: ", ")
    try LayerError.require(
      inputs.allSatisfy { $0.rank > 1 }, "inputs of shape (steps, channels)", received: received)
    try SizeLimits.require(
      heads, keyDim, valueDim, outputDim ?? 1, named: "heads and dimensions",
      received: [heads, keyDim, valueDim] + (outputDim.map { [$0] } ?? []))
    try LayerError.require(
      dropout >= 0 && dropout <= 1, "dropout must be between 0 and 1", received: "\(dropout)")
    let sizes = AttentionSizes(self, inputs)
    try LayerError.require(
      inputs.dropFirst().allSatisfy { $0.dropLast().reduce(1, *) == sizes.keys },
      "as many keys as values", received: received)
    try LayerError.require(
      [
        [sizes.heads, sizes.queries, sizes.keys], [sizes.heads, sizes.queries, sizes.keyDim],
        [sizes.heads, sizes.keys, sizes.keyDim], [sizes.heads, sizes.keys, sizes.valueDim],
        [sizes.heads, sizes.queries, sizes.valueDim],
      ].allSatisfy { (SizeLimits.elementCount(of: $0) ?? .max) <= SizeLimits.side },
      "at most \(SizeLimits.side) weights, queries, keys and values of a sample",
      received: "\(heads) heads of \(keyDim) and \(valueDim) on \(received)")
    return Shape(inputs[0].dropLast() + [sizes.output])
  }

  /// The kernel, and the bias if there is one, of each projection.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let sizes = AttentionSizes(self, inputs)
    func projection(_ name: String, _ kernel: Shape, _ bias: Shape) -> [Parameter] {
      let parameters = [
        Parameter(
          "\(name)/kernel", shape: kernel, erased: kernelInitializer, role: .kernel,
          regularizer: kernelRegularizer, constraint: kernelConstraint),
        Parameter(
          "\(name)/bias", shape: bias, erased: biasInitializer, role: .bias,
          regularizer: biasRegularizer, constraint: biasConstraint),
      ]
      return usesBias ? parameters : [parameters[0]]
    }
    return projection("query", [sizes.query, heads, keyDim], [heads, keyDim])
      + projection("key", [sizes.key, heads, keyDim], [heads, keyDim])
      + projection("value", [sizes.value, heads, valueDim], [heads, valueDim])
      + projection("attention_output", [heads, valueDim, sizes.output], [sizes.output])
  }

  /// Projections are products over all samples of a call; heads are computed one by one. The
  /// backward pass overwrites kept values with their gradients.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.setsGradients = true
    let run = AttentionRun(self, in: &program)
    program.operations = AttentionSizes(self, pass.inputs).operations
    program.forward = [.samples { run.forward($0) }]
    program.backward = [.samples { run.backward($0) }]
    return program
  }
}

/// The sizes of an attention.
struct AttentionSizes: Sendable {
  /// H, K, V.
  let heads, keyDim, valueDim: Int
  /// T and S.
  let queries, keys: Int
  /// E, Eₖ, Eᵥ and O.
  let query, key, value, output: Int
  /// The inputs that values and keys come from.
  let valueInput, keyInput: Int

  init(_ layer: MultiHeadAttention, _ inputs: [Shape]) {
    (heads, keyDim, valueDim) = (layer.heads, layer.keyDim, layer.valueDim)
    (valueInput, keyInput) = (min(1, inputs.count - 1), inputs.count - 1)
    query = inputs[0][inputs[0].rank - 1]
    value = inputs[valueInput][inputs[valueInput].rank - 1]
    key = inputs[keyInput][inputs[keyInput].rank - 1]
    output = layer.outputDim ?? query
    queries = inputs[0].elementCount / query
    keys = inputs[keyInput].elementCount / key
  }

  /// Multiplications and additions of the four projections, the scores and the weighted values.
  var operations: Int {
    let projections =
      queries * (query * keyDim + valueDim * output) + keys * (key * keyDim + value * valueDim)
    return 2 * heads * (projections + queries * keys * (keyDim + valueDim))
  }
}
