/// How a convolution is computed. All give the same values to rounding.
public enum ConvolutionAlgorithm: String, Sendable, Codable, CaseIterable {
  /// The fastest for the shape, as measured and committed: at present always ``im2col``.
  case automatic
  /// Windows are copied into the rows of a matrix, a block at a time that stays in the L2 cache, and multiplied with the kernel. Takes any shape.
  case im2col
  /// Plain loops over the definition: slow, to compare with.
  case direct

  /// What `.automatic` stands for.
  package var resolved: ConvolutionAlgorithm { self == .automatic ? .im2col : self }
}
