internal import PinionData
internal import PinionTensor

/// Mean and covariance of a data set's inputs in double precision.
struct InputMoments {
  /// The number of samples per matrix product, which is summed in single precision; the products
  /// are summed in double precision.
  private static let samplesPerBlock = 256
  /// The number of rows of the covariance per task.
  private static let rowsPerPiece = 256

  let size: Int
  /// (size).
  private(set) var mean: DoubleTensor
  /// Σ (x − mean)(x − mean)ᵀ / N of the inputs multiplied by ``scale``, (size, size).
  private(set) var covariance: DoubleTensor
  /// 1, or a power of two that keeps products within the range of single precision.
  private(set) var scale: Float = 1
  private var largest: Float = 0

  /// Reads the data set twice.
  ///
  /// - Throws: The errors of the batch loader.
  init(of dataset: any Dataset, pool: ThreadPool) throws {
    size = dataset.inputShape.elementCount
    mean = .zeros([size])
    covariance = .zeros([size, size])
    let loader = try BatchLoader(dataset, batchSize: Self.samplesPerBlock, pool: pool)
    try loader.startEpoch()
    while let batch = try loader.next() { addMean(batch) }
    mean /= Double(dataset.count)
    if largest.isFinite, largest > 0, !(0x1p-50...0x1p50).contains(largest) {
      scale = Float(
        sign: .plus, exponent: max(-126, min(126, -largest.exponent - 1)), significand: 1)
    }
    let rounded = AlignedBuffer(count: size)
    Tensor(mean * Double(scale)).read { rounded.view.copy(from: $0) }
    try loader.startEpoch()
    // One panel of the product per worker.
    let scratch = AlignedBuffer(count: pool.threadCount * Self.rowsPerPiece * size)
    while let batch = try loader.next() {
      if scale != 1 { for i in batch.input.indices { batch.input.base[i] *= scale } }
      Self.subtract(rounded.view, from: batch.input)
      addProducts(batch, scratch: scratch.view, pool: pool)
    }
    withExtendedLifetime((rounded, scratch)) {}
    covariance /= Double(dataset.count)
  }

  /// Subtracts a row of shape (size) from each row of a matrix of shape (N, size).
  static func subtract(_ row: MemoryView<Float>, from matrix: MemoryView<Float>) {
    for start in stride(from: 0, to: matrix.count, by: row.count) {
      for i in 0..<row.count { matrix.base[start + i] -= row.base[i] }
    }
  }

  private mutating func addMean(_ batch: Batch) {
    let size = size
    var largest = largest
    mean.mutate { sums in
      for start in stride(from: 0, to: batch.input.count, by: size) {
        for i in 0..<size {
          let value = batch.input.base[start + i]
          sums.base[i] += Double(value)
          largest = value.magnitude > largest ? value.magnitude : largest
        }
      }
    }
    self.largest = largest
  }

  /// covariance += XᵀX for X of shape (count, size).
  private mutating func addProducts(_ batch: Batch, scratch: MemoryView<Float>, pool: ThreadPool) {
    let (size, count, inputs) = (size, batch.count, batch.input)
    let pieces = (size + Self.rowsPerPiece - 1) / Self.rowsPerPiece
    covariance.mutate { sums in
      pool.run(count: pieces) { piece, worker in
        let first = piece * Self.rowsPerPiece
        let rows = min(Self.rowsPerPiece, size - first)
        let start = worker * Self.rowsPerPiece * size
        let panel = scratch[start..<start + rows * size]
        BLAS.gemm(
          .yes, .no, m: rows, n: size, k: count, a: inputs.base + first, lda: size,
          b: inputs.base, ldb: size, c: panel.base, ldc: size)
        let target = sums[first * size..<(first + rows) * size]
        for i in 0..<panel.count { target.base[i] += Double(panel.base[i]) }
      }
    }
  }
}
