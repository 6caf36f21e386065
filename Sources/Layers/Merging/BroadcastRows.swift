internal import PinionTensor

/// The broadcasting of inputs to the shape of an output, as in NumPy: aligned at the last axis, and
/// repeated along axes of size 1 and missing axes.
///
/// The output is divided into rows, along which each input has a stride of 1 or 0.
struct BroadcastRows: Sendable {
  struct Input: Sendable {
    /// Elements of a sample.
    let sampleSize: Int
    /// Whether the input has an element for each element of the output.
    let isWhole: Bool
    /// The stride along a row: 1 or 0.
    let stride: Int
    /// The start of each row of a sample.
    fileprivate let rows: [Int]
  }

  /// Contiguous elements of a row of the output.
  struct Chunk {
    /// The offset in the output.
    let start: Int
    let count: Int
    fileprivate let sample, row, column: Int
  }

  /// The largest number of elements in a chunk: a few arrays of this size fit the L1 cache.
  static let chunkLength = 1_024

  let inputs: [Input]
  /// Elements of a sample of the output.
  private let sampleSize: Int
  private let rowLength: Int

  /// The shape to which all inputs are broadcast.
  static func outputShape(for inputs: [Shape]) throws -> Shape {
    let rank = inputs.map(\.rank).max() ?? 0
    var sizes = Array(repeating: 1, count: rank)
    for input in inputs {
      for (axis, size) in zip(rank - input.rank..<rank, input) where size != 1 {
        try LayerError.require(
          sizes[axis] == 1 || sizes[axis] == size,
          "inputs of equal shapes, or of size 1 where they differ",
          received: inputs.map(\.description).joined(separator: ", "))
        sizes[axis] = size
      }
    }
    return Shape(sizes)
  }

  init(_ inputs: [Shape], output: Shape) {
    sampleSize = output.elementCount
    let steps = inputs.map { Self.steps(of: $0, in: output) }
    // A row consists of the last axes, as far as each input has a single stride along them.
    var (length, axis) = (1, output.rank)
    var strides = Array(repeating: 0, count: inputs.count)
    while axis > 0 {
      let size = output[axis - 1]
      if size > 1 {
        let next = steps.map { $0[axis - 1] }
        guard length == 1 || zip(next, strides).allSatisfy({ $0 == $1 * length }) else { break }
        if length == 1 { strides = next }
        length *= size
      }
      axis -= 1
    }
    rowLength = length
    let outer = output.prefix(axis)
    self.inputs = inputs.indices.map { index in
      var rows = [0]
      for (size, step) in zip(outer, steps[index]) {
        rows = rows.flatMap { row in (0..<size).map { row + $0 * step } }
      }
      let count = inputs[index].elementCount
      return Input(
        sampleSize: count, isWhole: count == output.elementCount, stride: strides[index],
        rows: rows)
    }
  }

  /// The stride in the input for each axis of the output: 0 where the input is repeated.
  private static func steps(of input: Shape, in output: Shape) -> [Int] {
    let own = zip(input, input.strides).map { $0 == 1 ? 0 : $1 }
    return Array(repeating: 0, count: output.rank - input.rank) + own
  }

  /// The offset in an input of the first element of a chunk.
  @inline(__always)
  func place(_ chunk: Chunk, of input: Input) -> Int {
    chunk.sample * input.sampleSize + input.rows[chunk.row] + chunk.column * input.stride
  }

  /// Calls `body` with all chunks of the output, in order.
  @inline(__always)
  func forEachChunk(samples: Int, _ body: (Chunk) -> Void) {
    var start = 0
    for sample in 0..<samples {
      for row in 0..<sampleSize / rowLength {
        var column = 0
        while column < rowLength {
          let count = min(Self.chunkLength, rowLength - column)
          body(Chunk(start: start, count: count, sample: sample, row: row, column: column))
          column += count
          start += count
        }
      }
    }
  }
}
