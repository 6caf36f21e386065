import PinionLayers

/// Layers whose outputs are weighted sums of the inputs, with weights that do not depend on these:
/// shapes, borders and means.
extension ReferenceNetwork {
  /// A term of an output of a sample, w·x.
  struct Term {
    let output, input: Int
    var weight: Number = 1
  }

  /// y = Σ w·x over the terms of each input.
  ///
  /// - Parameter areOfBatch: Whether the terms are those of the batch, not of each sample.
  func weighted(
    _ call: Call, to shape: [Int], _ terms: [[Term]], areOfBatch: Bool = false
  ) -> Result {
    let count = areOfBatch ? 1 : batch
    let size = batch / count * shape.reduce(1, *)
    let sizes = call.inputs.map { $0.count / count }
    var y = [Number](repeating: 0, count: count * size)
    for (k, terms) in terms.enumerated() {
      let x = call.inputs[k]
      for sample in 0..<count {
        for term in terms {
          y[sample * size + term.output] += term.weight * x[sample * sizes[k] + term.input]
        }
      }
    }
    return Result(shape: shape, values: y) { dy in
      terms.enumerated().map { k, terms in
        var dx = [Number](repeating: 0, count: count * sizes[k])
        for sample in 0..<count {
          for term in terms {
            dx[sample * sizes[k] + term.input] += term.weight * dy[sample * size + term.output]
          }
        }
        return dx
      }
    }
  }

  func shaping(_ layer: any Layer, _ call: Call) -> Result? {
    let shape = call.shape
    let size = shape.reduce(1, *)
    let inPlace = (0..<size).map { Term(output: $0, input: $0) }
    switch layer {
    case is Flatten: return weighted(call, to: [size], [inPlace])
    case let layer as Reshape:
      let known = layer.shape.filter { $0 > 0 }.reduce(1, *)
      return weighted(call, to: layer.shape.map { $0 < 0 ? size / known : $0 }, [inPlace])
    case let layer as RepeatVector:
      let terms = (0..<layer.count * size).map { Term(output: $0, input: $0 % size) }
      return weighted(call, to: [layer.count, size], [terms])
    case let layer as Permute:
      let result = layer.axes.map { shape[$0 - 1] }
      let terms = (0..<size).map { output in
        let places = Self.indices(of: output, in: result)
        var source = [Int](repeating: 0, count: shape.count)
        for (place, axis) in zip(places, layer.axes) { source[axis - 1] = place }
        return Term(output: output, input: Self.element(at: source, in: shape))
      }
      return weighted(call, to: result, [terms])
    case let layer as ZeroPadding2D:
      let edges = layer.padding
      let result = [
        shape[0] + edges.top + edges.bottom, shape[1] + edges.left + edges.right, shape[2],
      ]
      let terms = (0..<size).map { input in
        let i = Self.indices(of: input, in: shape)
        return Term(
          output: Self.element(at: [i[0] + edges.top, i[1] + edges.left, i[2]], in: result),
          input: input)
      }
      return weighted(call, to: result, [terms])
    case let layer as Cropping2D:
      let edges = layer.cropping
      let result = [
        shape[0] - edges.top - edges.bottom, shape[1] - edges.left - edges.right, shape[2],
      ]
      let terms = (0..<result.reduce(1, *)).map { output in
        let i = Self.indices(of: output, in: result)
        return Term(
          output: output,
          input: Self.element(at: [i[0] + edges.top, i[1] + edges.left, i[2]], in: shape))
      }
      return weighted(call, to: result, [terms])
    case let layer as UpSampling2D: return enlarged(layer, call)
    default: return nil
    }
  }

  private func enlarged(_ layer: UpSampling2D, _ call: Call) -> Result {
    let shape = call.shape
    let result = [shape[0] * layer.size.height, shape[1] * layer.size.width, shape[2]]
    /// The places that an output is between, and how much of each it is.
    func sources(_ output: Int, _ factor: Int, _ count: Int) -> [(place: Int, weight: Double)] {
      guard layer.interpolation == .bilinear else { return [(output / factor, 1)] }
      let center = min(max((Double(output) + 0.5) / Double(factor) - 0.5, 0), Double(count - 1))
      let low = Int(center)
      let part = center - Double(low)
      return [(low, 1 - part), (min(low + 1, count - 1), part)]
    }
    var terms: [Term] = []
    for i in 0..<result[0] {
      for j in 0..<result[1] {
        for row in sources(i, layer.size.height, shape[0]) {
          for column in sources(j, layer.size.width, shape[1]) {
            for c in 0..<shape[2] {
              terms.append(
                Term(
                  output: (i * result[1] + j) * shape[2] + c,
                  input: (row.place * shape[1] + column.place) * shape[2] + c,
                  weight: Number(row.weight * column.weight)))
            }
          }
        }
      }
    }
    return weighted(call, to: result, [terms])
  }

  static func indices(of element: Int, in shape: [Int]) -> [Int] {
    var (rest, result) = (element, shape)
    for axis in shape.indices.reversed() {
      result[axis] = rest % shape[axis]
      rest /= shape[axis]
    }
    return result
  }

  static func element(at indices: [Int], in shape: [Int]) -> Int {
    zip(indices, shape).reduce(0) { $0 * $1.1 + $1.0 }
  }
}
