public import PinionData
public import PinionTensor

/// Takes the correlations out of inputs and changes them as little as that allows: y = W·(x − μ),
/// W = V·diag(1/√(λ + ε))·Vᵀ, with V·diag(λ)·Vᵀ the inputs' covariance.
///
/// The inputs are taken as vectors, of D elements each; W has D² elements: 38 MB for CIFAR.
/// ```swift
/// let whitening = try ZCAWhitening(fitting: training, epsilon: 0.1)
/// try model.fit(whitening.whitened(training), validation: whitening.whitened(validation))
/// ```
/// Source: Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009, appendix A.
public struct ZCAWhitening: Sendable, Equatable {
  /// Inputs that are multiplied at a time.
  private static let samplesPerBlock = 256
  /// Columns of the product that one piece of work computes.
  private static let columnsPerPiece = 256

  /// The shape of one input.
  public let inputShape: Shape
  /// μ: the inputs' mean, of the shape ``inputShape``.
  public let mean: Tensor
  /// W, (D, D).
  public let matrix: Tensor
  /// ε, which keeps directions in which the inputs hardly differ from being blown up.
  public let epsilon: Double

  /// Learns from a data set's inputs.
  ///
  /// - Parameters:
  ///   - dataset: The inputs to learn from, normally those of the training.
  ///   - epsilon: ε. Default: 10⁻⁶, that of Keras 2's `ImageDataGenerator`; photographs with values in 0…1
  ///     look better with 0.1.
  ///   - pool: The threads that multiply; the decomposition itself runs on one. Default: the process's pool.
  ///
  /// Throws `ArgumentError` if there are no samples or ε is not positive, ``LinearAlgebraError`` if an input
  /// is not finite or has more than 32,766 elements.
  public init(
    fitting dataset: some Dataset, epsilon: Double = 1e-6, pool: ThreadPool = .shared
  ) throws {
    guard dataset.count > 0 else {
      throw ArgumentError(place: "the data set", expected: "at least one sample", found: "none")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw ArgumentError(
        place: "ε of the whitening", expected: "a positive number", found: "\(epsilon)")
    }
    try dataset.requireSingleInputAndTarget(for: "whitening")
    let size = dataset.inputShape.elementCount
    guard size <= LAPACK.maximumRows else {
      throw LinearAlgebraError.tooLarge(rows: size, limit: LAPACK.maximumRows)
    }
    let moments = try InputMoments(of: dataset, pool: pool)
    let covariance = moments.covariance
    for i in covariance.view.indices where !covariance.view.base[i].isFinite {
      throw LinearAlgebraError.notFinite(row: i / size, column: i % size)
    }
    let values = DoubleBuffer(count: size)
    let decomposition = try SymmetricEigenDecomposition(
      decomposing: covariance, values: values, rows: size)
    inputShape = dataset.inputShape
    mean = Tensor(moments.mean.array.map { Float($0) }).reshaped(to: dataset.inputShape)
    let square = Double(moments.scale) * Double(moments.scale)
    matrix = decomposition.matrix { value in
      // Rounding may leave an eigenvalue of zero slightly negative.
      Float(1 / (max(Double(value), 0) / square + epsilon).squareRoot())
    }
    self.epsilon = epsilon
  }

  /// The data set with its inputs whitened, all in memory: 4·D bytes an input.
  ///
  /// Throws `ArgumentError` if the inputs have another shape than those learned from.
  public func whitened(
    _ dataset: some Dataset, pool: ThreadPool = .shared
  ) throws -> ArrayDataset {
    guard dataset.inputShape == inputShape else {
      throw ArgumentError(
        place: "the inputs to whiten", expected: "the shape \(inputShape)",
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

  /// outputs ← (inputs − μ)·W, both (N, D); the inputs are overwritten by inputs − μ. W is symmetric.
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
