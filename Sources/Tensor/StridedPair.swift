internal import CPinionKernels

/// The joint iteration of two arrays of equal shape and different strides.
///
/// Axes of size 1 are dropped and neighboring axes that are contiguous in both arrays merged, for
/// long rows. A stride of 0 repeats elements (broadcasting) or accumulates them (reductions).
struct StridedPair {
  struct Axis {
    var size: Int
    var left: Int
    var right: Int
  }

  /// All axes but ``row``, outermost first.
  private var outer: [Axis] = []
  private let isEmpty: Bool

  /// The innermost axis.
  let row: Axis

  init(shape: Shape, left: [Int], right: [Int]) {
    isEmpty = shape.contains(0)
    for axis in shape.indices where shape[axis] != 1 {
      let next = Axis(size: shape[axis], left: left[axis], right: right[axis])
      if let last = outer.last, last.left == next.left * next.size,
        last.right == next.right * next.size
      {
        outer[outer.count - 1] = Axis(
          size: last.size * next.size, left: next.left, right: next.right)
      } else {
        outer.append(next)
      }
    }
    row = outer.popLast() ?? Axis(size: 1, left: 1, right: 1)
  }

  /// The offsets of the rows in both arrays, in row-major order of the shape.
  var rows: Rows { Rows(outer: outer, isEmpty: isEmpty) }

  /// ``rows`` in groups that share an offset in the right array: the offsets of each group's first
  /// row, the number of rows in a group, and their distance in the left array.
  var repeatedRows: (starts: Rows, repeated: (count: Int, stride: Int)) {
    guard let last = outer.last, last.right == 0, row.right != 0 else { return (rows, (1, 0)) }
    return (Rows(outer: outer.dropLast(), isEmpty: isEmpty), (last.size, last.left))
  }

  /// A sequence instead of a function with a closure, since the compiler optimizes its loops
  /// better.
  struct Rows: Sequence, IteratorProtocol {
    private let outer: [Axis]
    private var position: [Int]
    private var start = (left: 0, right: 0)
    private var isDone: Bool

    init(outer: [Axis], isEmpty: Bool) {
      self.outer = outer
      position = [Int](repeating: 0, count: outer.count)
      isDone = isEmpty
    }

    mutating func next() -> (left: Int, right: Int)? {
      guard !isDone else { return nil }
      let current = start
      var axis = outer.count - 1
      while axis >= 0 {
        position[axis] += 1
        start.left += outer[axis].left
        start.right += outer[axis].right
        if position[axis] < outer[axis].size { return current }
        start.left -= outer[axis].left * outer[axis].size
        start.right -= outer[axis].right * outer[axis].size
        position[axis] = 0
        axis -= 1
      }
      isDone = true
      return current
    }
  }

  /// Copies the elements of the right array to the left one.
  func copy<Scalar: TensorScalar>(
    to target: UnsafeMutablePointer<Scalar>, from source: UnsafePointer<Scalar>
  ) {
    let (target, source) = unsafe (UnsafeMutableRawPointer(target), UnsafeRawPointer(source))
    switch MemoryLayout<Scalar>.stride {
    case 1:
      unsafe copyBits(
        to: target.assumingMemoryBound(to: UInt8.self),
        from: source.assumingMemoryBound(to: UInt8.self))
    case 4:
      unsafe copyBits(
        to: target.assumingMemoryBound(to: UInt32.self),
        from: source.assumingMemoryBound(to: UInt32.self))
    default:
      unsafe copyBits(
        to: target.assumingMemoryBound(to: UInt64.self),
        from: source.assumingMemoryBound(to: UInt64.self))
    }
  }

  @inline(__always)
  private func copyBits<Bits>(
    to target: UnsafeMutablePointer<Bits>, from source: UnsafePointer<Bits>
  ) {
    guard !isEmpty else { return }
    if let across = outer.firstIndex(where: { $0.right == 1 }), row.right > 1 {
      var rest = outer
      let axis = rest.remove(at: across)
      for start in Rows(outer: rest, isEmpty: false) {
        unsafe Self.transpose(target + start.left, source + start.right, down: axis, along: row)
      }
      return
    }
    var (rest, inner) = (outer, row)
    var across = rest.popLast() ?? Axis(size: 1, left: 0, right: 0)
    // Of short rows, the neighbors are copied together.
    if row.size < 16, across.size > row.size { (inner, across) = (across, inner) }
    let size = MemoryLayout<Bits>.stride
    for start in Rows(outer: rest, isEmpty: false) {
      if inner.left == 1, inner.right == 1, across.size > 1 {
        unsafe pinion_copy_rows(
          source + start.right, across.right * size, target + start.left, across.left * size,
          across.size, inner.size * size)
        continue
      }
      for index in 0..<across.size {
        unsafe Self.copyRow(
          target + (start.left + index * across.left),
          source + (start.right + index * across.right), inner)
      }
    }
  }

  /// Copies a row; the usual steps are compiled as constants.
  @inline(__always)
  private static func copyRow<Bits>(
    _ target: UnsafeMutablePointer<Bits>, _ source: UnsafePointer<Bits>, _ row: Axis
  ) {
    switch (row.left, row.right) {
    case (1, 1): unsafe target.update(from: source, count: row.size)
    case (1, 0): unsafe target.update(repeating: source.pointee, count: row.size)
    case (1, -1): for index in 0..<row.size { unsafe target[index] = unsafe source[0 &- index] }
    case (1, 2): for index in 0..<row.size { unsafe target[index] = unsafe source[2 &* index] }
    case (2, 1): for index in 0..<row.size { unsafe target[2 &* index] = unsafe source[index] }
    default:
      for index in 0..<row.size {
        unsafe target[index &* row.left] = unsafe source[index &* row.right]
      }
    }
  }

  /// Copies a transposed plane.
  @inline(__always)
  private static func transpose<Bits>(
    _ target: UnsafeMutablePointer<Bits>, _ source: UnsafePointer<Bits>, down: Axis, along: Axis
  ) {
    if along.left == 1, MemoryLayout<Bits>.size > 1 {
      let (target, source) = unsafe (UnsafeMutableRawPointer(target), UnsafeRawPointer(source))
      if MemoryLayout<Bits>.size == 4 {
        unsafe pinion_transpose32(
          source.assumingMemoryBound(to: UInt32.self), along.right,
          target.assumingMemoryBound(to: UInt32.self), down.left, down.size, along.size)
      } else {
        unsafe pinion_transpose64(
          source.assumingMemoryBound(to: UInt64.self), along.right,
          target.assumingMemoryBound(to: UInt64.self), down.left, down.size, along.size)
      }
      return
    }
    // In tiles that fit the cache.
    let tile = 32
    for top in stride(from: 0, to: down.size, by: tile) {
      for start in stride(from: 0, to: along.size, by: tile) {
        for y in top..<min(top + tile, down.size) {
          for x in start..<min(start + tile, along.size) {
            unsafe target[y * down.left + x * along.left] = unsafe source[
              y * down.right + x * along.right]
          }
        }
      }
    }
  }
}
