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

  /// The most axes of constants that are computed.
  static let rankLimit = 16

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
  func reals(_ budget: ONNXBudget) throws -> [Float]? {
    guard count <= Self.limit else { return nil }
    try budget.spend(count)
    return try tensor()?.elements
  }

  /// The elements of a constant of integers; nil for others.
  var integers: [Int]? { if case .integers(let values) = elements { values } else { nil } }

  /// With the elements in memory, unless there are many.
  private func inMemory(_ budget: ONNXBudget) throws -> ONNXConstant? {
    guard case .stored = elements else { return self }
    return try reals(budget).map { ONNXConstant(sizes, .reals($0)) }
  }

  /// The elements at the sums of one offset of each axis, those of the last axis first; nil if
  /// there are too many. The offsets are made only if there are elements, and not too many.
  private func picked(
    _ sizes: [Int], _ budget: ONNXBudget, _ offsets: () -> [[Int]]
  ) throws -> ONNXConstant? {
    guard let count = Self.count(sizes) else { return nil }
    try budget.spend(count)
    var positions: [Int] = []
    if count > 0 {
      let axes = offsets()
      positions = [axes.reduce(0) { $0 + ($1.count == 1 ? $1[0] : 0) }]
      for axis in axes where axis.count > 1 {
        positions = positions.flatMap { position in axis.map { position + $0 } }
      }
    }
    return switch try inMemory(budget)?.elements {
    case .integers(let values): ONNXConstant(sizes, .integers(positions.map { values[$0] }))
    case .reals(let values): ONNXConstant(sizes, .reals(positions.map { values[$0] }))
    default: nil
    }
  }

  /// The offsets along a whole axis.
  private static func offsets(_ size: Int, _ stride: Int) -> [Int] {
    (0..<size).map { $0 * stride }
  }

  /// The product of sizes; nil if it or the number of axes exceeds the limit.
  private static func count(_ sizes: [Int]) -> Int? {
    guard sizes.count <= rankLimit, let count = product(sizes), count <= limit else { return nil }
    return count
  }

  private var strides: [Int] { Shape(sizes).strides }

  // MARK: Operators; all return nil for what they cannot compute

  func reshaped(_ sizes: [Int], _ budget: ONNXBudget) throws -> ONNXConstant? {
    guard Self.product(sizes) == count else { return nil }
    if case .stored(let tensor, let order) = elements, order == order.sorted(),
      sizes == tensor.sizes
    {
      return self
    }
    return try inMemory(budget).map { ONNXConstant(sizes, $0.elements) }
  }

  func transposed(_ order: [Int], _ budget: ONNXBudget) throws -> ONNXConstant? {
    guard order.sorted() == Array(sizes.indices) else { return nil }
    let result = order.map { sizes[$0] }
    if case .stored(let tensor, let inner) = elements {
      return ONNXConstant(result, .stored(tensor, order: order.map { inner[$0] }))
    }
    let strides = strides
    return try picked(result, budget) { order.map { Self.offsets(sizes[$0], strides[$0]) } }
  }

  func gathered(
    _ indices: ONNXConstant, axis: Int, _ budget: ONNXBudget
  ) throws -> ONNXConstant? {
    let place = axis < 0 ? axis + sizes.count : axis
    guard sizes.indices.contains(place), let numbers = indices.integers else { return nil }
    try budget.spend(numbers.count)
    let places = numbers.map { $0 < 0 ? $0 &+ sizes[place] : $0 }
    guard places.allSatisfy({ (0..<sizes[place]).contains($0) }) else { return nil }
    let result = Array(sizes[..<place]) + indices.sizes + Array(sizes[(place + 1)...])
    let strides = strides
    return try picked(result, budget) {
      sizes.indices.map { axis in
        guard axis == place else { return Self.offsets(sizes[axis], strides[axis]) }
        return places.map { $0 * strides[axis] }
      }
    }
  }

  /// Axes counted from 0; nil if one is repeated, of which ONNX leaves the result undefined, or is
  /// none of the rank.
  static func distinct(_ axes: [Int], rank: Int) -> [Int]? {
    let places = axes.map { $0 < 0 ? $0 &+ rank : $0 }
    guard axes.count <= rank, places.allSatisfy({ (0..<rank).contains($0) }),
      Set(places).count == places.count
    else { return nil }
    return places
  }

  /// An index of `Slice`, from the end if it is negative.
  private static func place(_ index: Int, _ size: Int, _ limits: ClosedRange<Int>) -> Int {
    min(max(index < 0 ? index + size : index, limits.lowerBound), limits.upperBound)
  }

  /// A range of an axis, as of `Slice` with a step of 1.
  static func range(_ start: Int, _ end: Int, _ size: Int) -> Range<Int> {
    let (first, last) = (place(start, size, 0...size), place(end, size, 0...size))
    return first..<max(first, last)
  }

  /// The same with any step.
  private static func places(_ start: Int, _ end: Int, _ step: Int, _ size: Int) -> [Int] {
    guard step != 0, step != .min else { return [] }
    let limits = step > 0 ? 0...size : -1...max(-1, size - 1)
    return Array(
      stride(
        from: place(start, size, limits), to: place(end, size, limits),
        by: max(-size - 1, min(size + 1, step))))
  }

  func sliced(
    _ starts: [Int], _ ends: [Int], _ axes: [Int], _ steps: [Int], _ budget: ONNXBudget
  ) throws -> ONNXConstant? {
    guard starts.count == ends.count, axes.count == starts.count, steps.count == starts.count,
      let distinct = Self.distinct(axes, rank: sizes.count)
    else { return nil }
    var (result, cuts) = (sizes, [Int: [Int]]())
    for (index, axis) in distinct.enumerated() {
      // The smallest integer is a start in some files.
      guard sizes[axis] <= Self.limit, starts[index] == Self.batch || !Self.isBatch(starts[index]),
        !Self.isBatch(ends[index])
      else { return nil }
      let places = Self.places(starts[index], ends[index], steps[index], sizes[axis])
      try budget.spend(places.count)
      result[axis] = places.count
      cuts[axis] = places
    }
    let strides = strides
    return try picked(result, budget) {
      sizes.indices.map { axis in
        cuts[axis]?.map { $0 * strides[axis] } ?? Self.offsets(sizes[axis], strides[axis])
      }
    }
  }

  static func concatenated(
    _ parts: [ONNXConstant], axis: Int, _ budget: ONNXBudget
  ) throws -> ONNXConstant? {
    guard var sizes = parts.first?.sizes, axis >= -sizes.count, axis < sizes.count else {
      return nil
    }
    let axis = axis < 0 ? axis + sizes.count : axis
    sizes[axis] = 0
    for part in parts {
      var other = part.sizes
      guard other.count == sizes.count else { return nil }
      let (sum, overflow) = sizes[axis].addingReportingOverflow(other[axis])
      (sizes[axis], other[axis]) = (sum, sum)
      guard !overflow, other == sizes else { return nil }
    }
    guard let count = Self.count(sizes) else { return nil }
    let isInteger = parts.allSatisfy { $0.integers != nil }
    // Others would be visited once a row.
    let filled = count == 0 ? [] : parts.filter { $0.sizes[axis] > 0 }
    let rows = count == 0 ? 0 : sizes[..<axis].reduce(1, *)
    var (integers, reals) = ([Int](), [Float]())
    let numbers = try filled.map { try isInteger ? [] : $0.reals(budget) ?? [] }
    for row in 0..<rows {
      for (part, real) in zip(filled, numbers) {
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
    return ONNXConstant(sizes, isInteger ? .integers(integers) : .reals(reals))
  }

  func expanded(to target: [Int], _ budget: ONNXBudget) throws -> ONNXConstant? {
    guard let result = Self.broadcast(sizes, target) else { return nil }
    return try picked(result, budget) {
      zip(result, strides(in: result)).map { Self.offsets($0, $1) }
    }
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
