internal import PinionTensor

/// The shared functions of losses that are a mean over the elements of a sample.
enum Elementwise {
  /// Writes Σ fᵢ / n of each sample, f being computed from an output and its target, and fᵢ′ / n.
  ///
  /// Four partial sums in a fixed order, so that their additions overlap.
  @inline(__always)
  static func evaluate(
    _ context: LossContext,
    _ function: (_ output: Double, _ target: Double) -> (value: Double, slope: Double)
  ) {
    require(
      context.targets.count == context.outputs.count
        && (context.gradients?.count ?? context.outputs.count) == context.outputs.count,
      "outputs, targets and gradients of different sizes")
    let size = context.outputs.count / max(1, context.sampleCount)
    let scale = Double(context.gradientScale) / Double(size)
    for sample in 0..<context.sampleCount {
      let outputs = context.outputs.base + sample * size
      let targets = context.targets.base + sample * size
      let gradients = context.gradients.map { $0.base + sample * size }
      @inline(__always) func value(_ i: Int) -> Double {
        let (value, slope) = function(Double(outputs[i]), Double(targets[i]))
        if let gradients { gradients[i] = Float(scale * slope) }
        return value
      }
      var sums = SIMD4<Double>.zero
      var i = 0
      while i + 4 <= size {
        sums += SIMD4(value(i), value(i + 1), value(i + 2), value(i + 3))
        i += 4
      }
      var sum = (sums[0] + sums[1]) + (sums[2] + sums[3])
      while i < size {
        sum += value(i)
        i += 1
      }
      context.losses[sample] = Float(sum / Double(size))
    }
  }

  /// −1, 0 or 1.
  @inline(__always)
  static func sign(_ number: Double) -> Double { number > 0 ? 1 : number < 0 ? -1 : 0 }
}

extension Loss {
  /// Throws ``LayerError`` unless the targets have the output's shape.
  static func requireEqualShapes(_ output: Shape, _ target: Shape, for name: String) throws {
    try requireFlat(output, unlike: target, if: target.rank <= 1)
    try LayerError.require(
      output == target, "\(name) needs targets of the output's shape \(output)",
      received: "targets of shape \(target)")
  }
}
