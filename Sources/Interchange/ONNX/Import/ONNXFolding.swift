internal import PinionTensor

/// What the constants of a file may still take, so that few bytes can neither repeat long work nor
/// fill the memory.
final class ONNXBudget {
  struct Exhausted: Error {}

  private var work: Int
  private var memory = ONNXConstant.limit * 16

  /// The work suffices to read each element of the file once, whatever nodes repeat.
  init(fileSize: Int) { work = ONNXConstant.limit * 64 + fileSize }

  /// Charges elements that are read or computed, before they are.
  func spend(_ count: Int) throws { try Self.take(count, from: &work) }

  /// Charges elements that stay in memory.
  func keep(_ count: Int) throws { try Self.take(count, from: &memory) }

  private static func take(_ count: Int, from rest: inout Int) throws {
    guard count <= rest else { throw Exhausted() }
    rest -= count
  }
}

extension ONNXConstant {
  /// The constant that a node computes from constants; nil if it cannot be computed.
  static func folded(
    _ node: ONNXFile.Node, _ inputs: [ONNXConstant?], _ budget: ONNXBudget
  ) throws -> ONNXConstant? {
    if inputs.isEmpty { return try constant(node) }
    guard let first = inputs[0] else { return nil }
    func input(_ index: Int) -> ONNXConstant? { index < inputs.count ? inputs[index] : nil }
    /// An attribute of early operators that is an input of later ones.
    func integers(_ name: String, _ index: Int) -> [Int]? {
      node.integers(name) ?? input(index)?.integers
    }
    switch node.operation {
    case "Identity": return first
    case "Cast": return try first.cast(to: node.integer("to") ?? 1, budget)
    case "Shape": return shape(first.sizes, node)
    case "ConstantOfShape":
      guard let sizes = first.integers else { return nil }
      var value = ONNXConstant([1], .reals([0]))
      if case .tensor(let tensor) = node.attributes["value"] { value = try .init(tensor) }
      return try value.reshaped([1], budget)?.expanded(to: sizes, budget)
    case "Concat":
      let parts = inputs.compactMap { $0 }
      guard parts.count == inputs.count, let axis = node.integer("axis") else { return nil }
      return try concatenated(parts, axis: axis, budget)
    case "Gather":
      return try input(1).flatMap {
        try first.gathered($0, axis: node.integer("axis") ?? 0, budget)
      }
    case "Slice":
      guard let starts = integers("starts", 1), let ends = integers("ends", 2) else { return nil }
      let axes = integers("axes", 3) ?? Array(starts.indices)
      let steps = input(4)?.integers ?? starts.map { _ in 1 }
      return try first.sliced(starts, ends, axes, steps, budget)
    case "Unsqueeze":
      return try integers("axes", 1).flatMap { axes in
        try unsqueezed(first.sizes, axes).flatMap { try first.reshaped($0, budget) }
      }
    case "Squeeze":
      return try squeezed(first.sizes, integers("axes", 1)).flatMap {
        try first.reshaped($0, budget)
      }
    case "Reshape":
      guard let target = input(1)?.integers else { return nil }
      let sizes = reshaped(first.sizes, target, keepsZeros: node.integer("allowzero") == 1)
      return try sizes.flatMap { try first.reshaped($0, budget) }
    case "Transpose":
      return try first.transposed(
        node.integers("perm") ?? Array(first.sizes.indices.reversed()), budget)
    case "Expand":
      return try input(1)?.integers.flatMap { target in
        // A constant along the batch stays one sample, which is broadcast.
        let added = target.count - first.sizes.count
        guard target.first == batch, added > 0 || added == 0 && first.sizes[0] == 1
        else { return try first.expanded(to: target, budget) }
        let sizes = [1] + target.dropFirst().map { $0 == -1 ? 1 : $0 }
        return first.sizes == broadcast(first.sizes, sizes)
          ? first : try first.expanded(to: sizes, budget)
      }
    case "Where":
      guard let a = input(1), let b = input(2) else { return nil }
      return try selected(first, a, b, budget)
    case "Equal", "Mod", "Pow", "Add", "Sub", "Mul", "Div":
      return try input(1).flatMap { try combined(node.operation, first, $0, budget) }
    case "Sqrt", "Reciprocal", "Neg":
      guard first.integers == nil, let values = try first.reals(budget) else { return nil }
      let operation = node.operation
      return ONNXConstant(
        first.sizes,
        .reals(
          values.map {
            operation == "Sqrt" ? $0.squareRoot() : operation == "Neg" ? -$0 : 1 / $0
          }))
    default: return nil
    }
  }

  /// Integers of one constant or another.
  private static func selected(
    _ condition: ONNXConstant, _ a: ONNXConstant, _ b: ONNXConstant, _ budget: ONNXBudget
  ) throws -> ONNXConstant? {
    guard let sizes = broadcast(a.sizes, b.sizes).flatMap({ broadcast($0, condition.sizes) }),
      let chosen = try condition.expanded(to: sizes, budget)?.integers,
      let first = try a.expanded(to: sizes, budget)?.integers,
      let second = try b.expanded(to: sizes, budget)?.integers
    else { return nil }
    return ONNXConstant(
      sizes, .integers(chosen.indices.map { chosen[$0] != 0 ? first[$0] : second[$0] }))
  }

  private static func constant(_ node: ONNXFile.Node) throws -> ONNXConstant? {
    guard node.operation == "Constant" else { return nil }
    switch (node.attributes["value"], node.attributes["value_int"]) {
    case (.tensor(let tensor), _): return try ONNXConstant(tensor)
    case (_, .integer(let value)): return ONNXConstant([], .integers([value]))
    default: break
    }
    if let value = node.float("value_float") { return ONNXConstant([], .reals([value])) }
    return node.integers("value_ints").map { ONNXConstant(integers: $0) }
  }

  private func cast(to code: Int, _ budget: ONNXBudget) throws -> ONNXConstant? {
    switch code {
    case 1, 10, 11, 16:
      guard let integers, count <= Self.limit else { return self }
      return integers.contains(where: Self.isBatch)
        ? self : ONNXConstant(sizes, .reals(integers.map { Float($0) }))
    case 2, 3, 4, 5, 6, 7, 12, 13:
      guard integers == nil else { return self }
      guard let values = try reals(budget) else { return nil }
      var integers: [Int] = []
      for value in values {
        guard let integer = Int(exactly: value.rounded(.towardZero)) else { return nil }
        integers.append(integer)
      }
      return ONNXConstant(sizes, .integers(integers))
    default: return nil
    }
  }

  /// The sizes of a value from `start` to `end`.
  static func shape(_ sizes: [Int], _ node: ONNXFile.Node) -> ONNXConstant {
    let places = range(node.integer("start") ?? 0, node.integer("end") ?? .max, sizes.count)
    return ONNXConstant(integers: places.map { sizes[$0] })
  }

  static func unsqueezed(_ sizes: [Int], _ axes: [Int]) -> [Int]? {
    let rank = sizes.count + axes.count
    guard rank <= rankLimit, let places = distinct(axes, rank: rank) else { return nil }
    var rest = sizes[...]
    return (0..<rank).map { places.contains($0) ? 1 : rest.removeFirst() }
  }

  static func squeezed(_ sizes: [Int], _ axes: [Int]?) -> [Int]? {
    guard let axes else { return sizes.filter { $0 != 1 } }
    guard let places = distinct(axes, rank: sizes.count), places.allSatisfy({ sizes[$0] == 1 })
    else { return nil }
    return sizes.indices.filter { !places.contains($0) }.map { sizes[$0] }
  }

  /// The sizes that a target of `Reshape` denotes; nil if the numbers of elements differ.
  static func reshaped(_ sizes: [Int], _ target: [Int], keepsZeros: Bool) -> [Int]? {
    guard target.count <= rankLimit else { return nil }
    var result = target
    for (axis, size) in target.enumerated() where size == 0 && !keepsZeros {
      guard axis < sizes.count else { return nil }
      result[axis] = sizes[axis]
    }
    let count = product(sizes)
    let free = result.indices.filter { result[$0] == -1 }
    guard free.count <= 1, let count else { return nil }
    if let axis = free.first {
      result[axis] = 1
      guard let rest = product(result), rest > 0, count % rest == 0 else { return nil }
      result[axis] = count / rest
    }
    return product(result) == count ? result : nil
  }

  /// Nil if a size is negative, or if the product overflows or would with 1 for zeros, as the
  /// strides would.
  static func product(_ sizes: [Int]) -> Int? {
    var product = 1
    for size in sizes {
      let (next, overflow) = product.multipliedReportingOverflow(by: max(size, 1))
      guard size >= 0, !overflow else { return nil }
      product = next
    }
    return sizes.contains(0) ? 0 : product
  }
}
