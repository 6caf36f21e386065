public import PinionTensor

/// Orthogonalized momentum, for matrices; ``AdamW``, or ``SGD``, for all other parameters.
///
/// Of a matrix W with gradient G and learning rate λ:
///
/// - M ← μM + G; X = G + μM, or M without `nesterov`
/// - X ← X / (‖X‖ + 1e-7), by the Frobenius norm; then `newtonSchulzSteps` times A = XXᵀ,
///   X ← aX + (bA + cA²)X, with a = 3.4445, b = −4.7750, c = 2.0315
/// - W ← W − λ · 0.2 · √max(rows, columns) · X
///
/// The rules and their defaults are those of Keras 3's `Muon`, whose scale by the larger side is
/// Moonlight's (arXiv:2502.16982); Keller Jordan's reference has √max(1, rows/columns) in its
/// place. Unlike Keras, which updates all but matrices by AdamW, and as in the reference, kernels
/// of convolutions are matrices of (height · width · in, out) unless `flattensKernels` is false.
///
/// Matrices are parameters of two axes that are not embeddings, by their name, nor excluded. Each
/// is updated by one thread.
///
/// With `weightNormRatio`, W ← W · ratio · √columns / ‖W‖ precedes the update, for matrices
/// followed by a normalization, whose output does not depend on their scale; with `sgdMomentum`,
/// the other parameters are updated by ``SGD`` with Nesterov's momentum. Both as in Keller Jordan's
/// speed run on CIFAR-10 (airbench94_muon), with a ratio of 1.
public struct Muon: MatrixOptimizer {
  public var learningRate: LearningRate
  /// μ, in 0…1.
  public var momentum: Double
  /// Whether X is G + μM, Nesterov's form, instead of M. Default: true.
  public var nesterov: Bool
  /// At least 1.
  public var newtonSchulzSteps: Int
  /// The factor of √max(rows, columns); nil for W ← W − λX.
  public var rootMeanSquareRate: Double?
  /// Whether kernels of more than two axes are matrices.
  public var flattensKernels: Bool
  /// The Frobenius norm of a matrix before an update, divided by √columns; nil: unchanged.
  public var weightNormRatio: Double?
  /// Names of parameters, or of layers and nested graphs, that are not updated as matrices.
  public var excludedNames: [String]
  /// Whether parameters with "embedding" in their names are excluded.
  public var excludesEmbeddings: Bool
  /// The momentum of SGD, in 0…1, for parameters that are not matrices; nil for AdamW.
  public var sgdMomentum: Double?
  /// The rate of AdamW, or SGD, as a multiple of the learning rate.
  public var adamRateRatio: Double
  /// β₁ of AdamW, in 0..<1.
  public var adamBeta1: Double
  /// β₂ of AdamW, in 0..<1.
  public var adamBeta2: Double
  /// ε of AdamW.
  public var epsilon: Double
  /// The weight decay of parameters that are not matrices, by the full learning rate.
  public var adamWeightDecay: Double?
  /// The weight decay of matrices.
  public var weightDecay: Double?
  public var clipping: GradientClipping?
  public var parameterRules: [ParameterRule]

  public init(
    learningRate: LearningRate = 0.001, momentum: Double = 0.95, nesterov: Bool = true,
    newtonSchulzSteps: Int = 5, rootMeanSquareRate: Double? = 0.2, flattensKernels: Bool = true,
    excludedNames: [String] = [], excludesEmbeddings: Bool = true, adamRateRatio: Double = 1,
    adamBeta1: Double = 0.9, adamBeta2: Double = 0.999, epsilon: Double = 1e-7,
    adamWeightDecay: Double? = 0.004, weightDecay: Double? = 0.004,
    weightNormRatio: Double? = nil, sgdMomentum: Double? = nil,
    clipping: GradientClipping? = nil, parameterRules: [ParameterRule] = []
  ) {
    self.learningRate = learningRate
    self.momentum = momentum
    self.nesterov = nesterov
    self.newtonSchulzSteps = newtonSchulzSteps
    self.rootMeanSquareRate = rootMeanSquareRate
    self.flattensKernels = flattensKernels
    self.excludedNames = excludedNames
    self.excludesEmbeddings = excludesEmbeddings
    self.adamRateRatio = adamRateRatio
    self.adamBeta1 = adamBeta1
    self.adamBeta2 = adamBeta2
    self.epsilon = epsilon
    self.adamWeightDecay = adamWeightDecay
    self.weightDecay = weightDecay
    self.weightNormRatio = weightNormRatio
    self.sgdMomentum = sgdMomentum
    self.clipping = clipping
    self.parameterRules = parameterRules
  }

  /// M, or AdamW's m or SGD's, and AdamW's v, which stays 0 for what AdamW does not update.
  public var slotNames: [String] { ["momentum", "velocity"] }

  /// ``Adam``'s, then λ and μ, and the rate and the momentum of SGD.
  public func coefficients(
    step: Int, learningRate: Double, scalars: inout [Double]
  ) -> StepCoefficients {
    AdamUpdate.coefficients(
      step: step, learningRate: learningRate * adamRateRatio, beta1: adamBeta1, beta2: adamBeta2,
      epsilon: epsilon
    )
    .replacing(4, with: learningRate).replacing(5, with: momentum)
    .replacing(6, with: learningRate * adamRateRatio).replacing(7, with: sgdMomentum ?? 0)
  }

  /// The update of AdamW or SGD.
  public func update(
    parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
    coefficients: StepCoefficients
  ) {
    guard sgdMomentum == nil else {
      return SGD.updateByNesterov(
        parameters: parameters, gradients: gradients, velocity: slots[0],
        learningRate: coefficients[6], momentum: coefficients[7])
    }
    AdamUpdate.run(
      parameters: parameters, gradients: gradients, slots: slots, coefficients: coefficients,
      amsgrad: false)
  }

  public func validate() throws(ArgumentError) {
    try checkCommon()
    try ArgumentError.check(
      momentum >= 0 && momentum <= 1, "Muon.momentum", "at least 0 and at most 1",
      found: momentum)
    try ArgumentError.checkSteps(newtonSchulzSteps, "Muon.newtonSchulzSteps")
    try ArgumentError.checkRate(rootMeanSquareRate ?? 0, "Muon.rootMeanSquareRate")
    try ArgumentError.checkPositive(weightNormRatio ?? 1, "Muon.weightNormRatio")
    let sgdMomentum = sgdMomentum ?? 0
    try ArgumentError.check(
      sgdMomentum >= 0 && sgdMomentum <= 1, "Muon.sgdMomentum", "at least 0 and at most 1",
      found: sgdMomentum)
    try ArgumentError.checkRate(adamRateRatio, "Muon.adamRateRatio")
    try ArgumentError.checkDecay(adamBeta1, "Muon.adamBeta1")
    try ArgumentError.checkDecay(adamBeta2, "Muon.adamBeta2")
    try ArgumentError.checkEpsilon(epsilon, "Muon.epsilon")
    try ArgumentError.checkRate(adamWeightDecay ?? 0, "Muon.adamWeightDecay")
  }
}

extension Muon {
  package func matrix(of parameter: ParameterRange) -> MatrixShape? {
    let shape = parameter.shape
    guard shape.rank == 2 || (flattensKernels && shape.rank > 2 && parameter.role == .kernel),
      !excludedNames.contains(where: parameter.isNamed),
      !(excludesEmbeddings && parameter.name.lowercased().contains("embedding"))
    else { return nil }
    let columns = shape[shape.rank - 1]
    guard columns > 0 else { return nil }
    return MatrixShape(rows: shape.elementCount / columns, columns: columns)
  }

  package func weightDecay(of parameter: ParameterRange) -> Double? {
    matrix(of: parameter) == nil ? adamWeightDecay ?? 0 : weightDecay
  }

  package func scratchCount(for matrix: MatrixShape) -> Int {
    let side = min(matrix.rows, matrix.columns)
    return 2 * matrix.rows * matrix.columns + 2 * side * side
  }

  package func update(
    _ matrix: MatrixShape, parameters: MemoryView<Float>, gradients: MemoryView<Float>,
    slots: OptimizerSlots, coefficients: StepCoefficients, scratch: MemoryView<Float>
  ) {
    let count = parameters.count
    let (w, g, m) = (parameters.base, gradients.base, slots[0].base)
    let momentum = coefficients[5]
    let x = scratch[0..<count]
    for i in 0..<count { m[i] += g[i] + m[i] * (momentum - 1) }
    if nesterov {
      for i in 0..<count { x.base[i] = g[i] + momentum * m[i] }
    } else {
      x.copy(from: slots[0])
    }
    let result = NewtonSchulz(
      matrix: matrix, x: x, scratch: scratch[count..<scratch.count]
    ).run(steps: newtonSchulzSteps)
    let scale =
      rootMeanSquareRate.map { Float(Double(max(matrix.rows, matrix.columns)).squareRoot() * $0) }
      ?? 1
    let factor = coefficients[4] * scale
    if let weightNormRatio {
      let norm = ElementLoops.sumOfSquares(parameters).squareRoot()
      let length = weightNormRatio * Double(matrix.columns).squareRoot()
      if norm > 0 { ElementLoops.scale(parameters, by: Float(length / norm)) }
    }
    for i in 0..<count { w[i] -= result.base[i] * factor }
  }
}

/// The iteration X ← aX + (bA + cA²)X, A = XXᵀ, or X ← aX + X(bA + cA²), A = XᵀX, for a matrix of
/// more rows than columns, which is the same for the transpose.
private struct NewtonSchulz {
  private static let (a, b, c): (Float, Float, Float) = (3.4445, -4.7750, 2.0315)

  let matrix: MatrixShape
  let x: MemoryView<Float>
  /// Of the size of x, then two squares of the smaller side.
  let scratch: MemoryView<Float>

  /// Returns the memory that holds the result.
  func run(steps: Int) -> MemoryView<Float> {
    let (rows, columns) = (matrix.rows, matrix.columns)
    let (count, side, isTall) = (rows * columns, min(rows, columns), rows > columns)
    let wideNorm = ElementLoops.sumOfSquares(x).squareRoot()
    let norm = Float(wideNorm) + 1e-7
    if norm.isFinite {
      for i in 0..<count { x.base[i] /= norm }
    } else {
      for i in 0..<count { x.base[i] = Float(Double(x.base[i]) / wideNorm) }
    }
    var (source, target) = (x, scratch[0..<count])
    let product = scratch[count..<count + side * side]
    let polynomial = scratch[count + side * side..<count + 2 * side * side]
    for _ in 0..<steps {
      BLAS.gemm(
        isTall ? .yes : .no, isTall ? .no : .yes, m: side, n: side, k: max(rows, columns),
        a: source.base, lda: columns, b: source.base, ldb: columns, c: product.base, ldc: side)
      polynomial.copy(from: product)
      BLAS.gemm(
        m: side, n: side, k: side, alpha: Self.c, a: product.base, lda: side, b: product.base,
        ldb: side, beta: Self.b, c: polynomial.base, ldc: side)
      target.copy(from: source)
      let (left, right) = isTall ? (source, polynomial) : (polynomial, source)
      BLAS.gemm(
        m: rows, n: columns, k: side, a: left.base, lda: isTall ? columns : side, b: right.base,
        ldb: isTall ? side : columns, beta: Self.a, c: target.base, ldc: columns)
      (source, target) = (target, source)
    }
    return source
  }
}
