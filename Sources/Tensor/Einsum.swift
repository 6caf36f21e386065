extension TensorOf where Scalar: RealScalar {
  /// The Einstein summation of the operands, as NumPy's `einsum`: `einsum("ij,jk->ik", a, b)` is a
  /// matrix product, `einsum("ii", a)` a trace, `einsum("bij->bji", a)` a transposition.
  ///
  /// Each letter is an axis. Those on both sides of `->` stay, others are summed over; a letter
  /// twice in one operand is its diagonal. Without `->`, the letters that occur once stay, in
  /// alphabetical order. Reduced to transpositions and one batched ``matmul(_:)``, or a product
  /// of elements.
  ///
  /// Traps on subscripts that are not of this form, such as those with an ellipsis, and on operands
  /// whose shapes do not fit them.
  public static func einsum(_ subscripts: String, _ operands: Self...) -> Self {
    let sum = EinsteinSum(subscripts, shapes: operands.map(\.shape))
    let parts = zip(operands, sum.inputs).map { Labeled(tensor: $0, labels: $1).diagonal() }
    if parts.count == 1 { return parts[0].arranged(as: sum.output) }
    return Labeled.product(parts[0], parts[1], keeping: sum.output).arranged(as: sum.output)
  }
}

/// Parsed subscripts: the letters of the axes of each operand and of the result.
private struct EinsteinSum {
  let inputs: [[Character]]
  let output: [Character]

  init(_ subscripts: String, shapes: [Shape]) {
    let text = subscripts.filter { $0 != " " }
    let failure = { "einsum: \"\(subscripts)\" for shapes \(shapes)" }
    let sides = text.split(separator: "->", omittingEmptySubsequences: false)
    let operands = sides[0].split(separator: ",", omittingEmptySubsequences: false)
    inputs = operands.map { Array($0) }
    require(sides.count <= 2 && 1...2 ~= inputs.count && inputs.count == shapes.count, failure())
    var sizes: [Character: Int] = [:]
    for (labels, shape) in zip(inputs, shapes) {
      require(labels.count == shape.rank, failure())
      for (label, size) in zip(labels, shape) {
        require(label.isASCII && label.isLetter && sizes[label, default: size] == size, failure())
        sizes[label] = size
      }
    }
    let all = inputs.flatMap { $0 }
    if sides.count == 2 {
      output = Array(sides[1])
      require(
        Set(output).count == output.count && output.allSatisfy { sizes[$0] != nil }, failure())
    } else {
      output = Set(all).filter { label in all.count { $0 == label } == 1 }.sorted()
    }
  }
}

/// A tensor with a letter for each axis.
private struct Labeled<Scalar: RealScalar> {
  var tensor: TensorOf<Scalar>
  var labels: [Character]

  /// The diagonal along letters that occur twice.
  func diagonal() -> Labeled {
    var unique: [Character] = []
    for label in labels where !unique.contains(label) { unique.append(label) }
    guard unique.count < labels.count else { return self }
    let own = tensor.shape.strides
    let strides = unique.map { label in
      labels.indices.filter { labels[$0] == label }.reduce(0) { $0 + own[$1] }
    }
    let shape = Shape(
      unique.map { label in labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1 })
    let pair = StridedPair(shape: shape, left: shape.strides, right: strides)
    let result = TensorOf<Scalar>(writing: shape) { target in
      tensor.read { unsafe pair.copy(to: target.base, from: $0.base) }
    }
    return Labeled(tensor: result, labels: unique)
  }

  /// Summed over the letters that a set does not hold.
  func summed(keeping kept: Set<Character>) -> Labeled {
    let axes = labels.indices.filter { !kept.contains(labels[$0]) }
    guard !axes.isEmpty else { return self }
    return Labeled(
      tensor: tensor.sum(along: Axes(axes)), labels: labels.filter { kept.contains($0) })
  }

  /// Summed over letters that are not in the output, with its axes in that order.
  func arranged(as output: [Character]) -> TensorOf<Scalar> {
    summed(keeping: Set(output)).ordered(output).tensor
  }

  private func ordered(_ order: [Character]) -> Labeled {
    guard order != labels else { return self }
    return Labeled(
      tensor: tensor.transposed(order.compactMap { labels.firstIndex(of: $0) }), labels: order)
  }

  private func size(_ labels: [Character]) -> Int {
    labels.reduce(1) { product, label in
      product * (self.labels.firstIndex(of: label).map { tensor.shape[$0] } ?? 1)
    }
  }

  /// The product of two tensors, summed over the letters of both that are not kept.
  static func product(_ left: Labeled, _ right: Labeled, keeping output: [Character]) -> Labeled {
    let left = left.summed(keeping: Set(output).union(right.labels))
    let right = right.summed(keeping: Set(output).union(left.labels))
    let shared = left.labels.filter { right.labels.contains($0) }
    let batch = shared.filter { output.contains($0) }
    let inner = shared.filter { !output.contains($0) }
    let rows = left.labels.filter { !shared.contains($0) }
    let columns = right.labels.filter { !shared.contains($0) }
    let (m, n, k) = (left.size(rows), right.size(columns), left.size(inner))
    let stack = left.size(batch)
    let a = left.ordered(batch + rows + inner).tensor.reshaped(to: [stack, m, k])
    let transposed = n > 1 && k > 1 && right.labels == batch + columns + inner
    let b =
      transposed
      ? right.tensor.reshaped(to: [stack, n, k])
      : right.ordered(batch + inner + columns).tensor.reshaped(to: [stack, k, n])
    // Without sums, a stack of matrix products would be one call for each few elements.
    let product =
      k == 1 && stack > 1
      ? a * b
      : TensorOf.product(
        a, b, transposed: transposed, named: "einsum: \(left.labels) and \(right.labels)")
    let sizes =
      (batch + rows).map { left.size([$0]) } + columns.map { right.size([$0]) }
    return Labeled(
      tensor: product.reshaped(to: Shape(sizes)), labels: batch + rows + columns)
  }
}
