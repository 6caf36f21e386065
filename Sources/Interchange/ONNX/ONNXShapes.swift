package import PinionLayers
internal import PinionTensor

extension Activation: ONNXLayer {
  func export(_ call: ONNXCall) {
    call.setOutput(call.input(0, call.layout), call.layout, activation: function)
  }
}

extension PReLU: ONNXLayer {
  func export(_ call: ONNXCall) {
    let layout = call.layout
    let order =
      layout == .channelsFirst ? [call.input.rank - 1] + Array(0..<call.input.rank - 1) : nil
    let slope = call.exporter.parameter("alpha", of: call.node) { alpha in
      order.map { alpha.transposed($0) } ?? alpha
    }
    call.setOutput(call.add("PRelu", [call.input(0, layout), slope]), layout)
  }
}

/// A layer that does nothing outside of training, and of which no node is written.
package protocol ONNXIdentity: Layer {}

extension ONNXLayer where Self: ONNXIdentity {
  func export(_ call: ONNXCall) { call.passThrough() }
}

extension Dropout: ONNXLayer, ONNXIdentity {}
extension ActivityRegularization: ONNXLayer, ONNXIdentity {}
extension SpatialDropout2D: ONNXLayer, ONNXIdentity {}
extension GaussianNoise: ONNXLayer, ONNXIdentity {}
extension GaussianDropout: ONNXLayer, ONNXIdentity {}
extension StochasticDepth: ONNXLayer, ONNXIdentity {}

extension Flatten: ONNXLayer {
  func export(_ call: ONNXCall) {
    guard call.input.rank != 1 else { return call.passThrough() }
    call.setOutput(call.reshaped(call.input(), call.output))
  }
}

extension Reshape: ONNXLayer {
  func export(_ call: ONNXCall) { call.setOutput(call.reshaped(call.input(), call.output)) }
}

extension RepeatVector: ONNXLayer {
  func export(_ call: ONNXCall) {
    let row = call.reshaped(call.input(), [1, call.input[0]])
    call.setOutput(call.add("Tile", [row, call.integers([1, count, 1])]))
  }
}

extension Permute: ONNXLayer {
  func export(_ call: ONNXCall) {
    call.setOutput(call.add("Transpose", [call.input()], [.integers("perm", [0] + axes)]))
  }
}

extension ZeroPadding2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let pads = [
      0, 0, padding.top, padding.left, 0, 0, padding.bottom, padding.right,
    ]
    let y = call.add(
      "Pad", [call.input(0, .channelsFirst), call.integers(pads)], [.string("mode", "constant")])
    call.setOutput(y, .channelsFirst)
  }
}

extension Cropping2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let y = call.add(
      "Slice",
      [
        call.input(0, .channelsFirst), call.integers([cropping.top, cropping.left]),
        call.integers([call.input[0] - cropping.bottom, call.input[1] - cropping.right]),
        call.integers([2, 3]),
      ])
    call.setOutput(y, .channelsFirst)
  }
}

extension UpSampling2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let scales = call.constant(Tensor([1, 1, Float(size.height), Float(size.width)]), "scales")
    let attributes: [ONNXGraph.Attribute] =
      interpolation == .nearest
      ? [
        .string("mode", "nearest"), .string("coordinate_transformation_mode", "asymmetric"),
        .string("nearest_mode", "floor"),
      ] : [.string("mode", "linear"), .string("coordinate_transformation_mode", "half_pixel")]
    let y = call.add("Resize", [call.input(0, .channelsFirst), "", scales], attributes)
    call.setOutput(y, .channelsFirst)
  }
}

extension ONNXCall {
  /// A value with another shape for one sample.
  func reshaped(_ value: String, _ shape: Shape) -> String {
    add("Reshape", [value, integers([0] + shape.dimensions)])
  }

  /// Combines all inputs by an operator of two, with the shapes that NumPy would broadcast.
  fileprivate func merge(_ operation: String) -> String {
    let rank = output.rank
    let layout: ONNXExporter.Layout =
      node.inputShapes.allSatisfy { $0.rank == rank } ? self.layout : .channelsLast
    let inputs = node.inputs.indices.map { index in
      let shape = node.inputShapes[index]
      let value = input(index, layout)
      let missing = [Int](repeating: 1, count: rank - shape.rank)
      return missing.isEmpty ? value : reshaped(value, Shape(missing + shape.dimensions))
    }
    let result = inputs.dropFirst().reduce(inputs[0]) { add(operation, [$0, $1]) }
    setOutput(result, layout)
    return result
  }
}

extension Add: ONNXLayer {
  func export(_ call: ONNXCall) { _ = call.merge("Add") }
}

extension Subtract: ONNXLayer {
  func export(_ call: ONNXCall) { _ = call.merge("Sub") }
}

extension Multiply: ONNXLayer {
  func export(_ call: ONNXCall) { _ = call.merge("Mul") }
}

extension Maximum: ONNXLayer {
  func export(_ call: ONNXCall) { _ = call.merge("Max") }
}

extension Minimum: ONNXLayer {
  func export(_ call: ONNXCall) { _ = call.merge("Min") }
}

extension Average: ONNXLayer {
  func export(_ call: ONNXCall) {
    let sum = call.merge("Add")
    let layout: ONNXExporter.Layout =
      call.exporter.isChannelsFirst(call.node.output) ? .channelsFirst : .channelsLast
    let count = call.scalar(Float(call.node.inputs.count))
    call.setOutput(call.add("Div", [sum, count]), layout)
  }
}

extension Concatenate: ONNXLayer {
  func export(_ call: ONNXCall) {
    let rank = call.input.rank
    let axis = self.axis < 0 ? self.axis + rank + 1 : self.axis
    let isFirst = axis == rank && call.layout == .channelsFirst
    let layout: ONNXExporter.Layout = isFirst ? .channelsFirst : .channelsLast
    let inputs = call.node.inputs.indices.map { call.input($0, layout) }
    call.setOutput(
      call.add("Concat", inputs, [.integer("axis", isFirst ? 1 : axis)]), layout)
  }
}
