internal import PinionLayers
internal import PinionTensor

extension ONNXNodeCall {
  /// `Reshape`, `Flatten`, `Squeeze` and `Unsqueeze` of samples.
  func reshape() throws -> ONNXValue {
    let x = try input()
    let sizes = [1] + x.sizes
    let target: [Int]?
    switch node.operation {
    case "Flatten":
      guard (node.integer("axis") ?? 1) == 1 else {
        throw Unsupported(reason: "an axis other than 1")
      }
      target = [1, x.sizes.reduce(1, *)]
    case "Squeeze":
      guard let axes = try integers("axes", 1) else {
        throw Unsupported(reason: "no axes")
      }
      target = ONNXConstant.squeezed(sizes, axes).flatMap { $0.count < sizes.count ? $0 : nil }
      guard !axes.contains(0), !axes.contains(-sizes.count) else {
        throw Unsupported(reason: "the axis of the batch")
      }
    case "Unsqueeze":
      let axes = try integers("axes", 1) ?? []
      target = ONNXConstant.unsqueezed(sizes, axes)
      guard !axes.contains(0) else { throw Unsupported(reason: "an axis before the batch") }
    default: target = try reshapeTarget(x)
    }
    guard let target, target.count > 1 else { throw Unsupported(reason: "this shape") }
    return try reshaped(x, to: Array(target.dropFirst()))
  }

  /// The sizes with 1 for the batch: whatever the first one is, the others hold a sample.
  private func reshapeTarget(_ x: ONNXValue) throws -> [Int]? {
    guard var target = try requiredConstant(1, "a shape").integers, !target.isEmpty else {
      throw Unsupported(reason: "a shape that is no integers")
    }
    let batch = target[0]
    guard batch == ONNXConstant.batch || batch >= -1,
      !target.dropFirst().contains(ONNXConstant.batch)
    else { throw Unsupported(reason: "a shape in which the batch is not the first axis") }
    target[0] = 1
    let sizes = ONNXConstant.reshaped(
      [1] + x.sizes, target, keepsZeros: node.integer("allowzero") == 1)
    guard let sizes else {
      throw Unsupported(reason: "the shape \(target.dropFirst()) for samples \(x.sizes)")
    }
    return sizes
  }

  func reshaped(_ x: ONNXValue, to sizes: [Int]) throws -> ONNXValue {
    guard sizes != x.sizes else { return try view(x) }
    if case .term(.groupNormalized(let base, let groups, let epsilon)) = x.source,
      sizes == base.sizes
    {
      let axis = base.order.firstIndex(of: 0) ?? 0
      return result(
        sizes, order: base.order,
        .normalized(
          base, .group(groups: groups, epsilon: epsilon), axes: [axis], scale: nil,
          offset: nil))
    }
    if sizes.count == 2, sizes[0] < x.sizes[0] || x.sizes.count != 3, x.sizes[0] % sizes[0] == 0 {
      return result(sizes, .term(.grouped(x.original, groups: sizes[0])))
    }
    if sizes.count == 1, case .pooled(let base, let isMaximum) = x.source, !x.isShared,
      x.sizes.count > 1
    {
      return result(sizes, .pooled(base, isMaximum: isMaximum))
    }
    if sizes.count == 1, x.order == ONNXValue.channelsLast, !x.isOrdered {
      return result(sizes, .flattened(x))
    }
    let ordered = x.isOrdered ? x : try importer.aligned(x, to: Array(x.sizes.indices))
    let y =
      sizes.count == 1
      ? try layer(Flatten(name: name(or: "flatten")), [ordered], sizes: sizes)
      : try layer(Reshape(sizes, name: name(or: "reshape")), [ordered], sizes: sizes)
    y.isNonNegative = x.isNonNegative
    return y
  }

  /// The same elements in Pinion, under other axes of ONNX.
  func transpose() throws -> ONNXValue {
    let x = try input()
    let rank = x.sizes.count
    let order = node.integers("perm") ?? Array((0...rank).reversed())
    guard order.sorted() == Array(0...rank), order[0] == 0 else {
      throw Unsupported(reason: "the order \(order)")
    }
    let axes = order.dropFirst().map { $0 - 1 }
    if axes == Array(axes.indices) { return try view(x) }
    if case .flattened = x.source { _ = try importer.tensor(x) }
    if case .pooled = x.source { _ = try importer.tensor(x) }
    if case .padded = x.source { _ = try importer.tensor(x) }
    if case .term = x.source { _ = try importer.tensor(x) }
    // Axis i of the result is axis `axes[i]` of the input.
    return try view(
      x, sizes: axes.map { x.sizes[$0] },
      order: x.order.map { axis in axes.firstIndex(of: axis) ?? 0 })
  }

  func concatenation() throws -> ONNXValue {
    if let sequence = try classToken() { return sequence }
    let inputs = try (0..<operandCount).map { try input($0) }
    let rank = inputs[0].sizes.count
    let axis = try sampleAxis(node.integer("axis") ?? 1, rank)
    guard inputs.allSatisfy({ $0.sizes.count == rank }) else {
      throw Unsupported(reason: "operands of the shapes \(inputs.map(\.sizes))")
    }
    let order = (inputs.first { $0.order == ONNXValue.channelsLast } ?? inputs[0]).order
    let aligned = try inputs.map { try importer.aligned($0, to: order) }
    var sizes = inputs[0].sizes
    sizes[axis] = inputs.reduce(0) { $0 + $1.sizes[axis] }
    let place = order.firstIndex(of: axis) ?? 0
    let y = try layer(
      Concatenate(axis: place == rank - 1 ? -1 : place + 1, name: name(or: "concatenate")),
      aligned, sizes: sizes, order: order)
    y.isNonNegative = inputs.allSatisfy(\.isNonNegative)
    return y
  }

  /// A constant vector prepended to a sequence.
  private func classToken() throws -> ONNXValue? {
    guard operandCount == 2, let tokens = constant(0), let x = value(1), x.sizes.count == 2,
      let token = try sample(tokens), token.sizes == [1, 1, x.sizes[1]],
      try sampleAxis(node.integer("axis") ?? 1, 2) == 0
    else { return nil }
    let name = importer.layerName(of: token, or: "class_token")
    importer.setParameter(name, "token") { try token.tensor()?.flattened() ?? Tensor(0) }
    return try layer(
      ClassToken(name: name), [importer.aligned(x, to: [0, 1])],
      sizes: [x.sizes[0] + 1, x.sizes[1]])
  }

  /// The first of equal constants for each sample of a batch of fixed size; nil if they differ.
  private func sample(_ constant: ONNXConstant) throws -> ONNXConstant? {
    guard let batch = importer.file.batch, batch > 1, constant.sizes.first == batch else {
      return constant
    }
    guard let numbers = try constant.reals(importer.budget) else { return nil }
    let size = numbers.count / batch
    guard numbers.indices.allSatisfy({ numbers[$0] == numbers[$0 % size] }) else { return nil }
    return ONNXConstant([1] + constant.sizes.dropFirst(), .reals(Array(numbers.prefix(size))))
  }

  /// One step of a sequence.
  func step() throws -> ONNXValue {
    let x = try input()
    let indices = try requiredConstant(1, "an index")
    guard x.sizes.count == 2, try sampleAxis(node.integer("axis") ?? 0, 2) == 0,
      indices.count == 1, let index = indices.integers?.first
    else { throw Unsupported(reason: "elements other than one step of a sequence") }
    let (steps, channels) = (x.sizes[0], x.sizes[1])
    let place = index < 0 ? index &+ steps : index
    guard (0..<steps).contains(place) else { throw Unsupported(reason: "the step \(index)") }
    let ordered = try importer.aligned(x, to: [0, 1])
    let rows = try layer(
      Reshape([steps, 1, channels], name: importer.unique("reshape")), [ordered],
      sizes: [steps, 1, channels])
    let row = try layer(
      Cropping2D(
        Edges2D(top: place, bottom: steps - 1 - place, left: 0, right: 0),
        name: importer.unique("cropping2d")), [rows], sizes: [1, 1, channels])
    let sizes = indices.sizes.isEmpty ? [channels] : [1, channels]
    return try layer(
      Reshape(sizes, name: name(or: "reshape")), [row], sizes: sizes)
  }

  /// A padding of images, which may become part of the next layer.
  func padding() throws -> ONNXValue {
    let x = try input()
    let pads = try integers("pads", 1) ?? []
    let fill = try scalar("value", 2) ?? 0
    guard (node.string("mode") ?? "constant") == "constant", !hasOperand(3) else {
      throw Unsupported(reason: "another mode than constant, or axes")
    }
    guard x.sizes.count == 3, pads.count == 8, pads.allSatisfy({ (0...1 << 20).contains($0) })
    else { throw Unsupported(reason: "the padding \(pads) of samples \(x.sizes)") }
    guard !pads.allSatisfy({ $0 == 0 }) else { return try view(x) }
    let channels = (0..<3).filter { pads[$0 + 1] == 0 && pads[$0 + 5] == 0 }
    guard pads[0] == 0, pads[4] == 0, let last = channels.contains(0) ? 0 : channels.first else {
      throw Unsupported(reason: "the padding \(pads)")
    }
    let (height, width) = last == 0 ? (1, 2) : last == 2 ? (0, 1) : (0, 2)
    let image = try importer.aligned(x, to: [height, width, last])
    let edges = Edges2D(
      top: pads[height + 1], bottom: pads[height + 5], left: pads[width + 1],
      right: pads[width + 5])
    let y = result(
      (0..<3).map { x.sizes[$0] + pads[$0 + 1] + pads[$0 + 5] }, order: image.order,
      .padded(image, edges, fill))
    y.isNonNegative = x.isNonNegative && fill >= 0
    return y
  }

  /// A cropping of images.
  func slice() throws -> ONNXValue {
    let x = try input()
    guard let starts = try integers("starts", 1), let ends = try integers("ends", 2) else {
      throw Unsupported(reason: "no starts or ends")
    }
    let axes = try integers("axes", 3) ?? Array(starts.indices)
    let steps = try integers("steps", 4) ?? starts.map { _ in 1 }
    guard ends.count == starts.count, axes.count == starts.count, steps.count == starts.count,
      steps.allSatisfy({ $0 == 1 })
    else { throw Unsupported(reason: "a step other than 1") }
    var cuts = x.sizes.map { (0, $0) }
    let places = try axes.map { try sampleAxis($0, x.sizes.count) }
    guard ONNXConstant.distinct(places, rank: x.sizes.count) != nil else {
      throw Unsupported(reason: "axes that are repeated")
    }
    for (index, axis) in places.enumerated() {
      let range = ONNXConstant.range(starts[index], ends[index], x.sizes[axis])
      guard let first = range.first, let last = range.last else {
        throw Unsupported(reason: "an empty result")
      }
      cuts[axis] = (first, last + 1)
    }
    let cut = cuts.indices.filter { cuts[$0] != (0, x.sizes[$0]) }
    guard !cut.isEmpty else { return try view(x) }
    guard x.sizes.count == 3, cut.count < 3 else {
      throw Unsupported(reason: "a part of samples \(x.sizes)")
    }
    let channel = (0..<3).first { !cut.contains($0) } ?? 0
    let rest = (0..<3).filter { $0 != channel }
    let image = try importer.aligned(x, to: rest + [channel])
    let y = try layer(
      Cropping2D(
        Edges2D(
          top: cuts[rest[0]].0, bottom: x.sizes[rest[0]] - cuts[rest[0]].1,
          left: cuts[rest[1]].0, right: x.sizes[rest[1]] - cuts[rest[1]].1),
        name: name(or: "cropping2d")),
      [image], sizes: cuts.map { $0.1 - $0.0 }, order: image.order)
    y.isNonNegative = x.isNonNegative
    return y
  }
}
