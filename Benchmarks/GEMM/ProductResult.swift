import BenchmarkSupport

/// What was measured of a product.
struct ProductResult: Encodable {
  /// `square`, or the layer.
  let name: String
  /// The pass of a convolution.
  let pass: ConvolutionShape.Pass?
  let transposeA: Bool
  let transposeB: Bool
  let m: Int
  let n: Int
  let k: Int
  let threads: Int
  let rate: Rate
  /// The median's part of the peak of as many threads.
  let share: Double

  /// A line of its table.
  var line: String {
    let columns = [threads, m, n, k].map { "\($0)" }
    return Table.line(columns, rate, share: share, note: pass == nil ? "" : name)
  }
}
