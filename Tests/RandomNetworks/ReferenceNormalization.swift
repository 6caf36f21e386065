import PinionLayers

/// Batch normalization: y = γ·(x − μ)/√(σ² + ε) + β for each index of one axis.
extension ReferenceNetwork {
  func normalize(
    _ x: [Number], _ layer: BatchNormalization, _ node: Graph.Node, _ shape: [Int],
    isTraining: Bool,
    _ trace: inout Trace
  ) -> [Number] {
    let axis = ReferenceAxis(shape, layer.axis)
    if isTraining {
      (trace.mean, trace.variance) = moments(x, axis)
      let keep = Number(layer.momentum)
      for (name, now) in [("moving_mean", trace.mean), ("moving_variance", trace.variance)] {
        let moving = parameters["\(node.name)/\(name)"] ?? []
        parameters["\(node.name)/\(name)"] = zip(moving, now).map { $0 * keep + $1 * (1 - keep) }
      }
    } else {
      trace.mean = parameters[node.name + "/moving_mean"] ?? []
      trace.variance = parameters[node.name + "/moving_variance"] ?? []
    }
    let (gamma, beta) = (parameters[node.name + "/gamma"], parameters[node.name + "/beta"])
    let normalized = normalized(x, axis, trace, layer)
    return x.indices.map { i in
      let c = axis.place(i)
      return (gamma?[c] ?? 1) * normalized[i] + (beta?[c] ?? 0)
    }
  }

  /// dx and the gradients of γ and β.
  func normalizationGradients(
    _ x: [Number], _ dy: [Number], _ layer: BatchNormalization, _ node: Graph.Node, _ shape: [Int],
    _ trace: Trace
  ) -> [Number] {
    let axis = ReferenceAxis(shape, layer.axis)
    let normalized = normalized(x, axis, trace, layer)
    var dGamma = [Number](repeating: 0, count: axis.count)
    var (dBeta, gammaSums, betaSums) = (dGamma, dGamma, dGamma)
    for i in x.indices {
      let c = axis.place(i)
      dGamma[c] += dy[i] * normalized[i]
      dBeta[c] += dy[i]
      gammaSums[c] += (dy[i] * normalized[i]).magnitude
      betaSums[c] += dy[i].magnitude
    }
    if layer.scale {
      gradients[node.name + "/gamma"] = dGamma
      magnitudes[node.name + "/gamma"] = gammaSums
    }
    if layer.center {
      gradients[node.name + "/beta"] = dBeta
      magnitudes[node.name + "/beta"] = betaSums
    }
    let gamma = parameters[node.name + "/gamma"]
    let m = Number(x.count / axis.count)
    return x.indices.map { i in
      let c = axis.place(i)
      let factor = (gamma?[c] ?? 1) / (trace.variance[c] + Number(layer.epsilon)).squareRoot()
      return factor * (dy[i] - dBeta[c] / m - normalized[i] * dGamma[c] / m)
    }
  }

  private func normalized(
    _ x: [Number], _ axis: ReferenceAxis, _ trace: Trace, _ layer: BatchNormalization
  ) -> [Number] {
    x.indices.map { i in
      let c = axis.place(i)
      return (x[i] - trace.mean[c]) / (trace.variance[c] + Number(layer.epsilon)).squareRoot()
    }
  }

  private func moments(_ x: [Number], _ axis: ReferenceAxis) -> ([Number], [Number]) {
    let m = Number(x.count / axis.count)
    var mean = [Number](repeating: 0, count: axis.count)
    for i in x.indices { mean[axis.place(i)] += x[i] }
    for c in mean.indices { mean[c] /= m }
    var variance = [Number](repeating: 0, count: axis.count)
    for i in x.indices {
      let difference = x[i] - mean[axis.place(i)]
      variance[axis.place(i)] += difference * difference
    }
    for c in variance.indices { variance[c] /= m }
    return (mean, variance)
  }
}

/// The indices of one axis of samples.
struct ReferenceAxis {
  let count, inner: Int

  /// - Parameter axis: Counted with the batch as axis 0, or from the end.
  init(_ shape: [Int], _ axis: Int) {
    let index = (axis < 0 ? axis + shape.count + 1 : axis) - 1
    count = shape[index]
    inner = shape[(index + 1)...].reduce(1, *)
  }

  func place(_ element: Int) -> Int { element / inner % count }
}
