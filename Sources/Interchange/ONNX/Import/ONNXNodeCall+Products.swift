internal import PinionLayers
internal import PinionTensor

/// Products of rearrangements: with a matrix, and the two of an attention.
extension ONNXNodeCall {
  /// `MatMul` and `Gemm` by a matrix.
  func projected(_ view: ONNXView) throws -> ONNXImporter.Operand {
    let matrix = try requiredConstant(1, "a matrix")
    guard matrix.sizes.count == 2, (node.integer("transA") ?? 0) == 0 else {
      throw Unsupported(reason: "a matrix \(matrix.sizes)")
    }
    let isTransposed = (node.integer("transB") ?? 0) != 0
    let alpha = node.float("alpha") ?? 1
    return try projected(view, matrix, units: matrix.sizes[isTransposed ? 0 : 1]) {
      guard let kernel = try matrix.tensor() else { return Tensor(0) }
      let turned = isTransposed ? kernel.transposed() : kernel
      return alpha == 1 ? turned : turned * alpha
    }
  }

  /// A dense layer on the last axis.
  ///
  /// - Parameters:
  ///   - stored: The constant that the kernel, (channels, units), is made of.
  private func projected(
    _ view: ONNXView, _ stored: ONNXConstant, units: Int,
    kernel matrix: @escaping () throws -> Tensor
  ) throws -> ONNXImporter.Operand {
    guard view.offset == 0,
      view.axes.dropLast().allSatisfy({ $0.allSatisfy { $0.axis != .channels } }),
      view.axes.last == Part.channels(view.base.sizes[1])
    else { throw Unsupported(reason: "a product with a part of the channels") }
    guard units > 0, stored.count % units == 0, stored.count / units == view.base.sizes[1] else {
      throw Unsupported(reason: "\(stored.sizes) for \(view.base.sizes[1]) channels")
    }
    let scale = Float(view.scale)
    let kernel: () throws -> Tensor = { scale == 1 ? try matrix() : try matrix() * scale }
    let sizes = [view.base.sizes[0], units]
    var base: ONNXValue
    if case .term(.attended(let attention)) = view.base.source {
      base = result(
        sizes,
        .attention(ONNXProjectedAttention(attention: attention, kernel: kernel, width: units)))
    } else {
      let name = importer.layerName(of: stored, or: "dense")
      let input = try importer.aligned(view.base, to: [0, 1])
      base = result(
        sizes,
        .weighted(
          ONNXWeightedLayer(
            kind: .dense, name: name, input: try importer.tensor(input), width: units,
            kernel: kernel, origin: input.original)))
    }
    if node.operation == "Gemm", hasOperand(2) {
      guard let numbers = try reals(2), numbers.count == units,
        let shifted = base.adding(numbers.map { $0 * (node.float("beta") ?? 1) })
      else { throw Unsupported(reason: "a bias of another shape") }
      base = shifted
    }
    var next = ONNXView(base, axes: view.axes)
    next.axes[next.axes.count - 1] = Part.channels(units)
    return wrapped(next, isNew: true)
  }

  /// Scores, or means of values weighted by them.
  func multiplied(_ left: ONNXView, _ right: ONNXView) throws -> ONNXImporter.Operand {
    let rank = left.axes.count
    guard rank == right.axes.count, rank > 2,
      let (lead, head) = left.heads, let (other, otherHead) = right.heads, lead == other
    else { throw Unsupported(reason: "a product of rearrangements that is no attention") }
    let heads = head?.size ?? 1
    if case .term(.scores(var attention)) = left.base.source {
      let width = right.axes[rank - 1]
      guard attention.isNormalized, left.scale == 1,
        left.axes[rank - 2] == Part.steps(left.base.sizes[0]),
        left.axes[rank - 1] == attention.keyAxis,
        right.axes[rank - 2] == Part.steps(right.base.sizes[0]),
        ONNXView.size(right.axes[rank - 2]) == ONNXView.size(left.axes[rank - 1]),
        let value = ONNXAttention.Projection(right, head: otherHead, width: width)
      else { throw Unsupported(reason: "a product with scores that is no attention") }
      attention.value = value
      let base = result(
        [left.base.sizes[0], heads * value.width], .term(.attended(attention)))
      var view = ONNXView(base, axes: lead + [left.axes[rank - 2], Part.channels(value.width)])
      view.setHeads(stride: value.width)
      view.scale = right.scale
      return wrapped(view)
    }
    guard left.axes[rank - 2] == Part.steps(left.base.sizes[0]),
      right.axes[rank - 1] == Part.steps(right.base.sizes[0]),
      let query = ONNXAttention.Projection(left, head: head, width: left.axes[rank - 1]),
      let key = ONNXAttention.Projection(right, head: otherHead, width: right.axes[rank - 2]),
      query.width == key.width
    else { throw Unsupported(reason: "a product of rearrangements that is no attention") }
    let attention = ONNXAttention(
      query: query, key: key, keys: right.base.sizes[0], scale: left.scale * right.scale)
    let base = result([left.base.sizes[0], heads], .term(.scores(attention)))
    return wrapped(
      ONNXView(base, axes: lead + [left.axes[rank - 2], attention.keyAxis]))
  }

  /// Products by the labels of axes, as Keras writes them.
  func einsum(_ views: [ONNXView?]) throws -> ONNXImporter.Operand {
    let sides = (node.string("equation") ?? "").filter { $0 != " " }.split(separator: "-")
    let inputs = sides.first?.split(separator: ",").map(Array.init) ?? []
    let output = sides.last.map { Array($0.dropFirst()) } ?? []
    guard sides.count == 2, sides[1].first == ">", inputs.count == 2, views.count == 2,
      let left = views[0], left.axes.count == inputs[0].count,
      inputs.allSatisfy({ Set($0).count == $0.count }), Set(output).count == output.count
    else { throw Unsupported(reason: "this equation") }
    let common = inputs[0].filter { inputs[1].contains($0) }
    let summed = common.filter { !output.contains($0) }
    guard let right = views[1] else {
      return try projected(left, inputs, output, summed: summed, common: common)
    }
    // With the axis of the keys, or of the values' channels, last.
    guard summed.count == 1, right.axes.count == inputs[1].count, let last = output.last else {
      throw Unsupported(reason: "this equation")
    }
    let lead = output.filter { common.contains($0) }
    let isScores = if case .term(.scores) = left.base.source { true } else { false }
    let swaps = !isScores && inputs[0].contains(last)
    let (a, b) = swaps ? (right, left) : (left, right)
    let (aLabels, bLabels) = swaps ? (inputs[1], inputs[0]) : (inputs[0], inputs[1])
    let rows = aLabels.filter { !common.contains($0) }
    let columns = bLabels.filter { !common.contains($0) }
    func ordered(_ view: ONNXView, _ labels: [Character], _ order: [Character]) -> ONNXView? {
      view.transposed(order.compactMap { label in labels.firstIndex(of: label) })
    }
    guard rows.count == 1, columns.count == 1,
      let first = ordered(a, aLabels, lead + rows + summed),
      let second = ordered(b, bLabels, lead + summed + columns),
      case .value(let product) = try multiplied(first, second),
      case .term(.view(let view)) = product.source,
      let turned = ordered(view, lead + rows + columns, output)
    else { throw Unsupported(reason: "this equation") }
    return wrapped(turned)
  }

  /// `abc,cde->abde` and `abcd,cde->abe`.
  private func projected(
    _ left: ONNXView, _ inputs: [[Character]], _ output: [Character], summed: [Character],
    common: [Character]
  ) throws -> ONNXImporter.Operand {
    let matrix = try requiredConstant(1, "a kernel")
    let units = inputs[1].filter { !common.contains($0) }
    let kept = inputs[0].filter { !common.contains($0) }
    guard common == summed, !summed.isEmpty, matrix.sizes.count == inputs[1].count,
      inputs[1] == summed + units, inputs[0] == kept + summed, output == kept + units
    else { throw Unsupported(reason: "this equation") }
    let sizes = matrix.sizes.suffix(units.count)
    guard let width = ONNXConstant.product(Array(sizes)), width > 0 else {
      throw Unsupported(reason: "a kernel of the shape \(matrix.sizes)")
    }
    var view = left
    let joined = ONNXView.joined(left.axes.suffix(summed.count).flatMap { $0 })
    view.axes = left.axes.dropLast(summed.count) + [joined]
    let rows = ONNXView.size(joined)
    let product = try projected(view, matrix, units: width) {
      try matrix.tensor()?.reshaped(to: [rows, width]) ?? Tensor(0)
    }
    guard case .value(let product) = product else { return product }
    guard units.count > 1 else { return .value(product) }
    var next: ONNXView
    if case .term(.view(let rearranged)) = product.source {
      next = rearranged
    } else {
      next = ONNXView(product)
    }
    var stride = width
    let parts = sizes.map { size -> [Part] in
      stride /= max(size, 1)
      return ONNXView.joined([Part(axis: .channels, stride: stride, size: size)])
    }
    next.axes = next.axes.dropLast() + parts
    return wrapped(next)
  }
}
