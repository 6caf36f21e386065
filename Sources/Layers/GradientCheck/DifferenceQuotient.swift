/// The derivative of Σ weightₖ·vₖ along one number by the five-point formula (4·D(h) − D(2h)) / 3,
/// D(h) = (f(h) − f(−h)) / 2h, and whether the function is smooth enough around the point for the
/// quotient to be meaningful.
///
/// For a smooth function, D(h) − D(2h) is O(h²), and the fourth difference f(2h) + f(−2h) − 4·(f(h)
/// + f(−h)) + 6·f(0) is O(h⁴). A kink within the steps, such as that of a rectifier or a maximum,
/// changes one of the two by a fraction of the jump of the slope; so does noise. Both are measured
/// for each vₖ separately, since kinks may cancel in the sum. The gradient under test is not used.
struct DifferenceQuotient {
  /// The steps in the order in which they are tried: the first is the most accurate, smaller ones
  /// cross fewer kinks.
  private static let steps: [Float] = [0x1p-6, 0x1p-8, 0x1p-10, 0x1p-12, 0x1p-14]
  /// The effect of kinks that may remain undetected, relative to the tolerance of the comparison:
  /// the effects of several may partly cancel.
  private static let strictness = 0.25
  /// The assumed error of a value that changes, in units in the last place; of one that does not,
  /// 1.
  private static let rounding = 8.0
  /// The largest effect on the derivative of a kink that noise hides, in units of the noise.
  ///
  /// A slope that jumps by J at x·h, x ≤ 1, changes D(h) − D(2h) by J·x/4, the fourth difference by
  /// J·h·(2 − 3x), and the derivative by J·(6 − 7x)/12. Where the first may be the noise and the
  /// second twice that, the third is largest for x = 4/7, with J seven times the noise.
  private static let hiddenKink = 7.0 / 6

  /// The difference.
  let derivative: Double
  /// An estimate of its rounding error.
  private let noise: Double
  /// Whether no kink was detected within the steps.
  let isSmooth: Bool

  /// An estimate of its error, by rounding and by a kink that rounding hides.
  var uncertainty: Double { (1 + Self.hiddenKink) * noise }

  /// The difference over the first step that is smooth and that agrees with the one over the next
  /// step, which is smooth as well.
  static func smooth(
    center: [Float], size: Double, projection: [Double], tolerance: Double,
    moved: (_ distance: Float) -> [Float]
  ) -> DifferenceQuotient? {
    var before: DifferenceQuotient?
    for step in steps {
      let quotient = DifferenceQuotient(
        step: step, center: center, size: size, projection: projection,
        tolerance: strictness * tolerance, moved: moved)
      if let before, before.isSmooth, quotient.isSmooth {
        let allowed = strictness * tolerance * abs(before.derivative)
        if abs(before.derivative - quotient.derivative) <= allowed + before.noise + quotient.noise {
          return before
        }
      }
      before = quotient
    }
    return nil
  }

  /// - Parameters:
  ///   - center: v at the point.
  ///   - size: The magnitude of the terms of v: the rounding error of a value is at least that of
  ///     this magnitude.
  ///   - moved: v at a distance from the point.
  ///   - tolerance: The fraction of the derivative that a kink may change without being detected.
  private init(
    step: Float, center: [Float], size: Double, projection: [Double], tolerance: Double,
    moved: (_ distance: Float) -> [Float]
  ) {
    let near = (moved(step), moved(-step))
    let far = (moved(2 * step), moved(-2 * step))
    let h = Double(step)
    var (derivative, noise) = (0.0, 0.0)
    var slopes = SumAndSquares()
    var curves = SumAndSquares()
    for (k, weight) in projection.enumerated() {
      let values = SIMD4(near.0[k], near.1[k], far.0[k], far.1[k])
      let (a, b) = (Double(values.x), Double(values.y))
      let (c, d) = (Double(values.z), Double(values.w))
      let center = center[k]
      let (short, long) = ((a - b) / (2 * h), (c - d) / (4 * h))
      derivative += weight * (4 * short - long) / 3
      slopes.add(weight * (short - long))
      curves.add(weight * (c + d - 4 * (a + b) + 6 * Double(center)) / h)
      let largest = max(
        max(size, abs(a)), max(abs(b), max(abs(c), max(abs(d), Double(center.magnitude)))))
      let isMoved = values != SIMD4(repeating: center)
      let error =
        weight * (isMoved ? Self.rounding : 1) * Double(Float.ulpOfOne) * largest / h
      noise += error * error
    }
    self.derivative = derivative
    self.noise = noise.squareRoot()
    isSmooth =
      slopes.size <= tolerance * abs(derivative) + self.noise
      && curves.size <= tolerance * abs(derivative) + 2 * self.noise
  }

  /// The larger of a sum and of the root of its terms' squares.
  private struct SumAndSquares {
    private var sum = 0.0
    private var squares = 0.0

    mutating func add(_ term: Double) {
      sum += term
      squares += term * term
    }

    var size: Double { max(abs(sum), squares.squareRoot()) }
  }
}
