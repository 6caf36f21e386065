public import PinionTensor

/// What a layer says of one of its parameters.
public struct Parameter: Sendable {
  /// The name within the layer: `kernel`, `bias`, `gamma`, `moving_mean`, …
  public let name: String
  /// The shape, in Keras's layout: dense kernels (in, out), convolution kernels (height, width, in, out).
  public let shape: Shape
  /// How the first values are drawn.
  public let initializer: any Initializer
  /// Whether the optimiser changes it. What it does not, such as moving averages, the layer changes itself.
  public let isTrainable: Bool
  /// Whether a negative number in it, as in a variance, makes no sense. A file with one is refused.
  public let isNonNegative: Bool

  /// Describes a parameter; trainable and of any sign by default.
  public init(
    _ name: String, shape: Shape, initializer: some Initializer, isTrainable: Bool = true,
    isNonNegative: Bool = false
  ) {
    self.init(
      name, shape: shape, erased: initializer, isTrainable: isTrainable,
      isNonNegative: isNonNegative)
  }

  init(
    _ name: String, shape: Shape, erased initializer: any Initializer, isTrainable: Bool = true,
    isNonNegative: Bool = false
  ) {
    self.name = name
    self.shape = shape
    self.initializer = initializer
    self.isTrainable = isTrainable
    self.isNonNegative = isNonNegative
  }
}
