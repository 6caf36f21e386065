/// How a convolution is computed. All give the same values to rounding.
public enum ConvolutionAlgorithm: String, Sendable, Codable, CaseIterable {
  /// The fastest for the shape, as measured and committed.
  case automatic
  /// Windows are copied into the rows of a matrix, a block at a time that stays in the L2 cache, and multiplied with the kernel. Takes any shape.
  case im2col
  /// Winograd's minimal filtering of tiles of 4 × 4 pixels, 36 small matrix products in place of one large with a quarter of its multiplications. Takes kernels of 3 × 3 with stride 1 (Lavin and Gray 2015).
  case winograd
  /// Sums of eight pixels at a time in registers. Takes kernels whose rows hold few values, kernel width · channels ≤ 16, as a network's first often do.
  case shallow
  /// Plain loops over the definition: slow, to compare with.
  case direct
}
