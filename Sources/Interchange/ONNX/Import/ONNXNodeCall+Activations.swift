internal import PinionLayers
internal import PinionTensor

extension ONNXNodeCall {
  /// A function of each element, or along one axis; nil for other operators.
  func activation() throws -> ONNXValue? {
    switch node.operation {
    case "Relu": return try activated(ReLU(), isNonNegative: true)
    case "LeakyRelu":
      return try activated(LeakyReLU(negativeSlope: node.float("alpha") ?? 0.01))
    case "Elu": return try activated(ELU(alpha: node.float("alpha") ?? 1))
    case "Celu": return try activated(CELU(alpha: node.float("alpha") ?? 1))
    case "Selu":
      guard abs((node.float("alpha") ?? 1.67326) - 1.67326) < 1e-4,
        abs((node.float("gamma") ?? 1.0507) - 1.0507) < 1e-4
      else { throw Unsupported(reason: "other constants than those of SELU") }
      return try activated(SELU())
    case "Sigmoid": return try activated(Sigmoid(), isNonNegative: true)
    case "Tanh": return try activated(Tanh())
    case "Softsign": return try activated(Softsign())
    case "Softplus": return try activated(Softplus(), isNonNegative: true)
    case "Exp": return try activated(Exponential(), isNonNegative: true)
    case "HardSwish": return try activated(HardSwish())
    case "HardSigmoid":
      let (alpha, beta) = (node.float("alpha") ?? 0.2, node.float("beta") ?? 0.5)
      guard abs(alpha - 1 / 6) < 1e-5, beta == 0.5 else {
        throw Unsupported(reason: "alpha \(alpha) and beta \(beta) instead of 1/6 and 0.5")
      }
      return try activated(HardSigmoid(), isNonNegative: true)
    case "Mish": return try activated(Mish())
    case "Gelu": return try activated(GELU(approximate: node.string("approximate") == "tanh"))
    case "Softmax": return try softmax(Softmax(), isNonNegative: true)
    case "LogSoftmax": return try softmax(LogSoftmax(), isNonNegative: false)
    case "PRelu": return try parametric()
    case "Clip":
      let range = (try scalar("min", 1) ?? -.infinity, try scalar("max", 2) ?? .infinity)
      switch range {
      case (0, 6): return try activated(ReLU6(), isNonNegative: true)
      case (0, let maximum) where maximum >= .greatestFiniteMagnitude:
        return try activated(ReLU(), isNonNegative: true)
      default: throw Unsupported(reason: "a range of \(range.0) to \(range.1)")
      }
    default: return nil
    }
  }

  private func softmax(
    _ function: some ActivationFunction, isNonNegative: Bool
  ) throws -> ONNXValue {
    let x = try input()
    let rank = x.sizes.count
    let axis = try sampleAxis(
      node.integer("axis") ?? (importer.file.opset < 13 ? 1 : -1), rank)
    // Before version 13, all axes from this one on.
    guard importer.file.opset >= 13 || axis == rank - 1 else {
      throw Unsupported(reason: "a softmax over several axes")
    }
    if x.order.last == axis { return try activated(function, isNonNegative: isNonNegative) }
    let ordered = try importer.aligned(x, to: x.order.filter { $0 != axis } + [axis])
    let y = try layer(
      Activation(function, name: name(or: "activation")), [ordered], sizes: x.sizes,
      order: ordered.order)
    y.isNonNegative = isNonNegative
    return y
  }

  /// A rectifier whose slopes are parameters.
  private func parametric() throws -> ONNXValue {
    let x = try input()
    let slopes = try requiredConstant(1, "a slope")
    guard slopes.count <= ONNXConstant.limit, let tensor = try spread(slopes, of: x, to: []) else {
      throw Unsupported(reason: "slopes of the shape \(slopes.sizes)")
    }
    let shared = tensor.shape.indices.filter { tensor.shape[$0] == 1 }.map { $0 + 1 }
    let name = importer.layerName(of: slopes, or: "p_re_lu")
    importer.setParameter(name, "alpha") { tensor }
    return try layer(
      PReLU(sharedAxes: shared, name: name), [x], sizes: x.sizes, order: x.order)
  }

  /// x · f(x) as one function, where there is one.
  func gated(_ x: ONNXValue, by gate: ONNXValue) throws -> ONNXValue? {
    guard let function = gate.function, function.argument === x.original else { return nil }
    let gated: any ActivationFunction
    switch function.function {
    case is Sigmoid: gated = SiLU()
    case is HardSigmoid: gated = HardSwish()
    default: return nil
    }
    func activated(_ function: some ActivationFunction) throws -> ONNXValue {
      try layer(
        Activation(function, name: name(or: "activation")), [x], sizes: x.sizes, order: x.order)
    }
    return try activated(gated)
  }

  /// erf(x/√2), a part of GELU.
  func erf() throws -> ONNXValue {
    let x = try input()
    guard case .affine(let base, let affine) = x.source, affine.axis == nil, !affine.hasOffset,
      abs(affine.scale[0] - 0.5.squareRoot()) < 1e-5
    else { throw Unsupported(reason: "an argument other than x/√2, as in GELU") }
    return result(x.sizes, order: x.order, .term(.erf(base.original)))
  }

  /// s·x · (a·erf(x/√2) + a), which is 2·s·a·GELU(x).
  func gaussian(_ x: ONNXValue, _ error: ONNXValue) throws -> ONNXValue? {
    guard case .affine(let term, let affine) = error.source, affine.axis == nil,
      case .term(.erf(let argument)) = term.source,
      abs(affine.scale[0] - affine.offset[0]) < 1e-6 * abs(affine.scale[0])
    else { return nil }
    var (base, scale) = (x, 2 * affine.scale[0])
    if x.original !== argument {
      guard case .affine(let inner, let outer) = x.source, outer.axis == nil, !outer.hasOffset,
        inner.original === argument
      else { return nil }
      (base, scale) = (inner, scale * outer.scale[0])
    }
    let gelu = try ONNXValue(
      x.sizes, order: x.order,
      .tensor(
        Activation(GELU(), name: name(or: "activation"))(importer.tensor(base))),
      isShared: false)
    return result(
      x.sizes, order: x.order,
      .affine(gelu, ONNXAffine(axis: nil, scale: [Self.rounded(scale)], offset: [0])))
  }

  /// A factor that is 1 but for the rounding of constants.
  private static func rounded(_ scale: Double) -> Double { abs(scale - 1) < 1e-6 ? 1 : scale }
}
