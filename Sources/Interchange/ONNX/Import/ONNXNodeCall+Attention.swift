internal import PinionLayers
internal import PinionTensor

/// Rearrangements, and the products and functions between them that are an attention.
extension ONNXNodeCall {
  typealias Part = ONNXView.Part

  /// The results of a node on rearrangements, or of one that begins with them; nil for others.
  func rearranged() throws -> [ONNXImporter.Operand]? {
    let views = (0..<operandCount).map { index -> ONNXView? in
      if case .term(.view(let view))? = value(index)?.source { view } else { nil }
    }
    guard let first = views.lazy.compactMap({ $0 }).first else { return try beginning() }
    switch node.operation {
    case "Identity": return [wrapped(first)]
    case "Cast":
      try checkCast()
      return [wrapped(first)]
    case "Shape":
      guard let sizes = first.sizes else { break }
      return [.constant(ONNXConstant.shape(sizes, node))]
    case "Mul", "Div":
      guard let factor = try factor() else { break }
      var view = first
      view.scale *= node.operation == "Mul" ? factor : 1 / factor
      return [wrapped(view)]
    case "Add": return [try shifted(first)]
    case "Softmax": return [try normalized(first)]
    case "MatMul" where views.count == 2, "Gemm" where views[0] != nil:
      guard let left = views[0] else { break }
      if let right = views[1] { return [try multiplied(left, right)] }
      return [try projected(left)]
    case "Einsum": return [try einsum(views)]
    default: if let results = try moved(first) { return results }
    }
    throw Unsupported(reason: "a rearrangement that is no attention")
  }

  /// A view that starts here, of a sequence or of a dense layer's output.
  private func beginning() throws -> [ONNXImporter.Operand]? {
    guard let x = value(0), x.sizes.count == 2 else { return nil }
    switch node.operation {
    case "Transpose":
      guard let order = node.integers("perm"), order.first != 0, order.count == 3 else {
        return nil
      }
      return try moved(ONNXView(importer.aligned(x, to: [0, 1])))
    case "Reshape", "Split", "Slice":
      guard case .weighted(let layer) = x.source, case .dense = layer.kind,
        layer.activation == nil
      else { return nil }
      guard node.operation == "Reshape" else { return try moved(ONNXView(x)) }
      guard let target = constant(1)?.integers, target.count > 3 else { return nil }
      return try moved(ONNXView(x))
    case "Einsum" where value(1) == nil:
      return [try einsum([ONNXView(importer.aligned(x, to: [0, 1])), nil])]
    default: return nil
    }
  }

  /// The value of a view: itself if it is not rearranged.
  ///
  /// - Parameter isNew: Whether this node has made it, so that its bias may follow.
  func wrapped(_ view: ONNXView, isNew: Bool = false) -> ONNXImporter.Operand {
    if view.isWhole {
      switch view.base.source {
      case .term: break
      default:
        if isNew, !isShared { return .value(view.base) }
        if let tensor = try? importer.tensor(view.base) {
          return .value(result(view.base.sizes, .tensor(tensor)))
        }
      }
    }
    return .value(result([], .term(.view(view))))
  }

  private func factor() throws -> Double? {
    let places = node.operation == "Mul" ? [0, 1] : [1]
    for place in places {
      if let constant = constant(place), constant.count == 1,
        let value = try constant.reals(importer.budget)?.first, value.isFinite, value != 0
      {
        return Double(value)
      }
    }
    return nil
  }

  /// Operators that move elements.
  private func moved(_ view: ONNXView) throws -> [ONNXImporter.Operand]? {
    let rank = view.axes.count
    func place(_ axis: Int) -> Int { axis < 0 ? axis &+ rank : axis }
    var result: ONNXView?
    switch node.operation {
    case "Transpose": result = view.transposed(node.integers("perm") ?? [])
    case "Reshape":
      result = constant(1)?.integers.flatMap {
        view.reshaped(
          $0, keepsZeros: node.integer("allowzero") == 1, batch: importer.file.batch)
      }
    case "Squeeze": result = try integers("axes", 1).flatMap { view.squeezed($0) }
    case "Unsqueeze": result = try integers("axes", 1).flatMap { view.unsqueezed($0) }
    case "Gather":
      let axis = place(node.integer("axis") ?? 0)
      if let indices = constant(1), indices.count == 1, view.axes.indices.contains(axis),
        var index = indices.integers?.first
      {
        if index < 0 { index &+= ONNXView.size(view.axes[axis]) }
        guard index >= 0, index < .max else { return nil }
        result = view.sliced(axis, index..<index + 1)
        if indices.sizes.isEmpty { result = result?.squeezed([axis]) }
      }
    case "Slice":
      guard let starts = try integers("starts", 1), let ends = try integers("ends", 2),
        starts.count == 1, ends.count == 1, try integers("steps", 4) ?? [1] == [1]
      else { return nil }
      let axis = place(try integers("axes", 3)?.first ?? 0)
      guard view.axes.indices.contains(axis) else { return nil }
      let places = ONNXConstant.range(starts[0], ends[0], ONNXView.size(view.axes[axis]))
      guard let first = places.first, let last = places.last else { return nil }
      result = view.sliced(axis, first..<last + 1)
    case "Split":
      let axis = place(node.integer("axis") ?? 0)
      guard view.axes.indices.contains(axis) else { return nil }
      let size = ONNXView.size(view.axes[axis])
      let count = node.outputs.count
      let sizes = try integers("split", 1) ?? [Int](repeating: size / max(count, 1), count: count)
      guard sizes.count == count, sizes.allSatisfy({ (0...size).contains($0) }),
        sizes.reduce(0, +) == size
      else { return nil }
      var start = 0
      var results: [ONNXImporter.Operand] = []
      for size in sizes {
        guard let part = view.sliced(axis, start..<start + size) else { return nil }
        results.append(wrapped(part))
        start += size
      }
      return results
    default: break
    }
    return result.map { [wrapped($0)] }
  }

  // MARK: Sums

  /// A bias, or the mask of scores that hides later positions.
  private func shifted(_ view: ONNXView) throws -> ONNXImporter.Operand {
    guard let constant = constant(0) ?? constant(1),
      let numbers = try constant.reals(importer.budget),
      constant.sizes.count <= view.axes.count, view.scale == 1
    else { throw Unsupported(reason: "a sum of rearrangements") }
    let missing = view.axes.count - constant.sizes.count
    let sizes = [Int](repeating: 1, count: missing) + constant.sizes
    if case .term(.scores(var attention)) = view.base.source, !attention.isNormalized {
      let (queries, keys) = (sizes[sizes.count - 2], sizes[sizes.count - 1])
      let isMask =
        sizes.dropLast(2).allSatisfy { $0 == 1 } && view.axes.last == attention.keyAxis
        && keys == attention.keys && queries == view.base.sizes[0]
        && numbers.indices.allSatisfy {
          $0 % keys <= $0 / keys ? numbers[$0] == 0 : numbers[$0] <= -1e4
        }
      guard isMask else { throw Unsupported(reason: "a mask other than of later positions") }
      attention.isCausal = true
      return wrapped(view.with(base: view.base.with(.term(.scores(attention)))))
    }
    // Along all channels, whatever their order is, and along nothing else.
    var channels = [0]
    for (size, parts) in zip(sizes, view.axes) {
      guard size > 1 || parts.contains(where: { $0.axis == .channels }) else { continue }
      guard size == ONNXView.size(parts), parts.allSatisfy({ $0.axis == .channels }) else {
        throw Unsupported(reason: "a constant of the shape \(constant.sizes)")
      }
      for part in parts {
        channels = channels.flatMap { start in (0..<part.size).map { start + $0 * part.stride } }
      }
    }
    guard view.offset == 0, channels.sorted() == Array(0..<view.base.sizes[1]),
      numbers.count == channels.count, !view.base.isShared
    else { throw Unsupported(reason: "a constant of the shape \(constant.sizes)") }
    var bias = [Float](repeating: 0, count: channels.count)
    for (channel, number) in zip(channels, numbers) { bias[channel] = number }
    guard let base = view.base.adding(bias) else {
      throw Unsupported(reason: "a constant that follows no product")
    }
    return wrapped(view.with(base: base), isNew: true)
  }

  private func normalized(_ view: ONNXView) throws -> ONNXImporter.Operand {
    let axis = node.integer("axis") ?? -1
    guard case .term(.scores(var attention)) = view.base.source, !attention.isNormalized,
      axis == -1 || axis == view.axes.count - 1, importer.file.opset >= 13,
      view.axes.last == attention.keyAxis
    else { throw Unsupported(reason: "a softmax of a rearrangement that is no attention") }
    attention.isNormalized = true
    attention.scale *= view.scale
    var next = view.with(base: view.base.with(.term(.scores(attention))))
    next.scale = 1
    return wrapped(next)
  }
}
