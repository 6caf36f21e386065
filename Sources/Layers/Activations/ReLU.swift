public import PinionTensor

/// f(z) = max(z, 0). Its derivative at 0 is taken as 0; NaN stays NaN.
public struct ReLU: ActivationFunction {
  /// The rectifier.
  public init() {}

  /// 0.
  public var slopeBelowZero: Float? { 0 }

  /// Replaces z by max(z, 0).
  public func apply(to values: MemoryView<Float>, width: Int) {
    let z = values.base
    for i in 0..<values.count { z[i] = z[i] < 0 ? 0 : z[i] }
  }

  /// Replaces z by max(z + b, 0) in one pass.
  public func apply(to values: MemoryView<Float>, bias: MemoryView<Float>) {
    let width = bias.count
    guard width > 0 else { return }
    precondition(values.count % width == 0, "values that are not whole rows")
    let b = bias.base
    var row = values.base
    for _ in 0..<values.count / width {
      for i in 0..<width {
        let z = row[i] + b[i]
        row[i] = z < 0 ? 0 : z
      }
      row += width
    }
  }

  /// Replaces dy by dy where y > 0, else 0.
  public func applyGradient(
    to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
  ) {
    precondition(gradient.count == values.count, "gradient and values differ in length")
    let (dy, y) = (gradient.base, values.base)
    for i in 0..<values.count {
      // Read in any case, so that the loop has no branch and runs as vectors.
      let gradient = dy[i]
      dy[i] = y[i] > 0 ? gradient : 0
    }
  }
}

extension ActivationFunction where Self == ReLU {
  /// f(z) = max(z, 0).
  public static var relu: ReLU { ReLU() }
}
