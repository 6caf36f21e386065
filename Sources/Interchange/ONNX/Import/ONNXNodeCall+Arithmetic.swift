internal import PinionLayers
internal import PinionTensor

extension ONNXNodeCall {
  /// The elements of a constant that is broadcast to a value, in Pinion's order and with 1 along
  /// the axes on which they do not depend, but those in `axes`; nil if it has other sizes.
  func spread(
    _ constant: ONNXConstant, of x: ONNXValue, to axes: [Int]
  ) throws -> Tensor? {
    let rank = x.sizes.count
    guard constant.sizes.count <= rank + 1 else { return nil }
    let missing = rank + 1 - constant.sizes.count
    let sizes = [Int](repeating: 1, count: missing) + constant.sizes
    guard sizes[0] == 1, zip(sizes.dropFirst(), x.sizes).allSatisfy({ $0 == 1 || $0 == $1 }) else {
      return nil
    }
    try importer.budget.spend(constant.count)
    guard let tensor = try constant.tensor() else { return nil }
    let ordered = tensor.reshaped(to: Shape(Array(sizes.dropFirst()))).transposed(x.order)
    let target = ordered.shape.indices.map { axes.contains($0) ? x.shape[$0] : ordered.shape[$0] }
    guard Shape(target) != ordered.shape else { return ordered }
    // More than the file holds.
    try importer.budget.keep(ONNXConstant.product(target) ?? .max)
    return Tensor.zeros(Shape(target)) + ordered
  }

  /// Sums, differences, products and quotients, of values or with constants.
  func arithmetic() throws -> ONNXValue {
    guard operandCount == 2 else { throw Unsupported(reason: "\(operandCount) operands") }
    if let x = value(0), let y = value(1) { return try combined(x, y) }
    if let x = value(0), let constant = constant(1) {
      return try combined(x, constant, isReversed: false)
    }
    return try combined(input(1), requiredConstant(0, "an operand"), isReversed: true)
  }

  // MARK: Constants

  private func combined(
    _ x: ONNXValue, _ constant: ONNXConstant, isReversed: Bool
  ) throws -> ONNXValue {
    guard constant.count <= ONNXConstant.limit, let tensor = try spread(constant, of: x, to: [])
    else { throw Unsupported(reason: "a constant of the shape \(constant.sizes)") }
    let axes = tensor.shape.indices.filter { tensor.shape[$0] > 1 }
    let isSum = node.operation == "Add" || node.operation == "Sub" && !isReversed
    let sign: Double = node.operation == "Sub" ? -1 : 1
    let numbers = tensor.elements.map(Double.init)
    if let moment = try moment(x, numbers, isSum: isSum && sign > 0) { return moment }
    if let scaled = try normalization(x, constant, axes, isSum: isSum, sign: sign) {
      return scaled
    }
    // The bias of a layer.
    if isSum, axes.isEmpty || axes == [x.order.count - 1], !x.isShared,
      case .weighted(var weighted) = x.source, weighted.activation == nil
    {
      try importer.budget.keep(weighted.width)
      let old = weighted.bias ?? [Float](repeating: 0, count: weighted.width)
      weighted.bias = old.indices.map { index in
        Float(Double(old[index]) + sign * numbers[axes.isEmpty ? 0 : index])
      }
      return result(x.sizes, order: x.order, .weighted(weighted))
    }
    if isSum, axes == [1], !x.isShared, case .attention = x.source,
      let sum = x.adding(numbers.map { Float(sign * $0) })
    {
      try importer.budget.keep(numbers.count)
      return result(x.sizes, order: x.order, sum.source)
    }
    if axes.count > 1 || axes.count == 1 && x.sizes.count > 1 && axes[0] == 0 && isSum {
      if let embedded = try embedded(x, constant, tensor, isSum: isSum, sign: sign) {
        return embedded
      }
    }
    guard axes.count <= 1 else {
      throw Unsupported(reason: "a constant that varies along \(axes.count) axes")
    }
    let affine: ONNXAffine
    let (ones, zeros) = (numbers.map { _ in 1.0 }, numbers.map { _ in 0.0 })
    switch (node.operation, isReversed) {
    case ("Add", _): affine = ONNXAffine(axis: axes.first, scale: ones, offset: numbers)
    case ("Sub", false):
      affine = ONNXAffine(axis: axes.first, scale: ones, offset: numbers.map { -$0 })
    case ("Sub", true):
      affine = ONNXAffine(axis: axes.first, scale: ones.map { -$0 }, offset: numbers)
    case ("Mul", _): affine = ONNXAffine(axis: axes.first, scale: numbers, offset: zeros)
    case ("Div", false):
      affine = ONNXAffine(axis: axes.first, scale: numbers.map { 1 / $0 }, offset: zeros)
    default:
      if let root = try inverse(x, numbers) { return root }
      throw Unsupported(reason: "a constant divided by a value")
    }
    var (base, whole) = (x, affine)
    if case .affine(let inner, let first) = x.source, !x.isShared,
      let both = first.followed(by: affine)
    {
      (base, whole) = (inner, both)
    }
    try importer.budget.keep(2 * whole.scale.count)
    return result(x.sizes, order: x.order, .affine(base, whole))
  }

  /// ε, added to a variance.
  private func moment(
    _ x: ONNXValue, _ numbers: [Double], isSum: Bool
  ) throws -> ONNXValue? {
    guard isSum, numbers.count == 1, numbers[0] > 0,
      case .term(.moment(let base, let axes, let isCentered, 0)) = x.source
    else { return nil }
    return result(
      x.sizes, order: x.order,
      .term(.moment(base, axes: axes, isCentered: isCentered, epsilon: numbers[0])))
  }

  /// 1/√(σ² + ε).
  private func inverse(_ x: ONNXValue, _ numbers: [Double]) throws -> ONNXValue? {
    guard numbers == [1],
      case .term(.root(let base, let axes, let isCentered, let epsilon, false)) = x.source
    else { return nil }
    return result(
      x.sizes, order: x.order,
      .term(
        .root(base, axes: axes, isCentered: isCentered, epsilon: epsilon, isInverse: true)))
  }

  /// γ and β of a normalization.
  private func normalization(
    _ x: ONNXValue, _ constant: ONNXConstant, _ varying: [Int], isSum: Bool, sign: Double
  ) throws -> ONNXValue? {
    guard case .normalized(let base, let kind, let axes, let scale, let offset) = x.source,
      !x.isShared, varying.allSatisfy(axes.contains),
      let tensor = try spread(constant, of: x, to: axes)
    else { return nil }
    let numbers = tensor.reshaped(to: Shape(axes.map { x.shape[$0] }))
    if node.operation == "Mul", scale == nil, offset == nil {
      return result(
        x.sizes, order: x.order,
        .normalized(base, kind, axes: axes, scale: numbers, offset: nil))
    }
    if case .rootMeanSquare = kind { return nil }
    guard isSum, offset == nil else { return nil }
    let signed = sign < 0 ? Tensor.zeros(numbers.shape) - numbers : numbers
    return result(
      x.sizes, order: x.order,
      .normalized(base, kind, axes: axes, scale: scale, offset: signed))
  }

  /// A constant of a sample's shape, added to a sequence.
  private func embedded(
    _ x: ONNXValue, _ constant: ONNXConstant, _ tensor: Tensor, isSum: Bool, sign: Double
  ) throws -> ONNXValue? {
    guard isSum, x.sizes.count == 2, tensor.shape == x.shape else { return nil }
    let name = importer.layerName(of: constant, or: "position_embedding")
    importer.setParameter(name, "embeddings") {
      sign < 0 ? Tensor.zeros(tensor.shape) - tensor : tensor
    }
    return try layer(PositionEmbedding(name: name), [x], sizes: x.sizes, order: x.order)
  }

  // MARK: Values

  private func combined(_ x: ONNXValue, _ y: ONNXValue) throws -> ONNXValue {
    switch node.operation {
    case "Sub":
      if case .term(.mean(let base, let axes)) = y.source, base === x.original {
        return result(x.sizes, order: x.order, .term(.centered(x.original, axes: axes)))
      }
    case "Mul":
      if x.original === y.original {
        return result(x.sizes, order: x.order, .term(.square(x.original)))
      }
      if let value = try gated(x, by: y) ?? gated(y, by: x) { return value }
      if let value = try gaussian(x, y) ?? gaussian(y, x) { return value }
      if let value = try divided(x, y, isInverse: true) ?? divided(y, x, isInverse: true) {
        return value
      }
    case "Div":
      if let value = try divided(x, y, isInverse: false) { return value }
      throw Unsupported(reason: "a quotient of two values")
    default: break
    }
    return try merged()
  }

  /// A normalization: what is divided by the root of its moment.
  private func divided(
    _ x: ONNXValue, _ y: ONNXValue, isInverse: Bool
  ) throws -> ONNXValue? {
    guard case .term(.root(let base, let axes, let isCentered, let epsilon, isInverse)) = y.source
    else { return nil }
    if isCentered {
      guard case .term(.centered(let other, axes)) = x.source, other === base else { return nil }
    } else {
      guard x.original === base else { return nil }
    }
    let places = axes.map { axis in base.order.firstIndex(of: axis) ?? 0 }.sorted()
    let kind: ONNXNormalization =
      isCentered ? .layer(epsilon: epsilon) : .rootMeanSquare(epsilon: epsilon)
    return result(
      base.sizes, order: base.order,
      .normalized(base, kind, axes: places, scale: nil, offset: nil))
  }

  /// Squares, roots and reciprocals, as in the formulas of normalizations.
  func power() throws -> ONNXValue {
    let x = try input()
    switch (node.operation, x.source) {
    case ("Pow", _):
      guard try reals(1) == [2] else {
        throw Unsupported(reason: "an exponent other than 2")
      }
      return result(x.sizes, order: x.order, .term(.square(x.original)))
    case ("Sqrt", .term(.moment(let base, let axes, let isCentered, let epsilon)))
    where epsilon > 0:
      return result(
        x.sizes, order: x.order,
        .term(
          .root(base, axes: axes, isCentered: isCentered, epsilon: epsilon, isInverse: false)))
    case ("Reciprocal", _):
      if let inverse = try inverse(x, [1]) { return inverse }
      fallthrough
    default: throw Unsupported(reason: "outside of a normalization")
    }
  }

  /// A merging layer, whose operands have one order of axes.
  func merged() throws -> ONNXValue {
    var inputs = try (0..<operandCount).map { try input($0) }
    guard inputs.count > 1 else { return try view(inputs[0]) }
    let rank = inputs.map(\.sizes.count).max() ?? 0
    inputs = try inputs.map { value in
      guard value.sizes.count < rank else { return value }
      let sizes = [Int](repeating: 1, count: rank - value.sizes.count) + value.sizes
      return try reshaped(value, to: sizes)
    }
    let order =
      (inputs.first { $0.order == ONNXValue.channelsLast } ?? inputs[0]).order
    var sizes: [Int] = inputs[0].sizes
    for value in inputs.dropFirst() {
      for (axis, size) in value.sizes.enumerated() where size != 1 {
        guard sizes[axis] == 1 || sizes[axis] == size else {
          throw Unsupported(reason: "operands of the shapes \(inputs.map(\.sizes))")
        }
        sizes[axis] = size
      }
    }
    let aligned = try inputs.map { try importer.aligned($0, to: order) }
    let merge: any Layer
    var isNonNegative = inputs.allSatisfy(\.isNonNegative)
    switch node.operation {
    case "Add", "Sum": merge = Add(name: name(or: "add"))
    case "Mul": merge = Multiply(name: name(or: "multiply"))
    case "Mean": merge = Average(name: name(or: "average"))
    case "Max":
      merge = Maximum(name: name(or: "maximum"))
      isNonNegative = inputs.contains(where: \.isNonNegative)
    case "Min": merge = Minimum(name: name(or: "minimum"))
    default:
      merge = Subtract(name: name(or: "subtract"))
      isNonNegative = false
    }
    let result = try layer(merge, aligned, sizes: sizes, order: order)
    result.isNonNegative = isNonNegative
    return result
  }
}
