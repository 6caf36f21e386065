/// The iteration of a reduction over some axes of a tensor.
///
/// Elements are read in memory order and added in lanes that depend on the shape alone, so that the
/// bits of results are reproducible.
struct Reduction {
  /// The result's shape with size 1 for reduced axes.
  let kept: Shape

  /// The result's shape without reduced axes.
  let dropped: Shape

  /// The number of elements reduced to one.
  let count: Int

  /// Left: elements, right: results. A row is reduced to one result or added to a row of results.
  private let pair: StridedPair

  init(_ shape: Shape, along axes: Axes) {
    let marks = axes.marked(in: shape)
    kept = Shape(shape.indices.map { marks[$0] ? 1 : shape[$0] })
    dropped = Shape(shape.indices.filter { !marks[$0] }.map { shape[$0] })
    count = shape.indices.reduce(1) { marks[$1] ? $0 * shape[$1] : $0 }
    pair = StridedPair(shape: shape, left: shape.strides, right: kept.strides(stretchedTo: shape))
  }

  /// Over all axes.
  init(_ shape: Shape) { self.init(shape, along: Axes(Array(shape.indices))) }

  func shape(keepDimensions: Bool) -> Shape { keepDimensions ? kept : dropped }

  /// For each result the sum in double precision.
  @inline(__always)
  func sums<Real: LoopScalar>(of elements: MemoryView<Real>) -> [Double] {
    unsafe fold(elements, from: 0) { sums, rows, result in
      guard isAcross else {
        return unsafe Real.add(rows, to: sums + result)
      }
      unsafe sums[result] += Real.sum(rows.base, count: rows.columns)
    }
  }

  /// For each result the sum of the squared distances from its mean in double precision.
  @inline(__always)
  func squares<Real: LoopScalar>(
    of elements: MemoryView<Real>, from means: UnsafePointer<Double>
  ) -> [Double] {
    unsafe fold(elements, from: 0) { sums, rows, result in
      guard isAcross else {
        return unsafe Real.addSquares(rows, from: means + result, to: sums + result)
      }
      unsafe sums[result] += Real.sumOfSquares(rows.base, count: rows.columns, from: means[result])
    }
  }

  /// Whether a row is reduced to one result.
  private var isAcross: Bool { pair.row.right == 0 }

  /// For each result the element that `winner` selects.
  @inline(__always)
  func winners<Scalar>(
    of elements: MemoryView<Scalar>, from start: Scalar, _ winner: (Scalar, Scalar) -> Scalar
  ) -> [Scalar] {
    unsafe fold(elements, from: start) { winners, rows, result in
      for row in 0..<rows.count {
        let source = unsafe rows.base + row * rows.stride
        if isAcross {
          var best = unsafe winners[result]
          for index in 0..<rows.columns { best = unsafe winner(best, source[index]) }
          unsafe winners[result] = best
        } else {
          for index in 0..<rows.columns {
            unsafe winners[result + index] = unsafe winner(winners[result + index], source[index])
          }
        }
      }
    }
  }

  /// For each result the product in double precision.
  @inline(__always)
  func products<Real: RealScalar>(of elements: MemoryView<Real>) -> [Double] {
    unsafe fold(elements, from: 1) { products, rows, result in
      let size = rows.columns
      for row in 0..<rows.count {
        let source = unsafe rows.base + row * rows.stride
        guard isAcross else {
          for index in 0..<size { unsafe products[result + index] *= Double(source[index]) }
          continue
        }
        // Four independent products.
        var lanes = SIMD4<Double>(repeating: 1)
        let whole = size / 4 * 4
        for start in stride(from: 0, to: whole, by: 4) {
          for lane in 0..<4 { unsafe lanes[lane] *= Double(source[start + lane]) }
        }
        for index in whole..<size { unsafe lanes[index - whole] *= Double(source[index]) }
        unsafe products[result] *= (lanes.x * lanes.z) * (lanes.y * lanes.w)
      }
    }
  }

  /// For each result the largest or the smallest element, NaN if one is NaN.
  @inline(__always)
  func extremes<Real: ElementaryScalar>(
    of elements: MemoryView<Real>, isLargest: Bool
  ) -> [Real] {
    let kernel = unsafe Real.pairKernel(isLargest ? .maximum : .minimum)
    return unsafe fold(elements, from: isLargest ? -.infinity : .infinity) {
      winners, rows, result in
      let best = unsafe winners + result
      guard isAcross else {
        for row in 0..<rows.count {
          unsafe kernel?(best, 1, rows.base + row * rows.stride, 1, best, rows.columns)
        }
        return
      }
      unsafe best[0] =
        unsafe isLargest
        ? Real.greater(best[0], Real.largest(rows.base, count: rows.columns))
        : Real.smaller(best[0], Real.smallest(rows.base, count: rows.columns))
    }
  }

  /// Calls `body` with the first result and the elements that are reduced to it, or with the first
  /// of some neighboring results and the rows that are reduced to these.
  @inline(__always)
  private func fold<Scalar, Value>(
    _ elements: MemoryView<Scalar>, from start: Value,
    _ body: (UnsafeMutablePointer<Value>, RowBlock<Scalar>, _ result: Int) -> Void
  ) -> [Value] {
    var results = [Value](repeating: start, count: kept.elementCount)
    // Rows that are added to the same results.
    let (starts, repeated) = pair.repeatedRows
    unsafe results.withUnsafeMutableBufferPointer { results in
      guard let first = results.baseAddress else { return }
      for start in starts {
        let rows = unsafe RowBlock(
          base: elements.base + start.left, count: repeated.count, stride: repeated.stride,
          columns: pair.row.size)
        unsafe body(first, rows, start.right)
      }
    }
    return results
  }
}
