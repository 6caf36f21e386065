internal import PinionTensor

/// How inputs lie under an output to whose shape they are broadcast: aligned at the last axis, and
/// repeated along axes of size 1 and axes that they lack, as in NumPy.
///
/// The output is cut in rows along which each input either goes on element by element or stays at
/// one element.
struct BroadcastRows: Sendable {
  struct Input: Sendable {
    /// Elements of a sample.
    let sampleSize: Int
    /// Whether there is an element for each of the output's.
    let isWhole: Bool
    /// Along a row, 1 or 0.
    let stride: Int
    /// Where each row of a sample starts.
    fileprivate let rows: [Int]
  }

  /// Neighbors in a row of the output.
  struct Chunk {
    /// The place in the output.
    let start: Int
    let count: Int
    fileprivate let sample, row, column: Int
  }

  /// The most elements of a chunk: a few arrays of so many stay in the L1 cache.
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
    // The axes that make a row: as many as each input passes in steps of one length.
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

  /// How far apart in the input neighbors along each axis of the output lie: 0 where it is
  /// repeated.
  private static func steps(of input: Shape, in output: Shape) -> [Int] {
    let own = zip(input, input.strides).map { $0 == 1 ? 0 : $1 }
    return Array(repeating: 0, count: output.rank - input.rank) + own
  }

  /// Where an input has what goes with the first element of a chunk.
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
