internal import PinionLayers
internal import PinionTensor

extension ONNXImporter {
  /// The output of the layers that compute a value, which are decided now.
  func tensor(_ value: ONNXValue) throws -> SymbolicTensor {
    let tensor: SymbolicTensor
    switch value.source {
    case .tensor(let known): return known
    case .weighted(let weighted):
      setParameter(weighted.name, "kernel", weighted.kernel)
      if let bias = weighted.bias { setParameter(weighted.name, "bias", bias) }
      tensor = weighted.layer.output(for: [weighted.input])
    case .normalized(let input, let kind, let axes, let scale, let offset):
      tensor = try normalized(input, kind, axes, scale, offset)
    case .attention(let attention): tensor = try attended(attention)
    case .affine(let input, let affine): tensor = try applied(affine, to: input)
    case .flattened(let image):
      let ordered = try aligned(image, to: Array(image.sizes.indices))
      tensor = Flatten(name: unique("flatten"))(try self.tensor(ordered))
    case .pooled(let input, let isMaximum):
      tensor = try pooled(input, isMaximum: isMaximum, keepDims: value.sizes.count > 1)
    case .padded(let image, let edges, let fill):
      guard fill == 0 else { throw Unsupported(reason: "reads an image padded with \(fill)") }
      tensor = ZeroPadding2D(edges, name: unique("zero_padding2d"))(try self.tensor(image))
    case .term(.square(let x)):
      let x = try self.tensor(x)
      tensor = Multiply(name: unique("multiply"))(x, x)
    case .term(.grouped(let x, _)):
      let ordered = try self.tensor(aligned(x, to: Array(x.sizes.indices)))
      tensor = Reshape(value.sizes, name: unique("reshape"))(ordered)
    case .term(.erf): throw Unsupported(reason: "reads Erf outside of GELU")
    case .term(.view), .term(.scores), .term(.attended):
      throw Unsupported(reason: "reads a part of an attention that is not known")
    case .term: throw Unsupported(reason: "reads a part of a normalization that is not known")
    }
    value.source = .tensor(tensor)
    return tensor
  }

  /// A value with its axes in another order in Pinion.
  func aligned(_ value: ONNXValue, to order: [Int]) throws -> ONNXValue {
    guard value.order != order else { return value }
    let tensor = try tensor(value)
    let result = ONNXValue(value.sizes, order: order, .tensor(tensor))
    result.isNonNegative = value.isNonNegative
    if value.isOrdered, result.isOrdered {
      if value.shape == result.shape { return result }
      let sizes = result.shape.dimensions
      result.source = .tensor(Reshape(sizes, name: unique("reshape"))(tensor))
      return result
    }
    let axes = order.map { (value.order.firstIndex(of: $0) ?? 0) + 1 }
    result.source = .tensor(Permute(axes, name: unique("permute"))(tensor))
    return result
  }

  private func pooled(
    _ input: ONNXValue, isMaximum: Bool, keepDims: Bool
  ) throws -> SymbolicTensor {
    let layer: any Layer
    switch (input.sizes.count, isMaximum) {
    case (3, false):
      layer = GlobalAveragePooling2D(
        keepDims: keepDims, name: unique("global_average_pooling2d"))
    case (3, true):
      layer = GlobalMaxPooling2D(keepDims: keepDims, name: unique("global_max_pooling2d"))
    case (_, false):
      layer = GlobalAveragePooling1D(
        keepDims: keepDims, name: unique("global_average_pooling1d"))
    case (_, true):
      layer = GlobalMaxPooling1D(keepDims: keepDims, name: unique("global_max_pooling1d"))
    }
    return layer.output(for: [try tensor(input)])
  }

  private func normalized(
    _ input: ONNXValue, _ kind: ONNXNormalization, _ axes: [Int], _ scale: Tensor?,
    _ offset: Tensor?
  ) throws -> SymbolicTensor {
    let (hasScale, hasOffset) = (scale != nil, offset != nil)
    let layer: any Layer
    let name: String
    switch kind {
    case .layer(let epsilon):
      name = unique("layer_normalization")
      layer = LayerNormalization(
        axes: axes.map { $0 + 1 }, epsilon: epsilon, center: hasOffset, scale: hasScale,
        name: name)
    case .rootMeanSquare(let epsilon):
      name = unique("rms_normalization")
      guard axes.count == 1, !hasOffset else {
        throw Unsupported(reason: "reads a root mean square of several axes, or with an offset")
      }
      layer = RMSNormalization(axis: axes[0] + 1, epsilon: epsilon, name: name)
      let scale = scale ?? Tensor.ones([input.shape[axes[0]]])
      setParameter(name, "scale") { scale }
    case .group(let groups, let epsilon):
      name = unique("group_normalization")
      layer = GroupNormalization(
        groups: groups, axis: axes[0] + 1, epsilon: epsilon, center: hasOffset, scale: hasScale,
        name: name)
    }
    if let scale { setParameter(name, "gamma") { scale } }
    if let offset { setParameter(name, "beta") { offset } }
    return layer.output(for: [try tensor(input)])
  }

  /// y = a·x + b, as preprocessing if x is an input, else as a normalization by μ = 0 and σ = 1.
  private func applied(
    _ affine: ONNXAffine, to input: ONNXValue
  ) throws -> SymbolicTensor {
    let x = try tensor(input)
    guard !affine.isIdentity else { return x }
    guard affine.scale.allSatisfy({ Float($0).isFinite }),
      affine.offset.allSatisfy({ Float($0).isFinite })
    else { throw Unsupported(reason: "reads a constant that is not finite") }
    guard let axis = affine.axis else {
      return Rescaling(
        Float(affine.scale[0]), offset: Float(affine.offset[0]), name: unique("rescaling"))(x)
    }
    if input.isInput, affine.scale.allSatisfy({ $0 > 1e-6 && $0 < 1e6 }) {
      let mean = zip(affine.scale, affine.offset).map { Float(-$1 / $0) }
      let variance = affine.scale.map { Float(1 / ($0 * $0)) }
      return Normalization(
        mean: mean, variance: variance, axis: axis + 1, name: unique("normalization"))(x)
    }
    let name = unique("batch_normalization")
    let epsilon = 0.001
    setParameter(name, "gamma", affine.scale.map { Float($0) })
    setParameter(name, "beta", affine.offset.map { Float($0) })
    setParameter(name, "moving_mean", affine.scale.map { _ in 0 })
    setParameter(name, "moving_variance", affine.scale.map { _ in Float(1 - epsilon) })
    return BatchNormalization(axis: axis + 1, epsilon: epsilon, name: name)(x)
  }
}
