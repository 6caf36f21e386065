public import PinionTensor

/// Normally distributed values. As Keras 3's `RandomNormal`, with other random numbers.
public struct RandomNormal: Initializer {
  /// Default: 0.
  public var mean: Float
  /// Default: 0.05.
  public var standardDeviation: Float

  public init(mean: Float = 0, standardDeviation: Float = 0.05) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Both must be finite, and the standard deviation not negative.
  public func validate() throws {
    try RandomNormal.validate(mean: mean, standardDeviation: standardDeviation)
  }

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    random.fillNormal(values, mean: mean, standardDeviation: standardDeviation)
  }

  /// The largest numbers that are drawn are within seven standard deviations.
  fileprivate static func validate(mean: Float, standardDeviation: Float) throws {
    try LayerError.require(
      standardDeviation >= 0 && (mean.magnitude + 7 * standardDeviation).isFinite,
      "a normal initializer needs a finite mean, and a standard deviation that is finite and not "
        + "negative", received: "\(mean) and \(standardDeviation)")
  }
}

/// Normally distributed values, redrawn where they are more than two standard deviations from the
/// mean. As Keras 3's `TruncatedNormal`, with other random numbers.
///
/// The standard deviation is that of the distribution before truncation; afterwards it is 0.88
/// times as large.
public struct TruncatedNormal: Initializer {
  /// Default: 0.
  public var mean: Float
  /// Default: 0.05.
  public var standardDeviation: Float

  public init(mean: Float = 0, standardDeviation: Float = 0.05) {
    self.mean = mean
    self.standardDeviation = standardDeviation
  }

  /// Both must be finite, and the standard deviation not negative.
  public func validate() throws {
    try RandomNormal.validate(mean: mean, standardDeviation: standardDeviation)
  }

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    random.fillTruncatedNormal(values, mean: mean, standardDeviation: standardDeviation)
  }
}

extension Initializer where Self == RandomNormal {
  /// Normal of mean 0 and standard deviation 0.05.
  public static var randomNormal: RandomNormal { RandomNormal() }

  /// Normally distributed values.
  public static func randomNormal(mean: Float = 0, standardDeviation: Float) -> RandomNormal {
    RandomNormal(mean: mean, standardDeviation: standardDeviation)
  }
}

extension Initializer where Self == TruncatedNormal {
  /// Normal of mean 0 and standard deviation 0.05, truncated at two of these.
  public static var truncatedNormal: TruncatedNormal { TruncatedNormal() }

  /// Normally distributed values, truncated at two standard deviations.
  public static func truncatedNormal(
    mean: Float = 0, standardDeviation: Float
  ) -> TruncatedNormal {
    TruncatedNormal(mean: mean, standardDeviation: standardDeviation)
  }
}

extension Initializer where Self == RandomUniform {
  /// Uniform in `minimum`..<`maximum`.
  public static func randomUniform(from minimum: Float, to maximum: Float) -> RandomUniform {
    RandomUniform(from: minimum, to: maximum)
  }
}

/// Uniformly distributed values. As Keras 3's `RandomUniform`, with other random numbers.
public struct RandomUniform: Initializer {
  /// The lower bound. Default: −0.05.
  public var minimum: Float
  /// The upper bound, exclusive. Default: 0.05.
  public var maximum: Float

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

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    random.fillUniform(values, in: minimum..<maximum)
  }
}

extension Initializer where Self == RandomUniform {
  /// Uniform in ±0.05: the default of embeddings.
  public static var randomUniform: RandomUniform { RandomUniform() }
}
