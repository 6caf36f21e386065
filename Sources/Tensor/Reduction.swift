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

  /// For each result the sum of `term` in double precision.
  @inline(__always)
  func sums<Scalar>(
    of elements: MemoryView<Scalar>, _ term: (_ element: Scalar, _ result: Int) -> Double
  ) -> [Double] {
    fold(elements, from: 0) { sums, source, result in
      if pair.row.right == 0 {
        // Eight independent sums.
        var lanes = SIMD8<Double>(repeating: 0)
        let whole = pair.row.size / 8 * 8
        for start in stride(from: 0, to: whole, by: 8) {
          for lane in 0..<8 { lanes[lane] += term(source[start + lane], result) }
        }
        for index in whole..<pair.row.size { lanes[index - whole] += term(source[index], result) }
        let four = lanes.lowHalf + lanes.highHalf
        let two = four.lowHalf + four.highHalf
        sums[result] += two.x + two.y
      } else {
        for index in 0..<pair.row.size {
          sums[result + index] += term(source[index], result + index)
        }
      }
    }
  }

  /// For each result the element that `winner` selects.
  @inline(__always)
  func winners<Scalar>(
    of elements: MemoryView<Scalar>, from start: Scalar, _ winner: (Scalar, Scalar) -> Scalar
  ) -> [Scalar] {
    fold(elements, from: start) { winners, source, result in
      if pair.row.right == 0 {
        var best = winners[result]
        for index in 0..<pair.row.size { best = winner(best, source[index]) }
        winners[result] = best
      } else {
        for index in 0..<pair.row.size {
          winners[result + index] = winner(winners[result + index], source[index])
        }
      }
    }
  }

  /// For each result the product in double precision.
  @inline(__always)
  func products<Real: RealScalar>(of elements: MemoryView<Real>) -> [Double] {
    fold(elements, from: 1) { products, source, result in
      let size = pair.row.size
      if pair.row.right == 0 {
        // Four independent products.
        var lanes = SIMD4<Double>(repeating: 1)
        let whole = size / 4 * 4
        for start in stride(from: 0, to: whole, by: 4) {
          for lane in 0..<4 { lanes[lane] *= Double(source[start + lane]) }
        }
        for index in whole..<size { lanes[index - whole] *= Double(source[index]) }
        products[result] *= (lanes.x * lanes.z) * (lanes.y * lanes.w)
      } else {
        for index in 0..<size { products[result + index] *= Double(source[index]) }
      }
    }
  }

  /// For each result the largest or the smallest element, NaN if one is NaN.
  @inline(__always)
  func extremes<Real: ElementaryScalar>(
    of elements: MemoryView<Real>, isLargest: Bool
  ) -> [Real] {
    fold(elements, from: isLargest ? -.infinity : .infinity) { winners, source, result in
      let (size, best) = (pair.row.size, winners + result)
      switch (pair.row.right == 0, isLargest) {
      case (true, true): best[0] = Real.greater(best[0], Real.largest(source, count: size))
      case (true, false): best[0] = Real.smaller(best[0], Real.smallest(source, count: size))
      case (false, true):
        for index in 0..<size { best[index] = Real.greater(best[index], source[index]) }
      case (false, false):
        for index in 0..<size { best[index] = Real.smaller(best[index], source[index]) }
      }
    }
  }

  @inline(__always)
  func fold<Scalar, Value>(
    _ elements: MemoryView<Scalar>, from start: Value,
    _ body: (UnsafeMutablePointer<Value>, UnsafePointer<Scalar>, _ result: Int) -> Void
  ) -> [Value] {
    var results = [Value](repeating: start, count: kept.elementCount)
    results.withUnsafeMutableBufferPointer { results in
      guard let first = results.baseAddress else { return }
      for start in pair.rows { body(first, elements.base + start.left, start.right) }
    }
    return results
  }
}
