public import PinionTensor

/// Concatenates the inputs along an axis. As Keras 3's `Concatenate`.
public struct Concatenate: Layer {
  /// The axis, counted from 1, as 0 is the batch's, or negative and counted from the end. Default:
  /// the last.
  public var axis: Int
  public var name: String?

  public init(axis: Int = -1, name: String? = nil) {
    self.axis = axis
    self.name = name
  }

  public var combinesInputs: Bool { true }

  public var inputCount: ClosedRange<Int> { 1...Int.max }

  /// The common shape of the inputs, with the sum of their sizes along the axis.
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let rank = inputs[0].rank + 1
    try LayerError.require(
      (1..<rank).contains(axis < 0 ? axis + rank : axis),
      "an axis in 1..<\(rank), or negative and counted from the end, but not the batch's",
      received: "axis \(axis) for an input of shape \(inputs[0])")
    let place = place(in: inputs[0])
    var sizes = inputs[0].dimensions
    sizes[place] = 0
    for input in inputs {
      var others = input.dimensions
      if others.count == sizes.count { others[place] = sizes[place] }
      try LayerError.require(
        others == sizes, "inputs of equal shapes but for axis \(axis)",
        received: inputs.map(\.description).joined(separator: ", "))
      let (sum, overflows) = sizes[place].addingReportingOverflow(input[place])
      try LayerError.require(
        !overflows, "an output with \(SizeLimits.shapeRequirement)",
        received: "\(inputs.count) inputs like \(input)")
      sizes[place] = sum
    }
    return Shape(sizes)
  }

  /// y = x₀, x₁, …; dxᵢ = its part of dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    let place = place(in: pass.output)
    var program = LayerProgram(pass)
    program.backwardReads = []
    if place == pass.output.rank - 1 { program.channelShift = .shifts }
    // The number of contiguous elements of each input in the output.
    let lengths = pass.inputs.map { $0.dropFirst(place).reduce(1, *) }
    let length = lengths.reduce(0, +)
    program.forward = [
      .samples { context in
        let (inputs, y) = (context.inputs, context.output)
        var start = 0
        for (x, count) in zip(inputs, lengths) {
          for row in 0..<y.count / length {
            let part = y[row * length + start..<row * length + start + count]
            part.copy(from: x[row * count..<(row + 1) * count])
          }
          start += count
        }
      }
    ]
    program.backward = [
      .samples { context in
        let (gradients, dy) = (context.inputGradients, context.outputGradient)
        var start = 0
        for (dx, count) in zip(gradients, lengths) {
          if let dx {
            for row in 0..<dy.count / length {
              let part = dy[row * length + start..<row * length + start + count]
              dx[row * count..<(row + 1) * count].copy(from: part)
            }
          }
          start += count
        }
      }
    ]
    return program
  }

  private func place(in input: Shape) -> Int { (axis < 0 ? axis + input.rank + 1 : axis) - 1 }
}
