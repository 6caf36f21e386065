public import PinionTensor

/// A random orthogonal matrix times `gain`: of a parameter treated as a matrix (product of all axes
/// but the last, last axis), the columns are orthogonal and of length `gain`, or, where there are
/// more columns than rows, the rows are.
///
/// The matrix is Q of the QR decomposition of a normally distributed one, its columns' signs such
/// that R has a positive diagonal, which makes the distribution uniform (the Haar measure). As
/// Keras 3's `Orthogonal`, with other random numbers (Saxe et al. 2014).
public struct Orthogonal: Initializer {
  /// Default: 1.
  public var gain: Float

  public init(gain: Float = 1) { self.gain = gain }

  /// The gain must be finite.
  public func validate() throws {
    try LayerError.require(
      gain.isFinite, "the gain of an orthogonal initializer must be finite", received: "\(gain)")
  }

  /// At least two axes.
  public func validate(for shape: Shape) throws {
    try LayerError.require(
      shape.rank >= 2, "an orthogonal initializer needs a parameter of at least two axes",
      received: "the shape \(shape)")
  }

  /// Draws the matrix and makes its columns, or rows, orthogonal.
  public func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
    let columns = shape[shape.rank - 1]
    let rows = values.count / columns
    let (long, short) = (max(rows, columns), min(rows, columns))
    random.fillNormal(values)
    // The order of the random numbers in the tall matrix is arbitrary.
    var matrix = Householder(rows: long, columns: short, values: values.array.map(Double.init))
    matrix.orthogonalize()
    for row in 0..<rows {
      for column in 0..<columns {
        let element =
          rows >= columns ? column * long + row : row * long + column
        values[row * columns + column] = Float(Double(gain) * matrix.values[element])
      }
    }
  }
}

extension Initializer where Self == Orthogonal {
  /// A random orthogonal matrix.
  public static var orthogonal: Orthogonal { Orthogonal() }

  /// A random orthogonal matrix times `gain`.
  public static func orthogonal(gain: Float) -> Orthogonal { Orthogonal(gain: gain) }
}

/// A matrix, column after column, and its QR decomposition by Householder reflections: Golub and
/// Van Loan, Matrix Computations, 4th edition, algorithms 5.2.1 and 5.1.5.
private struct Householder {
  let rows, columns: Int
  var values: [Double]

  /// Replaces the matrix by Q, (rows, columns), of its QR decomposition with a positive diagonal of
  /// R.
  mutating func orthogonalize() {
    let (rows, columns) = (rows, columns)
    // Reflection k is I − 2·v·vᵀ with the unit vector v in rows k… of column k.
    var signs = [Double](repeating: 1, count: columns)
    values.withUnsafeMutableBufferPointer { buffer in
      guard let a = buffer.baseAddress else { return }
      for k in 0..<columns {
        let (v, count) = (a + k * rows + k, rows - k)
        let length = Self.dot(v, v, count).squareRoot()
        signs[k] = v[0] > 0 ? -1 : 1
        v[0] -= signs[k] * length
        let norm = Self.dot(v, v, count).squareRoot()
        if norm > 0 { for i in 0..<count { v[i] /= norm } }
        for j in k + 1..<max(k + 1, columns) { Self.reflect(a + j * rows + k, by: v, count) }
      }
      // Q from the last reflection to the first; column k is overwritten when its v is no longer
      // needed.
      for k in stride(from: columns - 1, through: 0, by: -1) {
        let (v, count) = (a + k * rows + k, rows - k)
        for j in k + 1..<max(k + 1, columns) { Self.reflect(a + j * rows + k, by: v, count) }
        // e_k − 2·v·v₀, with the sign that makes R's element positive.
        let factor = -2 * v[0]
        for i in 0..<count { v[i] *= factor }
        v[0] += 1
        for i in 0..<count { v[i] *= signs[k] }
        for i in 0..<k { a[k * rows + i] = 0 }
      }
    }
  }

  /// x ← x − 2·v·(v·x).
  private static func reflect(
    _ x: UnsafeMutablePointer<Double>, by v: UnsafeMutablePointer<Double>, _ count: Int
  ) {
    let factor = 2 * dot(v, x, count)
    for i in 0..<count { x[i] -= factor * v[i] }
  }

  /// Σ x·y in eight partial sums.
  private static func dot(
    _ x: UnsafeMutablePointer<Double>, _ y: UnsafeMutablePointer<Double>, _ count: Int
  ) -> Double {
    var sums = SIMD8<Double>()
    let whole = count / 8 * 8
    for i in stride(from: 0, to: whole, by: 8) {
      let left = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Double>.self)
      sums += left * UnsafeRawPointer(y + i).loadUnaligned(as: SIMD8<Double>.self)
    }
    var sum = sums.sum()
    for i in whole..<count { sum += x[i] * y[i] }
    return sum
  }
}
