public import PinionTensor

extension TensorOf where Scalar: RealScalar {
  /// The exponential of a square matrix, Σ Aᵏ/k!, as SciPy's `expm`.
  ///
  /// By scaling and squaring with Padé approximants of order 3 to 13, in double precision. If
  /// elements overflow, these and others are infinite or NaN.
  ///
  /// - Throws: ``LinearAlgebraError`` if the tensor is not a square matrix with finite elements.
  ///
  /// Source: Higham, "The Scaling and Squaring Method for the Matrix Exponential Revisited", 2005.
  public func matrixExponential() throws(LinearAlgebraError) -> Self {
    let n = try checkedSize(isSquare: true).rows
    try checkFinite()
    guard n > 0 else { return self }
    return Self(try MatrixExponential(of: DoubleTensor(self)).result)
  }
}

private struct MatrixExponential {
  /// Orders of approximants with the largest 1-norm for which they are exact to double precision.
  private static let bounds: [(order: Int, norm: Double)] = [
    (3, 1.495585217958292e-2), (5, 2.539398330063230e-1), (7, 9.504178996162932e-1),
    (9, 2.097847961257068), (13, 5.371920351148152),
  ]

  let result: DoubleTensor

  init(of matrix: DoubleTensor) throws(LinearAlgebraError) {
    let norm = try matrix.matrixNorm(.one)
    guard norm.isFinite else {
      // The sum of a column's magnitudes overflows, and the exponential with it.
      result = DoubleTensor(repeating: .nan, shape: matrix.shape)
      return
    }
    guard let fit = Self.bounds.first(where: { norm <= $0.norm }) else {
      let (order, bound) = Self.bounds[Self.bounds.count - 1]
      // The least number of halvings after which the norm is within the bound.
      let ratio = norm / bound
      let halvings = Int(ratio.exponent) + (ratio.significand > 1 ? 1 : 0)
      var power = try Self.approximant(
        order, of: matrix * Double(sign: .plus, exponent: -halvings, significand: 1))
      for _ in 0..<halvings { power = power.matmul(power) }
      result = power
      return
    }
    result = try Self.approximant(fit.order, of: matrix)
  }

  /// The [m/m] Padé approximant (V − U)⁻¹(V + U), where V has the even and U the odd terms of the
  /// numerator.
  private static func approximant(
    _ order: Int, of a: DoubleTensor
  ) throws(LinearAlgebraError) -> DoubleTensor {
    let b = coefficients(order)
    let identity = DoubleTensor.identity(a.shape[0])
    let a2 = a.matmul(a)
    var (odd, even): (DoubleTensor, DoubleTensor)
    if order == 13 {
      let a4 = a2.matmul(a2)
      let a6 = a4.matmul(a2)
      let (o, e) = (a6 * b[13] + a4 * b[11] + a2 * b[9], a6 * b[12] + a4 * b[10] + a2 * b[8])
      odd = a6.matmul(o) + a6 * b[7] + a4 * b[5] + a2 * b[3] + identity * b[1]
      even = a6.matmul(e) + a6 * b[6] + a4 * b[4] + a2 * b[2] + identity * b[0]
    } else {
      (odd, even) = (identity * b[1], identity * b[0])
      var power = identity
      for term in stride(from: 2, to: order, by: 2) {
        power = power.matmul(a2)
        odd += power * b[term + 1]
        even += power * b[term]
      }
    }
    odd = a.matmul(odd)
    return try (even - odd).solve(even + odd)
  }

  /// (2m − j)!·m! / ((2m)!·(m − j)!·j!) for j = 0…m, times the integer that makes the last one 1.
  private static func coefficients(_ order: Int) -> [Double] {
    var all = [1.0]
    for j in (0..<order).reversed() {
      // Ratio of term j to term j + 1.
      all.append(all[all.count - 1] * Double((2 * order - j) * (j + 1)) / Double(order - j))
    }
    return all.reversed()
  }
}
