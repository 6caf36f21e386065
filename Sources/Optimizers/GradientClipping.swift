internal import PinionTensor

/// A bound on the gradients of a step, applied before weight decay and update.
///
/// As Keras 3's `clipvalue`, `clipnorm` and `global_clipnorm`, of which Keras too takes one at
/// most.
///
/// ```swift
/// Adam(learningRate: 0.001, clipping: .globalNorm(1))
/// ```
public enum GradientClipping: Sendable, Equatable, Codable {
  /// g ← min(max(g, −v), v).
  case value(Double)
  /// Of each parameter: g ← g · v / max(‖g‖₂, v).
  case norm(Double)
  /// g ← g · v / max(‖g‖₂, v) with the norm of all gradients together.
  case globalNorm(Double)

  /// The bound v.
  public var bound: Double {
    switch self {
    case .value(let bound), .norm(let bound), .globalNorm(let bound): bound
    }
  }

  /// Whether the gradients of a parameter are needed as a whole.
  var needsNorms: Bool {
    if case .value = self { false } else { true }
  }

  func validate(_ place: String) throws(ArgumentError) {
    // The smallest normal float: denormals are flushed.
    let smallest = Double(Float.leastNormalMagnitude)
    try ArgumentError.check(
      bound.isFinite && bound >= smallest, place, "a finite bound, positive", found: bound)
  }

  /// The factors of the parameters' gradients, from the sums of the gradients' squares.
  ///
  /// - Parameter sums: One a parameter; replaced by the factor.
  func factors(of sums: MemoryView<Double>) {
    switch self {
    case .value: sums.fill(1)
    case .norm:
      for parameter in sums.indices { sums[parameter] = factor(of: sums[parameter]) }
    case .globalNorm:
      var total = 0.0
      for parameter in sums.indices { total += sums[parameter] }
      sums.fill(factor(of: total))
    }
  }

  private func factor(of sum: Double) -> Double {
    let norm = sum.squareRoot()
    return norm > bound ? bound / norm : 1
  }
}

/// The loops over ranges of gradients and parameters that all optimizers use.
enum ElementLoops {
  /// Keeps NaN.
  static func clip(_ gradients: MemoryView<Float>, to bound: Float) {
    let g = gradients.base
    for i in 0..<gradients.count {
      let value = g[i]
      g[i] = value > bound ? bound : value < -bound ? -bound : value
    }
  }

  static func scale(_ gradients: MemoryView<Float>, by factor: Float) {
    let g = gradients.base
    for i in 0..<gradients.count { g[i] *= factor }
  }

  /// w ← w − w·d·λ, in Keras's order.
  static func decay(_ parameters: MemoryView<Float>, _ decay: Float, rate: Float) {
    let w = parameters.base
    for i in 0..<parameters.count { w[i] -= w[i] * decay * rate }
  }

  /// Σ x², in an order that depends on the count alone.
  static func sumOfSquares(_ values: MemoryView<Float>) -> Double {
    let x = values.base
    var sum = BlockSum()
    let whole = values.count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      let lanes = BlockSum.load(x + i)
      sum.add(lanes * lanes)
    }
    for i in whole..<values.count { sum.add(x[i] * x[i]) }
    let total = sum.total
    // Squares that single precision does not hold, or may have flushed to zero: a norm of infinity
    // or 0 would make a step of size 0 of gradients that are finite.
    guard total.isFinite && total >= 1e-30 else { return wideSumOfSquares(values) }
    return total
  }

  /// Σ x² in double precision, which holds the square of every float.
  private static func wideSumOfSquares(_ values: MemoryView<Float>) -> Double {
    let x = values.base
    var sum = 0.0
    for i in 0..<values.count { sum += Double(x[i]) * Double(x[i]) }
    return sum
  }
}

/// A sum of floats in eight lanes, which are added in double precision every 256 floats.
struct BlockSum {
  private static let rows = 32
  private var lanes = SIMD8<Float>()
  private var row = 0
  private var wide = 0.0

  @inline(__always)
  static func load(_ pointer: UnsafePointer<Float>) -> SIMD8<Float> {
    UnsafeRawPointer(pointer).loadUnaligned(as: SIMD8<Float>.self)
  }

  @inline(__always)
  mutating func add(_ values: SIMD8<Float>) {
    lanes += values
    row += 1
    if row == Self.rows { close() }
  }

  @inline(__always)
  mutating func add(_ value: Float) { wide += Double(value) }

  private mutating func close() {
    let four = lanes.lowHalf + lanes.highHalf
    let two = four.lowHalf + four.highHalf
    wide += Double(two[0] + two[1])
    lanes = SIMD8()
    row = 0
  }

  var total: Double {
    var copy = self
    copy.close()
    return copy.wide
  }
}
