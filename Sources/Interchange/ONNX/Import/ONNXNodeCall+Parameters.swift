internal import PinionLayers
internal import PinionTensor

extension ONNXNodeCall {
  /// A dense layer: `Gemm`, or `MatMul` with a matrix; or products of vectors of two values.
  func product() throws -> ONNXValue {
    let x = try input()
    if let y = value(1) { return try product(x, y) }
    let weights = try requiredConstant(1, "a matrix")
    let rank = x.sizes.count
    guard weights.sizes.count == 2, rank > 0, (node.integer("transA") ?? 0) == 0 else {
      throw Unsupported(reason: "a matrix of the shape \(weights.sizes)")
    }
    let isTransposed = (node.integer("transB") ?? 0) != 0
    let (inputs, units) =
      isTransposed
      ? (weights.sizes[1], weights.sizes[0]) : (weights.sizes[0], weights.sizes[1])
    guard inputs == x.sizes.last, inputs > 0, units > 0 else {
      throw Unsupported(reason: "a matrix \(weights.sizes) for samples \(x.sizes)")
    }
    let (alpha, beta) = (node.float("alpha") ?? 1, node.float("beta") ?? 1)
    // The rows of an image that was flattened channels first.
    var image: ONNXValue?
    if case .flattened(let value) = x.source { image = value }
    let sizes = image?.sizes
    let kernel: () throws -> Tensor = {
      guard var kernel = try weights.tensor() else { return Tensor(0) }
      if isTransposed { kernel = kernel.transposed() }
      if let sizes {
        kernel = kernel.reshaped(to: Shape(sizes + [units])).transposed([1, 2, 0, 3])
          .reshaped(to: [inputs, units])
      }
      return alpha == 1 ? kernel : kernel * alpha
    }
    let tensor: SymbolicTensor
    if let image {
      tensor = Flatten(name: importer.unique("flatten"))(try importer.tensor(image))
    } else {
      tensor = try importer.tensor(importer.aligned(x, to: Array(x.sizes.indices)))
    }
    var bias: [Float]?
    if hasOperand(2) {
      let constant = try requiredConstant(2, "a bias")
      guard let numbers = try constant.reals(importer.budget), [1, units].contains(numbers.count),
        constant.sizes.last ?? 1 == numbers.count
      else { throw Unsupported(reason: "a bias of the shape \(constant.sizes)") }
      bias = (0..<units).map { beta * numbers[numbers.count == 1 ? 0 : $0] }
    }
    let name = importer.layerName(of: weights, or: "dense")
    return result(
      x.sizes.dropLast() + [units],
      .weighted(
        ONNXWeightedLayer(
          kind: .dense, name: name, input: tensor, width: units, kernel: kernel,
          origin: image == nil ? x.original : nil, bias: bias)))
  }

  /// The matrix products of two values, sample by sample.
  private func product(_ x: ONNXValue, _ y: ONNXValue) throws -> ONNXValue {
    guard node.operation == "MatMul", x.sizes.count == 2, y.sizes.count == 2,
      x.sizes[1] == y.sizes[0]
    else { throw Unsupported(reason: "a product of samples \(x.sizes) and \(y.sizes)") }
    func axis(_ value: ONNXValue, _ axis: Int) -> Int {
      (value.order.firstIndex(of: axis) ?? 0) + 1
    }
    return try layer(
      Dot(axes: [axis(x, 1), axis(y, 0)], name: name(or: "dot")), [x, y],
      sizes: [x.sizes[0], y.sizes[1]])
  }

  func batchNormalization() throws -> ONNXValue {
    let x = try input()
    guard (node.integer("training_mode") ?? 0) == 0, !x.sizes.isEmpty else {
      throw Unsupported(reason: "training, or samples without channels")
    }
    let parts = try (1...4).map { try requiredConstant($0, "a parameter") }
    guard parts.allSatisfy({ $0.sizes == [x.sizes[0]] }) else {
      throw Unsupported(reason: "parameters \(parts.map(\.sizes)) for \(x.sizes[0]) channels")
    }
    var input = x
    if case .flattened = x.source { _ = try importer.tensor(x) }
    if case .affine = x.source, x.isShared { _ = try importer.tensor(x) }
    input = try importer.aligned(x, to: x.order)
    let axis = (input.order.firstIndex(of: 0) ?? 0) + 1
    let name = importer.layerName(of: parts[0], or: "batch_normalization")
    for (part, parameter) in zip(parts, ["gamma", "beta", "moving_mean", "moving_variance"]) {
      importer.setParameter(name, parameter) { try part.tensor() ?? Tensor(0) }
    }
    let normalization = BatchNormalization(
      axis: axis == x.sizes.count ? -1 : axis, momentum: Double(node.float("momentum") ?? 0.9),
      epsilon: Double(node.float("epsilon") ?? 1e-5), name: name)
    return try layer(normalization, [input], sizes: x.sizes, order: x.order)
  }

  func layerNormalization() throws -> ONNXValue {
    let x = try input()
    let first = try sampleAxis(node.integer("axis") ?? -1, x.sizes.count)
    let axes = Array(first..<x.sizes.count)
    let places = axes.map { axis in x.order.firstIndex(of: axis) ?? 0 }.sorted()
    func numbers(_ index: Int) throws -> Tensor? {
      guard hasOperand(index) else { return nil }
      let constant = try requiredConstant(index, "a parameter")
      guard let tensor = try spread(constant, of: x, to: places) else {
        throw Unsupported(reason: "a parameter of the shape \(constant.sizes)")
      }
      return tensor.reshaped(to: Shape(places.map { x.shape[$0] }))
    }
    return result(
      x.sizes, order: x.order,
      .normalized(
        x, .layer(epsilon: Double(node.float("epsilon") ?? 1e-5)), axes: places,
        scale: try numbers(1), offset: try numbers(2)))
  }

  func groupNormalization() throws -> ONNXValue {
    let x = try input()
    guard let scale = try reals(1), let offset = try reals(2),
      let channels = x.sizes.first
    else { throw Unsupported(reason: "parameters that depend on the input") }
    let epsilon = Double(node.float("epsilon") ?? 1e-5)
    let isInstance = node.operation == "InstanceNormalization"
    // Groups as if they were channels.
    if isInstance, case .term(.grouped(let base, let groups)) = x.source,
      scale.allSatisfy({ $0 == 1 }), offset.allSatisfy({ $0 == 0 })
    {
      return result(
        x.sizes, order: x.order,
        .term(.groupNormalized(base, groups: groups, epsilon: epsilon)))
    }
    let groups = isInstance ? -1 : node.integer("num_groups") ?? 0
    guard scale.count == channels, offset.count == channels else {
      throw Unsupported(reason: "\(scale.count) parameters for \(channels) channels")
    }
    let axis = x.order.firstIndex(of: 0) ?? 0
    return result(
      x.sizes, order: x.order,
      .normalized(
        x, .group(groups: groups, epsilon: epsilon), axes: [axis], scale: Tensor(scale),
        offset: Tensor(offset)))
  }

  /// Upsampling of images by integer factors.
  func resizing() throws -> ONNXValue {
    let x = try input()
    guard x.sizes.count == 3 else { throw Unsupported(reason: "samples \(x.sizes), not images") }
    let isUpsample = node.operation == "Upsample"
    var factors: [Float] = []
    if let scales = try reals(isUpsample ? 1 : 2), !scales.isEmpty {
      factors = scales
    } else if let sizes = constant(3)?.integers, sizes.count == 4 {
      factors = [1] + zip(sizes.dropFirst(), x.sizes).map { Float($0) / Float($1) }
    }
    guard factors.count == 4, factors[0] == 1, factors[1] == 1,
      let height = Int(exactly: factors[2]), let width = Int(exactly: factors[3]),
      (1...1 << 16).contains(height), (1...1 << 16).contains(width)
    else { throw Unsupported(reason: "the factors \(factors)") }
    let mode = node.string("mode") ?? "nearest"
    let place =
      node.string("coordinate_transformation_mode")
      ?? (isUpsample || importer.file.opset < 11 ? "asymmetric" : "half_pixel")
    let rounding = node.string("nearest_mode") ?? "round_prefer_floor"
    let interpolation: UpSampling2D.Interpolation
    switch (mode, place) {
    case ("nearest", "half_pixel") where rounding.hasPrefix("round_prefer"):
      interpolation = .nearest
    case ("nearest", "asymmetric") where rounding == "floor" || isUpsample:
      interpolation = .nearest
    case ("linear", "half_pixel"), ("linear", "pytorch_half_pixel"): interpolation = .bilinear
    default: throw Unsupported(reason: "\(mode), \(place), \(rounding)")
    }
    let image = try importer.aligned(x, to: ONNXValue.channelsLast)
    let y = try layer(
      UpSampling2D(
        Size2D(height, width), interpolation: interpolation, name: name(or: "up_sampling2d")),
      [image], sizes: [x.sizes[0], x.sizes[1] * height, x.sizes[2] * width], order: image.order)
    y.isNonNegative = x.isNonNegative
    return y
  }

  /// An embedding: rows of a table.
  func embedding() throws -> ONNXValue {
    let table = try requiredConstant(0, "a table")
    let x = try input(1)
    guard table.sizes.count == 2, (node.integer("axis") ?? 0) == 0 else {
      throw Unsupported(reason: "elements of a constant of the shape \(table.sizes)")
    }
    let indices = try importer.aligned(x, to: Array(x.sizes.indices))
    let name = importer.layerName(of: table, or: "embedding")
    importer.setParameter(name, "embeddings") { try table.tensor() ?? Tensor(0) }
    return try layer(
      Embedding(table.sizes[0], table.sizes[1], name: name), [indices],
      sizes: x.sizes + [table.sizes[1]])
  }
}
