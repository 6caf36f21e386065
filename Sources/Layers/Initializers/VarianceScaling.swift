public import PinionTensor

/// Random values of variance `scale` / n, with the fan-in, the fan-out or their mean as n:
/// distributed as Keras 3's, with other random numbers.
///
/// Uniform: in (−l, l) with l = √(3·scale/n). Truncated normal: a normal of standard deviation
/// √(scale/n) / 0.87962566103423978, truncated at two of its standard deviations, so that the
/// truncated distribution has this variance. Glorot and Bengio (2010) take scale 1 and the mean of
/// fan-in and fan-out; He et al. (2015) scale 2 and fan-in.
public struct VarianceScaling: Initializer {
  /// The definition of n.
  public enum Mode: String, Sendable, Codable {
    /// The fan-in: the number of inputs of a unit.
    case fanIn
    /// The fan-out: the number of units that an input reaches.
    case fanOut
    /// The mean of both.
    case fanAverage
  }

  /// The shape of the distribution.
  public enum Distribution: String, Sendable, Codable {
    case uniform
    /// Normal, truncated at two standard deviations.
    case truncatedNormal
  }

  /// The numerator of the variance.
  public var scale: Double
  /// The definition of n.
  public var mode: Mode
  /// The shape of the distribution.
  public var distribution: Distribution

  public init(scale: Double = 1, mode: Mode = .fanIn, distribution: Distribution = .truncatedNormal)
  {
    self.scale = scale
    self.mode = mode
    self.distribution = distribution
  }

  /// The standard deviation, √(scale/n).
  package func standardDeviation(for shape: Shape) -> Double {
    let (fanIn, fanOut) = fans(of: shape)
    let n =
      switch mode {
      case .fanIn: Double(fanIn)
      case .fanOut: Double(fanOut)
      case .fanAverage: Double(fanIn + fanOut) / 2
      }
    return (scale / max(1, n)).squareRoot()
  }

  /// The scale must be positive, and the scale and the variance in the range of `Float`.
  public func validate() throws {
    let range = Double(Float.leastNormalMagnitude)...Double(Float.greatestFiniteMagnitude)
    try LayerError.require(
      range.contains(scale), "variance scaling needs a positive scale in \(range)",
      received: "\(scale)")
  }

  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    let deviation = standardDeviation(for: shape)
    switch distribution {
    case .uniform:
      let limit = Float(3.0.squareRoot() * deviation)
      random.fillUniform(values, in: -limit..<limit)
    case .truncatedNormal:
      random.fillTruncatedNormal(
        values, standardDeviation: Float(deviation / 0.879_625_661_034_239_78))
    }
  }
}

extension Initializer where Self == VarianceScaling {
  /// Uniform in ±√(6 / (fan-in + fan-out)): the default of dense and convolution kernels.
  public static var glorotUniform: VarianceScaling {
    VarianceScaling(scale: 1, mode: .fanAverage, distribution: .uniform)
  }

  /// Normal of variance 2 / (fan-in + fan-out).
  public static var glorotNormal: VarianceScaling {
    VarianceScaling(scale: 1, mode: .fanAverage, distribution: .truncatedNormal)
  }

  /// Uniform in ±√(3 / fan-in): for layers followed by a SELU (LeCun et al. 1998).
  public static var lecunUniform: VarianceScaling {
    VarianceScaling(scale: 1, mode: .fanIn, distribution: .uniform)
  }

  /// Normal of variance 1 / fan-in: for layers followed by a SELU (LeCun et al. 1998).
  public static var lecunNormal: VarianceScaling {
    VarianceScaling(scale: 1, mode: .fanIn, distribution: .truncatedNormal)
  }

  /// Uniform in ±√(6 / fan-in): for layers followed by a rectifier.
  public static var heUniform: VarianceScaling {
    VarianceScaling(scale: 2, mode: .fanIn, distribution: .uniform)
  }

  /// Normal of variance 2 / fan-in: for layers followed by a rectifier.
  public static var heNormal: VarianceScaling {
    VarianceScaling(scale: 2, mode: .fanIn, distribution: .truncatedNormal)
  }
}
