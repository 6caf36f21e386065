internal import CPinionKernels

extension TensorOf where Scalar: RealScalar {
  /// The matrix product: result[…, i, j] = Σ_k self[…, i, k] · right[…, k, j].
  ///
  /// Shapes (…, m, k) and (…, k, n) give (…, m, n); the axes before the last two are broadcast. A
  /// tensor of one axis is a row on the left and a column on the right, and its axis is dropped in
  /// the result. Traps if the shapes do not fit or a tensor has no axes. As NumPy's `matmul`.
  public func matmul(_ right: Self) -> Self {
    require(
      rank > 0 && right.rank > 0, "matmul: shapes \(shape) and \(right.shape): a tensor has no axes"
    )
    let row = rank == 1 ? expanded(at: 0) : self
    let column = right.rank == 1 ? right.expanded(at: 1) : right
    let result = Self.product(
      row, column, transposed: false, named: "shapes \(shape) and \(right.shape)")
    if rank == 1 && right.rank == 1 { return result.reshaped(to: []) }
    if rank == 1 { return result.squeezed([-2]) }
    return right.rank == 1 ? result.squeezed([-1]) : result
  }

  /// The product of tensors of at least two axes, of which the right one's matrices may be
  /// transposed: (…, n, k).
  static func product(
    _ left: Self, _ right: Self, transposed: Bool, named shapes: @autoclosure () -> String
  ) -> Self {
    let (m, k) = (left.shape[left.rank - 2], left.shape[left.rank - 1])
    let (rows, columns) = (right.shape[right.rank - 2], right.shape[right.rank - 1])
    let (inner, n) = transposed ? (columns, rows) : (rows, columns)
    let leftBatch = Shape(Array(left.shape.dropLast(2)))
    let rightBatch = Shape(Array(right.shape.dropLast(2)))
    guard k == inner, let batch = leftBatch.broadcast(with: rightBatch) else {
      stop("matmul: \(shapes()) do not fit", file: #fileID, line: #line)
    }
    let result = Shape(batch.dimensions + [m, n])
    guard result.elementCount > 0, k > 0 else { return .zeros(result) }
    if right.rank == 2, left.rank > 2 {
      // A stack of matrices times one matrix is a single product.
      let tall = left.reshaped(to: [batch.elementCount * m, k])
      return product(tall, right, transposed: transposed, named: shapes()).reshaped(to: result)
    }
    let pair = StridedPair(
      shape: batch, left: leftBatch.strides(stretchedTo: batch),
      right: rightBatch.strides(stretchedTo: batch))
    let scratch = AlignedBuffer(
      uninitialized: Scalar.self == Float.self
        ? BLAS.scratchCount(m: m, n: n, k: k, isTransposed: transposed) : 0)
    return Self(writing: result) { target in
      ComputeScope.run {
        defer { withExtendedLifetime(scratch) {} }
        left.read { left in
          right.read { right in
            var c = unsafe target.base
            for start in pair.rows {
              for index in 0..<pair.row.size {
                let a = unsafe left.base + (start.left + index * pair.row.left) * m * k
                let b = unsafe right.base + (start.right + index * pair.row.right) * k * n
                unsafe BLAS.product(
                  m: m, n: n, k: k, a: a, b: b, isTransposed: transposed,
                  scratch: scratch.view.base, c: c)
                unsafe c += m * n
              }
            }
          }
        }
      }
    }
  }
}

extension BLAS {
  /// The floats of B up to which it stays in a core's caches.
  private static let cachedMatrix = 1 << 17
  private static let hasWideProduct = pinion_has_wide_product() != 0

  /// Whether to multiply matrices as they are, in tiles for AVX-512.
  private static func isWide(n: Int, k: Int, isTransposed: Bool) -> Bool {
    hasWideProduct && !isTransposed && n > 8 && k * n <= cachedMatrix
  }

  /// Whether a product of floats is computed without OpenBLAS, which copies operands first.
  fileprivate static func isSmall(m: Int, n: Int, k: Int) -> Bool {
    n >= 8 && m * n * k <= SmallProduct.largestUnpacked
  }

  /// Whether to copy B to panels: where they pay, of B that fit a core's caches. OpenBLAS 0.3.21 is
  /// 1.2 to 1.5 times as slow for 100 × 100 × 100 (Zen 5).
  private static func usesPanels(m: Int, n: Int, k: Int) -> Bool {
    prefersPanels && m >= 24 && n >= 32 && k * n <= cachedMatrix
  }

  /// The floats of scratch memory that a product of floats needs.
  fileprivate static func scratchCount(m: Int, n: Int, k: Int, isTransposed: Bool) -> Int {
    if isWide(n: n, k: k, isTransposed: isTransposed) { return 0 }
    if usesPanels(m: m, n: n, k: k) {
      let width = pinion_panel_columns()
      return (n + width - 1) / width * width * k
    }
    return isTransposed && isSmall(m: m, n: n, k: k) ? 16 * k : 0
  }

  /// C ← A·B of row-major matrices without gaps, for `Float` and `Double`.
  fileprivate static func product<Scalar: RealScalar>(
    m: Int, n: Int, k: Int, a: UnsafePointer<Scalar>, b: UnsafePointer<Scalar>, isTransposed: Bool,
    scratch: UnsafeMutablePointer<Float>, c: UnsafeMutablePointer<Scalar>
  ) {
    let transpose = isTransposed ? Transpose.yes : .no
    let (a, b, c) = unsafe (UnsafeRawPointer(a), UnsafeRawPointer(b), UnsafeMutableRawPointer(c))
    if Scalar.self == Float.self {
      let (a, b) = unsafe (
        a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self)
      )
      let c = unsafe c.assumingMemoryBound(to: Float.self)
      if n == 1 {
        unsafe gemv(m: m, k: k, a: a, x: b, y: c)
      } else if isWide(n: n, k: k, isTransposed: isTransposed) {
        unsafe pinion_wide_product(m, n, k, a, b, c)
      } else if usesPanels(m: m, n: n, k: k) {
        unsafe isTransposed
          ? pinion_pack_transposed_panels(b, k, n, k, scratch)
          : pinion_pack_panels(b, n, n, k, scratch)
        var product = unsafe pinion_panel_product(
          m: m, first: 0, end: n, k: k, a: a, lda: k, panels: scratch, adds: 0, c: c,
          ldc: n, bias: nil, rectifies: 0, slope: 1)
        unsafe pinion_multiply_panels(&product)
      } else if isSmall(m: m, n: n, k: k) {
        unsafe isTransposed
          ? pinion_small_transposed_product(m, n, k, a, b, scratch, c)
          : pinion_small_product(m, n, k, a, b, c)
      } else {
        unsafe gemm(
          .no, transpose, m: m, n: n, k: k, a: a, lda: k, b: b, ldb: isTransposed ? k : n, c: c,
          ldc: n)
      }
    } else {
      let (a, b) = unsafe (
        a.assumingMemoryBound(to: Double.self), b.assumingMemoryBound(to: Double.self)
      )
      let c = unsafe c.assumingMemoryBound(to: Double.self)
      unsafe n == 1
        ? gemv(m: m, k: k, a: a, x: b, y: c) : gemm(transpose, m: m, n: n, k: k, a: a, b: b, c: c)
    }
  }
}
