import PinionTensor

/// The operations that are measured, with the names of Benchmarks/peers/numpy_tensor.py.
struct TensorOperations {
  typealias Operation = (name: String, work: () -> Void)

  private let x: Tensor
  private let y: Tensor
  private let positive: Tensor
  /// (size / 1000, 1000).
  private let matrix: Tensor
  /// (size / 10,000, 100, 100).
  private let batch: Tensor
  private let mask: Mask
  /// Normally distributed about the middle of 0..<size.
  private let positions: IndexTensor

  init(size: Int) {
    x = Tensor.normal(shape: [size], from: RandomStream(seed: 1, purpose: "benchmark", size))
    y = Tensor.normal(shape: [size], from: RandomStream(seed: 2, purpose: "benchmark", size))
    positive = x.abs()
    matrix = x.reshaped(to: [size / 1_000, 1_000])
    batch = x.reshaped(to: [size / 10_000, 100, 100])
    mask = x .< y
    let limit = Float(size)
    positions = IndexTensor(
      y.elements.map { Int32(Swift.min(Swift.max(($0 + 4) / 8, 0), 0.999_99) * limit) })
  }

  var all: [Operation] {
    elementwise + functions + comparisons + reductions + arrangements + positional + products
  }

  private var elementwise: [Operation] {
    let (x, y, matrix) = (x, y, matrix)
    let (row, column) = (y[0..<1_000], matrix[0..., 0..<1])
    var (sum, product, scaled) = (x, x, x)
    return [
      ("add", { _ = x + y }), ("divide", { _ = x / y }), ("add a number", { _ = x + 2.5 }),
      ("multiply by a number", { _ = x * 2.5 }), ("add a row", { _ = matrix + row }),
      ("add a column", { _ = matrix + column }), ("add in place", { sum += y }),
      ("multiply in place", { product *= y }), ("scale in place", { scaled *= 1.000_001 }),
      ("negate", { _ = -x }), ("abs", { _ = x.abs() }), ("square", { _ = x.squared() }),
      ("maximum", { _ = Tensor.maximum(x, y) }), ("clip", { _ = x.clamped(to: -1...1) }),
      ("sign", { _ = x.sign() }), ("floor", { _ = x.floor() }),
    ]
  }

  private var functions: [Operation] {
    let (x, y, positive) = (x, y, positive)
    let unit = x.tanh()
    return [
      ("sqrt", { _ = positive.squareRoot() }), ("exp", { _ = x.exp() }),
      ("expm1", { _ = x.expm1() }), ("log", { _ = positive.log() }),
      ("log1p", { _ = positive.log1p() }), ("log2", { _ = positive.log2() }),
      ("log10", { _ = positive.log10() }), ("sin", { _ = x.sin() }), ("cos", { _ = x.cos() }),
      ("tan", { _ = x.tan() }), ("arcsin", { _ = unit.arcsin() }),
      ("arccos", { _ = unit.arccos() }), ("arctan", { _ = x.arctan() }),
      ("sinh", { _ = x.sinh() }), ("cosh", { _ = x.cosh() }), ("tanh", { _ = x.tanh() }),
      ("pow", { _ = positive.pow(y) }), ("pow of a number", { _ = positive.pow(2.5) }),
      ("arctan2", { _ = Tensor.atan2(y, x) }),
      ("remainder", { _ = x.remainder(dividingBy: y) }),
    ]
  }

  private var comparisons: [Operation] {
    let (x, y, mask) = (x, y, mask)
    let (no, yes) = (x .< -100, x .> -100)
    return [
      ("less", { _ = x .< y }), ("less than a number", { _ = x .< 0.5 }),
      ("equal", { _ = x .== y }), ("isnan", { _ = x.isNaN() }),
      ("isfinite", { _ = x.isFinite() }), ("where", { _ = Tensor.where(mask, x, y) }),
      ("where with a number", { _ = Tensor.where(mask, x, 0) }), ("any", { _ = no.any() }),
      ("all", { _ = yes.all() }), ("count true", { _ = mask.trueCount() }),
      ("and", { _ = mask .& no }), ("not", { _ = .!mask }),
      ("flatnonzero", { _ = mask.trueIndices() }), ("boolean index", { _ = x[mask] }),
    ]
  }

  private var reductions: [Operation] {
    let (x, matrix) = (x, matrix)
    return [
      ("sum", { _ = x.sum() }), ("sum of rows", { _ = matrix.sum(along: 1) }),
      ("sum of columns", { _ = matrix.sum(along: 0) }), ("mean", { _ = x.mean() }),
      ("variance", { _ = x.variance() }), ("variance of rows", { _ = matrix.variance(along: 1) }),
      ("variance of columns", { _ = matrix.variance(along: 0) }), ("norm", { _ = x.norm() }),
      ("norm of rows", { _ = matrix.norm(along: 1) }), ("product", { _ = x.product() }),
      ("max", { _ = x.max() }), ("max of rows", { _ = matrix.max(along: 1) }),
      ("max of columns", { _ = matrix.max(along: 0) }), ("argmax", { _ = x.argmax() }),
      ("argmax of rows", { _ = matrix.argmax(along: 1) }),
      ("argmax of columns", { _ = matrix.argmax(along: 0) }), ("argmin", { _ = x.argmin() }),
    ]
  }

  private var arrangements: [Operation] {
    let (x, y, matrix, batch) = (x, y, matrix, batch)
    let halves = [x.reshaped(to: matrix.shape), y.reshaped(to: matrix.shape)]
    return [
      ("transpose", { _ = matrix.transposed() }),
      ("transpose a batch", { _ = batch.transposed([0, 2, 1]) }),
      ("flip", { _ = x.flipped(along: 0) }), ("flip rows", { _ = matrix.flipped(along: 1) }),
      ("slice", { _ = matrix[0..., 100..<900] }),
      ("every other", { _ = x[AxisSlice(by: 2)] }),
      ("concatenate", { _ = Tensor.concatenate(halves) }),
      ("concatenate columns", { _ = Tensor.concatenate(halves, along: 1) }),
      ("stack", { _ = Tensor.stack(halves) }),
      ("stack as the last axis", { _ = Tensor.stack(halves, along: -1) }),
      ("split", { _ = matrix.split(into: 10) }),
      ("split columns", { _ = matrix.split(into: 10, along: 1) }),
      ("pad", { _ = matrix.padded([(2, 2), (2, 2)], with: 0) }),
      ("roll", { _ = x.rolled(by: 1_000, along: 0) }),
      ("tile", { _ = matrix.tiled([2, 1]) }), ("repeat", { _ = x.repeated(2, along: 0) }),
    ]
  }

  private var positional: [Operation] {
    let (x, matrix, positions) = (x, matrix, positions)
    let y = y
    let rows = IndexTensor((0..<matrix.shape[0]).map { Int32(($0 * 7) % matrix.shape[0]) })
    let order = matrix.argsort()
    let labels = IndexTensor(positions.elements.map { $0 % 100 })
    var (target, sum) = (x, x)
    let integers = Tensor(labels.elements.map { Float($0) })
    return [
      ("gather", { _ = x.gathered(positions) }), ("gather rows", { _ = matrix.gathered(rows) }),
      ("take along an axis", { _ = matrix.taken(order, along: 1) }),
      ("scatter", { target.scatter(y, to: positions, along: 0) }),
      ("scatter add", { sum.scatterAdd(y, to: positions, along: 0) }),
      ("sort", { _ = x.sorted() }), ("sort rows", { _ = matrix.sorted() }),
      ("sort columns", { _ = matrix.sorted(along: 0) }), ("argsort", { _ = x.argsort() }),
      ("argsort rows", { _ = matrix.argsort() }), ("top 10", { _ = x.topK(10) }),
      ("top 10 of rows", { _ = matrix.topK(10) }), ("unique", { _ = x.uniqueCounts() }),
      ("unique of 100", { _ = integers.uniqueCounts() }),
      ("bincount", { _ = labels.binCounts() }), ("histogram", { _ = x.histogram(bins: 10) }),
      ("cumsum", { _ = x.cumulativeSum(along: 0) }),
      ("cumsum of rows", { _ = matrix.cumulativeSum(along: 1) }),
      ("cumsum of columns", { _ = matrix.cumulativeSum(along: 0) }),
      ("cumprod", { _ = x.cumulativeProduct(along: 0) }),
    ]
  }

  private var products: [Operation] {
    let (matrix, batch, vector) = (matrix, batch, y[0..<1_000])
    let small = x.reshaped(to: [-1, 10, 10])
    return [
      ("matmul", { _ = matrix.matmul(matrix.transposed()) }),
      ("batched matmul", { _ = batch.matmul(batch) }),
      ("batched matmul of 10", { _ = small.matmul(small) }),
      ("matrix and vector", { _ = matrix.matmul(vector) }),
      ("einsum bij,bjk->bik", { _ = Tensor.einsum("bij,bjk->bik", batch, batch) }),
      ("einsum bij,bkj->bik", { _ = Tensor.einsum("bij,bkj->bik", batch, batch) }),
      ("einsum ij->j", { _ = Tensor.einsum("ij->j", matrix) }),
    ]
  }
}
