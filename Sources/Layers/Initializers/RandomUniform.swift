public import PinionTensor

/// Random values, each of an interval alike. As Keras 3's `RandomUniform`, from other random
/// numbers.
public struct RandomUniform: Initializer {
  /// Where the interval starts. Default: −0.05.
  public var minimum: Float
  /// Where the interval ends. Default: 0.05.
  public var maximum: Float

  /// Random values in `minimum`..<`maximum`.
  public init(from minimum: Float = -0.05, to maximum: Float = 0.05) {
    self.minimum = minimum
    self.maximum = maximum
  }

  /// The interval must not be empty.
  public func validate() throws {
    try LayerError.require(
      minimum < maximum && (maximum - minimum).isFinite,
      "a uniform initializer needs a finite interval", received: "\(minimum)..<\(maximum)")
  }

  /// Draws every element.
  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    random.fillUniform(values, in: minimum..<maximum)
  }
}

extension Initializer where Self == RandomUniform {
  /// Uniform in ±0.05: the default of embeddings.
  public static var randomUniform: RandomUniform { RandomUniform() }
}
