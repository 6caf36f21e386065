internal import PinionLayers
internal import PinionTensor

extension ONNXCall {
  /// An axis that counts with the batch as axis 0, or from the end, as one that counts so.
  fileprivate func axis(_ axis: Int) -> Int { axis < 0 ? axis + input.rank + 1 : axis }

  /// The elements of a parameter along axes of a sample, with a length of 1 along all others.
  fileprivate func spread(_ tensor: Tensor, along axes: [Int]) -> Tensor {
    let sizes = (1...max(1, input.rank)).map { axes.contains($0) ? input[$0 - 1] : 1 }
    return tensor.reshaped(to: Shape(sizes))
  }

  /// y · γ + β, where there are any.
  fileprivate func scaled(
    _ value: String, by scale: String?, _ offset: String?, along axes: [Int]
  ) -> String {
    var value = value
    if let scale {
      value = add("Mul", [value, parameter(scale) { spread($0, along: axes) }])
    }
    if let offset {
      value = add("Add", [value, parameter(offset) { spread($0, along: axes) }])
    }
    return value
  }

  /// The mean along axes, which stay with a length of 1.
  fileprivate func reduced(_ operation: String, _ value: String, along axes: [Int]) -> String {
    let attributes: [ONNXGraph.Attribute] =
      operation == "ReduceSum" ? [] : [.integers("axes", axes)]
    let inputs = operation == "ReduceSum" ? [value, integers(axes)] : [value]
    return add(operation, inputs, attributes + [.integer("keepdims", 1)])
  }
}

extension BatchNormalization: ONNXLayer {
  func export(_ call: ONNXCall) {
    let axis = call.axis(self.axis)
    // ONNX normalizes axis 1.
    let isLast = axis == call.input.rank
    guard isLast || axis == 1 else { return exportAffine(call, axis) }
    let layout: ONNXExporter.Layout =
      isLast && call.input.rank > 1 ? .channelsFirst : .channelsLast
    let count = call.input[axis - 1]
    let one = scale ? call.parameter("gamma") : call.constant(.ones([count]), "gamma")
    let zero = center ? call.parameter("beta") : call.constant(.zeros([count]), "beta")
    let y = call.add(
      "BatchNormalization",
      [
        call.input(0, layout), one, zero, call.parameter("moving_mean"),
        call.parameter("moving_variance"),
      ], [.float("epsilon", epsilon)])
    call.setOutput(y, layout)
  }

  /// (x − μ)/√(σ² + ε) · γ + β, for other axes.
  private func exportAffine(_ call: ONNXCall, _ axis: Int) {
    let mean = call.parameter("moving_mean") { call.spread($0, along: [axis]) }
    let deviation = call.parameter("moving_variance") { variance in
      let root = variance.elements.map { Float((Double($0) + epsilon).squareRoot()) }
      return call.spread(Tensor(root), along: [axis])
    }
    let centered = call.add("Sub", [call.input(), mean])
    let normalized = call.add("Div", [centered, deviation])
    call.setOutput(
      call.scaled(
        normalized, by: scale ? "gamma" : nil, center ? "beta" : nil, along: [axis]))
  }
}

extension LayerNormalization: ONNXLayer {
  /// (x − μ)/√(σ² + ε) · γ + β.
  func export(_ call: ONNXCall) {
    let axes = self.axes.map { call.axis($0) }.sorted()
    let x = call.input()
    let centered = call.add("Sub", [x, call.reduced("ReduceMean", x, along: axes)])
    let square = call.add("Mul", [centered, centered])
    let variance = call.reduced("ReduceMean", square, along: axes)
    let deviation = call.add(
      "Sqrt", [call.add("Add", [variance, call.scalar(Float(epsilon))])])
    call.setOutput(
      call.scaled(
        call.add("Div", [centered, deviation]), by: scale ? "gamma" : nil, center ? "beta" : nil,
        along: axes))
  }
}

extension GroupNormalization: ONNXLayer {
  /// An instance normalization of groups as if they were channels, then γ and β of each channel.
  func export(_ call: ONNXCall) {
    let axis = call.axis(self.axis)
    let rank = call.input.rank
    let count = call.input[axis - 1]
    let groups = groups == -1 ? count : groups
    // The axis of the channels first.
    let order = [0, axis] + (1..<rank + 1).filter { $0 != axis }
    let x =
      rank > 1 ? call.add("Transpose", [call.input()], [.integers("perm", order)]) : call.input()
    let parts = call.add("Reshape", [x, call.integers([0, groups, -1])])
    let normalized = call.add(
      "InstanceNormalization",
      [parts, call.constant(.ones([groups]), "ones"), call.constant(.zeros([groups]), "zeros")],
      [.float("epsilon", epsilon)])
    let sizes = order.dropFirst().map { call.input[$0 - 1] }
    var y = call.add("Reshape", [normalized, call.integers([0] + sizes)])
    if rank > 1 {
      let inverse = order.indices.map { axis in order.firstIndex(of: axis) ?? 0 }
      y = call.add("Transpose", [y], [.integers("perm", inverse)])
    }
    call.setOutput(
      call.scaled(y, by: scale ? "gamma" : nil, center ? "beta" : nil, along: [axis]))
  }
}

extension RMSNormalization: ONNXLayer {
  /// x/√(mean x² + ε) · scale.
  func export(_ call: ONNXCall) {
    let axes = [call.axis(axis)]
    let x = call.input()
    let mean = call.reduced("ReduceMean", call.add("Mul", [x, x]), along: axes)
    let root = call.add("Sqrt", [call.add("Add", [mean, call.scalar(Float(epsilon))])])
    call.setOutput(call.scaled(call.add("Div", [x, root]), by: "scale", nil, along: axes))
  }
}

extension UnitNormalization: ONNXLayer {
  /// x · min(1/√(Σ x²), 10¹²).
  func export(_ call: ONNXCall) {
    let x = call.input()
    let axes = self.axes.map { call.axis($0) }
    let length = call.add(
      "Sqrt", [call.reduced("ReduceSum", call.add("Mul", [x, x]), along: axes)])
    let inverse = call.add("Min", [call.add("Reciprocal", [length]), call.scalar(1e12)])
    call.setOutput(call.add("Mul", [x, inverse]))
  }
}

extension Normalization: ONNXLayer {
  /// (x − μ)/max(σ, 10⁻⁷).
  func export(_ call: ONNXCall) {
    let axes = [call.axis(axis)]
    let deviations = variance.map { max($0.squareRoot(), 1e-7) }
    let centered = call.add(
      "Sub", [call.input(), call.constant(call.spread(Tensor(mean), along: axes), "mean")])
    let deviation = call.constant(call.spread(Tensor(deviations), along: axes), "deviation")
    call.setOutput(call.add("Div", [centered, deviation]))
  }
}

extension Rescaling: ONNXLayer {
  func export(_ call: ONNXCall) {
    let layout = call.layout
    let scaled = call.add("Mul", [call.input(0, layout), call.scalar(scale)])
    call.setOutput(call.add("Add", [scaled, call.scalar(offset)]), layout)
  }
}
