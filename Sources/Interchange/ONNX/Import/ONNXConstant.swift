internal import Glibc
internal import PinionTensor

/// A value of a graph that does not depend on its inputs, but perhaps on the size of the batch.
struct ONNXConstant {
  enum Elements {
    case integers([Int])
    case reals([Float])
    /// In the file, with the axes in an order.
    case stored(ONNXTensor, order: [Int])
  }

  /// Stands for the size of the batch among integers.
  static let batch = Int.min

  /// Stands for a multiple of the size of the batch, a number that files do not contain; nil if the
  /// factor is too large.
  static func batch(times factor: Int) -> Int? {
    factor == 1 ? batch : (2..<1 << 20).contains(factor) ? batch + factor << 10 : nil
  }

  /// The factor of a multiple of the batch's size; nil for other sizes.
  static func factor(_ size: Int) -> Int? {
    if size == batch { return 1 }
    guard size < batch + 1 << 30 else { return nil }
    let difference = size - batch
    return difference & 1023 == 0 && difference > 1024 ? difference >> 10 : nil
  }

  static func isBatch(_ size: Int) -> Bool { factor(size) != nil }

  /// The most elements of constants that are computed.
  static let limit = 1 << 18

  let sizes: [Int]
  let elements: Elements

  init(_ sizes: [Int], _ elements: Elements) { (self.sizes, self.elements) = (sizes, elements) }

  init(integers: [Int]) { self.init([integers.count], .integers(integers)) }

  /// Small integers are read at once.
  init(_ tensor: ONNXTensor) throws(FileError) {
    sizes = tensor.sizes
    elements =
      tensor.isInteger && tensor.count <= Self.limit
      ? .integers(try tensor.integers(limit: Self.limit))
      : .stored(tensor, order: Array(tensor.sizes.indices))
  }

  var count: Int { sizes.reduce(1, *) }

  /// The name of a parameter in the file.
  var name: String? {
    if case .stored(let tensor, _) = elements, !tensor.name.isEmpty { tensor.name } else { nil }
  }

  /// The elements as floats; nil if one is the size of the batch.
  func tensor() throws -> Tensor? {
    switch elements {
    case .integers(let values):
      guard !values.contains(where: Self.isBatch) else { return nil }
      return Tensor(shape: Shape(sizes), elements: values.map { Float($0) })
    case .reals(let values): return Tensor(shape: Shape(sizes), elements: values)
    case .stored(let tensor, let order):
      let result = try tensor.tensor()
      return order == order.sorted() ? result : result.transposed(order)
    }
  }

  /// Small constants as floats; nil for others.
  func reals() throws -> [Float]? {
    guard count <= Self.limit else { return nil }
    return try tensor()?.elements
  }

  /// The elements of a constant of integers; nil for others.
  var integers: [Int]? { if case .integers(let values) = elements { values } else { nil } }

  /// With the elements in memory, unless there are many.
  private func inMemory() throws -> ONNXConstant? {
    guard case .stored = elements else { return self }
    return try reals().map { ONNXConstant(sizes, .reals($0)) }
  }

  /// The elements at positions in row-major order.
  private func picked(_ positions: [Int], _ sizes: [Int]) throws -> ONNXConstant? {
    switch try inMemory()?.elements {
    case .integers(let values): ONNXConstant(sizes, .integers(positions.map { values[$0] }))
    case .reals(let values): ONNXConstant(sizes, .reals(positions.map { values[$0] }))
    default: nil
    }
  }

  /// The product of sizes; nil if it exceeds the limit.
  private static func count(_ sizes: [Int]) -> Int? {
    var count = 1
    for size in sizes {
      guard (0...limit).contains(size) else { return nil }
      count *= size
      guard count <= limit else { return nil }
    }
    return count
  }

  /// The positions in row-major order of each element of a result, given the distances of
  /// neighbors along its axes.
  private static func positions(_ sizes: [Int], _ strides: [Int], start: Int = 0) -> [Int]? {
    guard count(sizes) != nil else { return nil }
    var positions = [start]
    for (size, stride) in zip(sizes, strides) {
      positions = positions.flatMap { position in (0..<size).map { position + $0 * stride } }
    }
    return positions
  }

  private var strides: [Int] { Shape(sizes).strides }

  // MARK: Operators; all return nil for what they cannot compute

  func reshaped(_ sizes: [Int]) throws -> ONNXConstant? {
    guard Self.product(sizes) == count else { return nil }
    if case .stored(let tensor, let order) = elements, order == order.sorted(),
      sizes == tensor.sizes
    {
      return self
    }
    return try inMemory().map { ONNXConstant(sizes, $0.elements) }
  }

  func transposed(_ order: [Int]) throws -> ONNXConstant? {
    guard order.sorted() == Array(sizes.indices) else { return nil }
    let result = order.map { sizes[$0] }
    if case .stored(let tensor, let inner) = elements {
      return ONNXConstant(result, .stored(tensor, order: order.map { inner[$0] }))
    }
    return try Self.positions(result, order.map { strides[$0] }).flatMap {
      try picked($0, result)
    }
  }

  func gathered(_ indices: ONNXConstant, axis: Int) throws -> ONNXConstant? {
    let axis = axis < 0 ? axis + sizes.count : axis
    guard sizes.indices.contains(axis), let numbers = indices.integers else { return nil }
    let places = numbers.map { $0 < 0 ? $0 &+ sizes[axis] : $0 }
    guard places.allSatisfy({ (0..<sizes[axis]).contains($0) }) else { return nil }
    let outer = Array(sizes[..<axis])
    let inner = Array(sizes[(axis + 1)...])
    let result = outer + indices.sizes + inner
    guard Self.count(result) != nil, let starts = Self.positions(outer, strides) else {
      return nil
    }
    let rest = Self.positions(inner, Array(strides[(axis + 1)...])) ?? []
    let positions = starts.flatMap { start in
      places.flatMap { place in rest.map { start + place * strides[axis] + $0 } }
    }
    return try picked(positions, result)
  }

  /// A range of an axis, as of `Slice`.
  static func range(_ start: Int, _ end: Int, _ step: Int, _ size: Int) -> [Int] {
    guard step != 0, step != .min else { return [] }
    func place(_ index: Int, _ limits: ClosedRange<Int>) -> Int {
      min(max(index < 0 ? index + size : index, limits.lowerBound), limits.upperBound)
    }
    let limits = step > 0 ? 0...size : -1...max(-1, size - 1)
    let (first, last) = (place(start, limits), place(end, limits))
    return Array(stride(from: first, to: last, by: max(-size - 1, min(size + 1, step))))
  }

  func sliced(
    _ starts: [Int], _ ends: [Int], _ axes: [Int], _ steps: [Int]
  ) throws -> ONNXConstant? {
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count
    else { return nil }
    var result = self
    for index in starts.indices {
      let axis = axes[index] < 0 ? axes[index] + sizes.count : axes[index]
      // The smallest integer is a start in some files.
      guard sizes.indices.contains(axis), sizes[axis] <= Self.limit,
        starts[index] == Self.batch || !Self.isBatch(starts[index]), !Self.isBatch(ends[index])
      else { return nil }
      let places = Self.range(starts[index], ends[index], steps[index], sizes[axis])
      guard let next = try result.gathered(ONNXConstant(integers: places), axis: axis) else {
        return nil
      }
      result = next
    }
    return result
  }

  static func concatenated(_ parts: [ONNXConstant], axis: Int) throws -> ONNXConstant? {
    guard let rank = parts.first?.sizes.count, axis >= -rank, axis < rank,
      parts.allSatisfy({ $0.sizes.count == rank })
    else { return nil }
    let axis = axis < 0 ? axis + rank : axis
    let isInteger = parts.allSatisfy { $0.integers != nil }
    var sizes = parts[0].sizes
    sizes[axis] = parts.reduce(0) { $0 + $1.sizes[axis] }
    guard count(sizes) != nil else { return nil }
    let rows = sizes[..<axis].reduce(1, *)
    var (integers, reals) = ([Int](), [Float]())
    let numbers = try parts.map { try isInteger ? [] : $0.reals() ?? [] }
    for row in 0..<rows {
      for (part, real) in zip(parts, numbers) {
        guard part.count == rows * (part.count / max(rows, 1)) else { return nil }
        let length = part.count / rows
        let range = row * length..<(row + 1) * length
        if isInteger {
          integers += part.integers?[range] ?? []
        } else {
          guard range.upperBound <= real.count else { return nil }
          reals += real[range]
        }
      }
    }
    guard (isInteger ? integers.count : reals.count) == sizes.reduce(1, *) else { return nil }
    return ONNXConstant(sizes, isInteger ? .integers(integers) : .reals(reals))
  }

  func expanded(to target: [Int]) throws -> ONNXConstant? {
    guard let sizes = Self.broadcast(sizes, target) else { return nil }
    return try Self.positions(sizes, strides(in: sizes)).flatMap { try picked($0, sizes) }
  }

  private func strides(in result: [Int]) -> [Int] {
    let own = zip(sizes, strides).map { $0 == 1 ? 0 : $1 }
    return [Int](repeating: 0, count: result.count - sizes.count) + own
  }

  static func broadcast(_ first: [Int], _ second: [Int]) -> [Int]? {
    let rank = max(first.count, second.count)
    let pad = { (sizes: [Int]) in [Int](repeating: 1, count: rank - sizes.count) + sizes }
    var result: [Int] = []
    for (a, b) in zip(pad(first), pad(second)) {
      guard a == b || a == 1 || b == 1 else { return nil }
      result.append(a == 1 ? b : a)
    }
    return count(result) == nil ? nil : result
  }
}
