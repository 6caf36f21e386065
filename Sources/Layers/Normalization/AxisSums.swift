internal import CPinionKernels
internal import PinionTensor

/// A sample as (outer, count, inner), with the axis in the middle: (H, W, C) is (H·W, C, 1) along
/// its last axis, and (C, H, W) is (1, C, H·W) along its first.
struct AxisLayout {
  let outer, count, inner: Int

  /// The layout of a shape along an axis, counted without the batch.
  init(_ shape: Shape, axis: Int) { self.init(shape, axes: axis..<axis + 1) }

  /// The layout of a shape along neighboring axes, treated as one.
  init(_ shape: Shape, axes: Range<Int>) {
    outer = shape[..<axes.lowerBound].reduce(1, *)
    count = shape[axes].reduce(1, *)
    inner = shape[axes.upperBound...].reduce(1, *)
  }

  /// Calls `body` with each run of values of the same place: its start, and the place.
  @inline(__always)
  func forEachRun(samples: Int, _ body: (_ start: Int, _ place: Int) -> Void) {
    var start = 0
    for _ in 0..<samples * outer {
      for place in 0..<count {
        body(start, place)
        start += inner
      }
    }
  }
}

/// Sums over samples for each place of an axis. Runs of bounded length are summed in single
/// precision, several partial sums at a time, and the runs' sums in double precision; all in double
/// precision where single overflows, as in sums of squares of values from about 10¹⁸ on.
enum AxisSums {
  /// Values that are summed in single precision: 64 to each of 16 partial sums.
  private static let run = 1_024
  /// Rows that are summed in single precision, where neighbors belong to different places: 64 to
  /// each partial sum, of which narrow rows have several.
  private static func rows(_ layout: AxisLayout) -> Int { layout.count < 16 ? 1_024 : 64 }

  /// sums[c] = Σ (x − center[c]) around the first value of each place, which is returned: with a
  /// mean far from zero, sums of x itself would lose digits of the deviations.
  static func addDeviations(
    _ x: MemoryView<Float>, layout: AxisLayout, samples: Int, single: MemoryView<Float>,
    into sums: MemoryView<Double>
  ) -> MemoryView<Float> {
    let center = single[layout.count..<2 * layout.count]
    for c in 0..<layout.count { center[c] = x[c * layout.inner] }
    reduce(layout, samples, single, sums) { start, c, count in
      pinion_sum_deviations(x.base + start, count, center[c])
    } rows: { row, count, total in
      pinion_add_place_deviations(
        x.base + row * layout.count, count, layout.count, center.base, total)
    }
    if !areFinite(sums) {
      addWide(layout, samples, sums) { i, c in Double(x.base[i]) - Double(center.base[c]) }
    }
    return center
  }

  /// sums[c] = Σ (x − mean[c])².
  static func addSquares(
    _ x: MemoryView<Float>, around mean: MemoryView<Double>, layout: AxisLayout, samples: Int,
    single: MemoryView<Float>, into sums: MemoryView<Double>
  ) {
    let center = single.base + layout.count
    for c in 0..<layout.count { center[c] = Float(mean[c]) }
    reduce(layout, samples, single, sums) { start, c, count in
      pinion_sum_squares(x.base + start, count, center[c])
    } rows: { row, count, total in
      pinion_add_place_squares(x.base + row * layout.count, count, layout.count, center, total)
    }
    if !areFinite(sums) {
      return addWide(layout, samples, sums) { i, c in
        let d = Double(x.base[i]) - mean.base[c]
        return d * d
      }
    }
    // Σ (x − mean)² = Σ (x − center)² − number·(center − mean)²; center is mean, rounded.
    let number = Double(samples * layout.outer * layout.inner)
    for c in 0..<layout.count {
      let error = Double(center[c]) - mean[c]
      let corrected = sums[c] - number * error * error
      // `max(0, corrected)` would turn NaN into 0.
      sums[c] = corrected < 0 ? 0 : corrected
    }
  }

  /// sums[c] = Σ dy, products[c] = Σ dy·(x·toUnit[c] − mean[c]).
  ///
  /// - Parameters:
  ///   - single: (2, count).
  static func addProducts(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, coefficients: BatchCoefficients,
    layout: AxisLayout, samples: Int, single: MemoryView<Float>, into sums: MemoryView<Double>,
    _ products: MemoryView<Double>
  ) {
    require(dy.count == x.count, "gradients of another length than the values")
    if !coefficients.hasLargeUnits {
      addSingleProducts(
        dy, x, mean: coefficients.mean, layout: layout, samples: samples, single: single,
        into: sums,
        products)
      if areFinite(sums), areFinite(products) { return }
    }
    let (mean, toUnit) = (coefficients.mean, coefficients.toUnit)
    addWide(layout, samples, sums) { i, _ in Double(dy.base[i]) }
    addWide(layout, samples, products) { i, c in
      Double(dy.base[i]) * (Double(x.base[i]) * Double(toUnit.base[c]) - Double(mean.base[c]))
    }
  }

  private static func addSingleProducts(
    _ dy: MemoryView<Float>, _ x: MemoryView<Float>, mean: MemoryView<Float>, layout: AxisLayout,
    samples: Int, single: MemoryView<Float>, into sums: MemoryView<Double>,
    _ products: MemoryView<Double>
  ) {
    sums.fill(0)
    products.fill(0)
    guard layout.inner == 1 else {
      layout.forEachRun(samples: samples) { start, c in
        for offset in stride(from: 0, to: layout.inner, by: run) {
          var (sum, product): (Float, Float) = (0, 0)
          pinion_sum_products(
            dy.base + start + offset, x.base + start + offset, min(run, layout.inner - offset),
            mean[c], &sum, &product)
          sums.base[c] += Double(sum)
          products.base[c] += Double(product)
        }
      }
      return
    }
    let (total, weighted) = (single.base, single.base + layout.count)
    let (number, rows) = (samples * layout.outer, rows(layout))
    for first in stride(from: 0, to: number, by: rows) {
      single[0..<2 * layout.count].fill(0)
      let start = first * layout.count
      pinion_add_place_products(
        dy.base + start, x.base + start, min(rows, number - first), layout.count, mean.base, total,
        weighted)
      for c in 0..<layout.count {
        sums.base[c] += Double(total[c])
        products.base[c] += Double(weighted[c])
      }
    }
  }

  /// Splits the work by the layout of memory: contiguous values of one place (`run`), or of all
  /// places (`rows`).
  @inline(__always)
  private static func reduce(
    _ layout: AxisLayout, _ samples: Int, _ single: MemoryView<Float>, _ sums: MemoryView<Double>,
    run runSum: (_ start: Int, _ place: Int, _ count: Int) -> Float,
    rows rowSums: (_ first: Int, _ count: Int, _ total: UnsafeMutablePointer<Float>) -> Void
  ) {
    sums.fill(0)
    guard layout.inner == 1 else {
      layout.forEachRun(samples: samples) { start, c in
        for offset in stride(from: 0, to: layout.inner, by: run) {
          sums.base[c] += Double(runSum(start + offset, c, min(run, layout.inner - offset)))
        }
      }
      return
    }
    let total = single[0..<layout.count]
    let (number, rows) = (samples * layout.outer, rows(layout))
    for first in stride(from: 0, to: number, by: rows) {
      total.fill(0)
      rowSums(first, min(rows, number - first), total.base)
      for c in 0..<layout.count { sums.base[c] += Double(total.base[c]) }
    }
  }

  private static func areFinite(_ sums: MemoryView<Double>) -> Bool {
    sums.indices.allSatisfy { sums.base[$0].isFinite }
  }

  /// sums[c] = Σ term, in double precision.
  private static func addWide(
    _ layout: AxisLayout, _ samples: Int, _ sums: MemoryView<Double>,
    _ term: (_ index: Int, _ place: Int) -> Double
  ) {
    sums.fill(0)
    layout.forEachRun(samples: samples) { start, c in
      for index in start..<start + layout.inner { sums.base[c] += term(index, c) }
    }
  }
}
