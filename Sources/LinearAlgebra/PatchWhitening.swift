public import PinionData
public import PinionTensor

/// A convolution kernel that whitens the patches of images: 2·D filters, D the number of elements
/// of a patch, whose outputs over the patches have mean squares of about 1 and no correlation.
///
/// With the eigenvalues λ, ascending, and the eigenvectors V of E[p·pᵀ] over all patches p, filter
/// k is V[:, k] / √(λₖ + ε), and filter D + k its negative, for activations that set negative
/// values to zero.
///
/// ```swift
/// let whitening = try PatchWhitening(fitting: training.prefix(5_000))
/// var network = Network(try graph.freezing("whiten"), seed: 1)
/// whitening.kernel.read { network.weights["whiten/kernel"]?.copy(from: $0) }
/// ```
///
/// As the kernel of a frozen first layer, it shortens the training of small networks: Page 2019
/// ("How to Train Your ResNet"), Jordan 2024 (arXiv:2404.00498).
public struct PatchWhitening: Sendable, Equatable {
  /// (side, side, C, 2·side·side·C), the layout of a convolution's kernel.
  public let kernel: Tensor
  /// ε, which limits the amplification of directions with little variance.
  public let epsilon: Double

  /// Computes the kernel from the inputs of a data set.
  ///
  /// - Parameters:
  ///   - dataset: Images (H, W, C), normally part of the training data: 5,000 are enough.
  ///   - side: The height and the width of a patch. Default: 2.
  ///   - epsilon: ε. Default: 0.0005, for images of mean 0 and standard deviation 1.
  ///
  /// Sums in single precision over an image, in double precision over images. Throws
  /// `ArgumentError` if there are no samples, inputs are not images of at least the size of a
  /// patch, or ε is not positive; ``LinearAlgebraError`` if an input is not finite or a patch has
  /// more than 32,766 elements; and what the data set throws.
  public init(fitting dataset: some Dataset, side: Int = 2, epsilon: Double = 5e-4) throws {
    guard dataset.count > 0 else {
      throw ArgumentError(place: "data set", expected: "at least one sample", found: "none")
    }
    guard epsilon > 0, epsilon.isFinite else {
      throw ArgumentError(place: "epsilon", expected: "a positive number", found: "\(epsilon)")
    }
    let shape = dataset.inputShape
    guard shape.rank == 3, side > 0, side <= min(shape[0], shape[1]) else {
      throw ArgumentError(
        place: "the inputs to whiten",
        expected: "images (height, width, channels) of at least one patch of side \(side)",
        found: "\(shape)")
    }
    let size = side * side * shape[2]
    guard size <= LAPACK.maximumRows else {
      throw LinearAlgebraError.tooLarge(rows: size, limit: LAPACK.maximumRows)
    }
    let moments = try Self.secondMoments(of: dataset, side: side, size: size)
    let decomposition = try moments.symmetricEigenDecomposition()
    var kernel = Tensor.zeros([side, side, shape[2], 2 * size])
    let (values, vectors) = (decomposition.values.elements, decomposition.vectors.elements)
    kernel.mutate { kernel in
      for k in 0..<size {
        // Rounding may make an eigenvalue of zero slightly negative.
        let factor = 1 / (max(values[k], 0) + epsilon).squareRoot()
        for element in 0..<size {
          let weight = Float(vectors[element * size + k] * factor)
          kernel[element * 2 * size + k] = weight
          kernel[element * 2 * size + size + k] = -weight
        }
      }
    }
    self.kernel = kernel
    self.epsilon = epsilon
  }

  /// E[p·pᵀ], (size, size).
  private static func secondMoments(
    of dataset: some Dataset, side: Int, size: Int
  ) throws -> DoubleTensor {
    let shape = dataset.inputShape
    let (rows, columns) = (shape[0] - side + 1, shape[1] - side + 1)
    let (rowCount, partCount) = (shape[1] * shape[2], side * shape[2])
    let image = AlignedBuffer(count: shape.elementCount)
    let patches = AlignedBuffer(count: rows * columns * size)
    let products = AlignedBuffer(count: size * size)
    var sums = DoubleTensor.zeros([size, size])
    for index in 0..<dataset.count {
      try dataset.copyInput(at: index, into: image.view)
      var patch = patches.view.base
      for y in 0..<rows {
        for x in 0..<columns {
          for row in 0..<side {
            let source = image.view.base + (y + row) * rowCount + x * shape[2]
            for i in 0..<partCount { patch[i] = source[i] }
            patch += partCount
          }
        }
      }
      ComputeScope.run {
        BLAS.gemm(
          .yes, .no, m: size, n: size, k: rows * columns, a: patches.view.base, lda: size,
          b: patches.view.base, ldb: size, c: products.view.base, ldc: size)
      }
      sums.mutate { sums in
        for i in 0..<sums.count { sums.base[i] += Double(products.view.base[i]) }
      }
    }
    withExtendedLifetime((image, patches, products)) {}
    return sums / Double(dataset.count * rows * columns)
  }
}
