public import PinionData
public import PinionTensor

/// ZCA whitening, the decorrelation that changes the inputs least: y = W·(x − μ) with W =
/// V·diag(1/√(λ + ε))·Vᵀ, where V·diag(λ)·Vᵀ is the covariance of the inputs.
///
/// Inputs are treated as vectors of D elements; W has D² elements (38 MB for CIFAR).
///
/// ```swift
/// let whitening = try ZCAWhitening(fitting: training, epsilon: 0.1)
/// try model.fit(whitening.whitened(training), validation: whitening.whitened(validation))
/// ```
///
/// Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, appendix A.
public struct ZCAWhitening: Sendable, Equatable {
  /// The number of samples per matrix product.
  private static let samplesPerBlock = 256
  /// The number of output columns per task.
  private static let columnsPerPiece = 256

  public let inputShape: Shape
  /// μ: the mean of the inputs, of shape ``inputShape``.
  public let mean: Tensor
  /// W, (D, D).
  public let matrix: Tensor
  /// ε, which limits the amplification of directions with little variance.
  public let epsilon: Double

  /// Computes μ and W from the inputs of a data set.
  ///
  /// - Parameters:
  ///   - dataset: Normally the training data.
  ///   - epsilon: ε. Default: 10⁻⁶, as Keras 2's `ImageDataGenerator`. For photographs with values
  ///     in 0...1, 0.1 gives better results.
  ///   - pool: The thread pool for matrix products; the decomposition uses one thread. Default: the
  ///     process's pool.
  ///
  /// - Throws: `ArgumentError` if there are no samples or ε is not positive; ``LinearAlgebraError``
  ///   if an input is not finite or has more than 32,766 elements.
  public init(
    fitting dataset: some Dataset, epsilon: Double = 1e-6, pool: ThreadPool = .shared
  ) throws {
    guard dataset.count > 0 else {
      throw ArgumentError(place: "data set", expected: "at least one sample", found: "none")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw ArgumentError(
        place: "epsilon", expected: "a positive number", found: "\(epsilon)")
    }
    try dataset.requireSingleInputAndTarget(for: "whitening")
    let size = dataset.inputShape.elementCount
    guard size <= LAPACK.maximumRows else {
      throw LinearAlgebraError.tooLarge(rows: size, limit: LAPACK.maximumRows)
    }
    let moments = try InputMoments(of: dataset, pool: pool)
    let decomposition = try moments.covariance.symmetricEigenDecomposition()
    inputShape = dataset.inputShape
    mean = Tensor(moments.mean).reshaped(to: dataset.inputShape)
    let square = Double(moments.scale) * Double(moments.scale)
    matrix = Tensor(
      decomposition.matrix { value in
        // Rounding may make an eigenvalue of zero slightly negative.
        1 / (max(value, 0) / square + epsilon).squareRoot()
      })
    self.epsilon = epsilon
  }

  /// Whitens all inputs of a data set into memory, 4·D bytes per sample.
  ///
  /// - Throws: `ArgumentError` if the inputs do not have the shape ``inputShape``.
  public func whitened(
    _ dataset: some Dataset, pool: ThreadPool = .shared
  ) throws -> ArrayDataset {
    guard dataset.inputShape == inputShape else {
      throw ArgumentError(
        place: "inputs", expected: "shape \(inputShape)",
        found: "\(dataset.inputShape)")
    }
    try dataset.requireSingleInputAndTarget(for: "whitening")
    var inputs: [Float] = []
    var weights: [Float]? = dataset.hasWeights ? [] : nil
    var targets: [Float] = []
    inputs.reserveCapacity(dataset.count * matrix.shape[0])
    targets.reserveCapacity(dataset.count * dataset.targetShape.elementCount)
    let loader = try BatchLoader(dataset, batchSize: Self.samplesPerBlock, pool: pool)
    let block = AlignedBuffer(count: Self.samplesPerBlock * matrix.shape[0])
    try loader.startEpoch()
    while let batch = try loader.next() {
      let outputs = block.view[0..<batch.input.count]
      whiten(batch.input, into: outputs, pool: pool)
      inputs.append(contentsOf: UnsafeBufferPointer(start: outputs.base, count: outputs.count))
      targets.append(
        contentsOf: UnsafeBufferPointer(start: batch.target.base, count: batch.target.count))
      if let batchWeights = batch.weights { weights?.append(contentsOf: batchWeights.array) }
    }
    withExtendedLifetime(block) {}
    return try ArrayDataset(
      inputs: inputs, inputShape: inputShape, targets: targets,
      targetShape: dataset.targetShape, weights: weights, classNames: dataset.classNames)
  }

  /// outputs ← (inputs − μ)·W, both of shape (N, D). Overwrites the inputs with inputs − μ. W is
  /// symmetric.
  private func whiten(
    _ inputs: MemoryView<Float>, into outputs: MemoryView<Float>, pool: ThreadPool
  ) {
    let size = matrix.shape[0]
    mean.read { InputMoments.subtract($0, from: inputs) }
    matrix.read { matrix in
      let pieces = (size + Self.columnsPerPiece - 1) / Self.columnsPerPiece
      pool.run(count: pieces) { piece, _ in
        let first = piece * Self.columnsPerPiece
        let columns = min(Self.columnsPerPiece, size - first)
        BLAS.gemm(
          m: inputs.count / size, n: columns, k: size, a: inputs.base, lda: size,
          b: matrix.base + first, ldb: size, c: outputs.base + first, ldc: size)
      }
    }
  }
}
