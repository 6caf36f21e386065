internal import PinionTensor

/// What a gradient check found.
public struct GradientCheckResult: Sendable, CustomStringConvertible {
  /// The worst comparison of a tensor at one size of inputs.
  public struct Finding: Sendable, CustomStringConvertible {
    /// What the gradient is with respect to: `input`, or a parameter such as `dense/kernel`.
    public let tensor: String
    /// Which element of the tensor, and how large inputs were.
    public let kind: String
    /// What the backward pass gives.
    public let computed: Double
    /// What differences give; NaN where none was smooth enough.
    public let expected: Double
    /// The relative error, less what rounding explains; infinite where nothing could be compared.
    public let error: Double

    /// One line, control characters escaped.
    public var description: String {
      PrintableText.escaped(
        "\(tensor), \(kind): computed \(computed), expected \(expected), relative error \(error)")
    }
  }

  /// The worst comparisons.
  public let findings: [Finding]
  /// The largest error that passes.
  public let tolerance: Double

  /// Whether every comparison is within the tolerance.
  public var isPassed: Bool { findings.allSatisfy { $0.error <= tolerance } && !findings.isEmpty }

  /// The comparison with the largest error.
  public var worst: Finding? { findings.max { $0.error.orInfinity < $1.error.orInfinity } }

  /// The failures, or the worst of what passed.
  public var description: String {
    let failures = findings.filter { !($0.error <= tolerance) }
    guard failures.isEmpty else {
      return "gradients differ:\n" + failures.map { "  \($0)" }.joined(separator: "\n")
    }
    return "gradients agree" + (worst.map { "; worst: \($0)" } ?? "; nothing was compared")
  }
}

extension Double {
  fileprivate var orInfinity: Double { isNaN ? .infinity : self }
}
