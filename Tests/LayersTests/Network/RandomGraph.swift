import PinionTensor

@testable import PinionLayers

/// Small graphs in which every kind of memory reuse meets every other: values read several times,
/// twice by one layer, or never, layers that run in place or are aliases, in any order.
struct RandomGraph {
  private var choices: Choices
  private var builder = GraphBuilder()
  private let input: ValueID
  /// Whether all functions have derivatives everywhere, so that differences tell them.
  private let isSmooth: Bool

  /// A graph of about `size` layers, with a softmax of three classes at its end.
  static func make(_ number: Int, size: Int, isSmooth: Bool) throws -> Graph {
    var random = try RandomGraph(number, isSmooth: isSmooth)
    for _ in 0..<size { try random.grow() }
    return try random.finished()
  }

  private init(_ number: Int, isSmooth: Bool) throws {
    choices = Choices("graph \(number)")
    input = try builder.addInput(choices.pick([[6, 5, 2], [4, 4, 3], [7], [5, 3, 1]]))
    self.isSmooth = isSmooth
  }

  private var count: Int { builder.values.count }

  private var last: ValueID { ValueID(count - 1) }

  private func shape(of value: ValueID) -> Shape { builder.values[value].shape }

  private mutating func add(_ layer: any Layer, _ inputs: [ValueID]) throws {
    _ = try builder.add(layer, named: "layer\(count - 1)", on: inputs)
  }

  /// Adds one layer on a value that is there, mostly a late one; some values never are read.
  private mutating func grow() throws {
    let value = ValueID(max(0, count - 1 - choices.pick([0, 0, 0, 0, 1, 2, 5])))
    let shape = shape(of: value)
    switch choices.below(shape.rank == 3 ? 13 : 9) {
    case 0: try add(Flatten(), [value])
    case 1: try add(Dropout(choices.pick([0, 0.3, 0.3, 1])), [value])
    case 2, 3: try add(activation(), [value])
    case 4, 5: try addSum(of: value)
    case 6: try add(BatchNormalization(axis: 1 + choices.below(shape.rank)), [value])
    case 7: try add(LaneScale(), [value])
    case 8: try add(dense(choices.pick([3, 7])), [value])
    case 9 where !isSmooth: try add(MaxPool2D(2, stride: 1, padding: .same), [value])
    default: try add(convolution(), [value])
    }
  }

  /// A sum of the value with others of its shape, itself and its own neighbors among them.
  private mutating func addSum(of value: ValueID) throws {
    let shape = shape(of: value)
    let candidates = builder.values.filter { $0.shape == shape }.map(\.id)
    var inputs = [value]
    for _ in 0..<choices.pick([1, 1, 2]) { inputs.append(choices.pick(candidates)) }
    try add(Add(), choices.below(2) == 0 ? inputs : inputs.reversed())
  }

  private mutating func finished() throws -> Graph {
    if shape(of: last).rank > 1 { try add(Flatten(), [last]) }
    if choices.below(2) == 0 {
      try add(Dense(3, activation: .softmax), [last])
    } else {
      try add(Dense(3), [last])
      try add(Activation(.softmax), [last])
    }
    return try builder.graph(name: "random", inputs: [input], outputs: [last])
  }

  private mutating func activation() -> any Layer {
    switch choices.below(isSmooth ? 3 : 5) {
    case 0: Activation(.tanh)
    case 1: Activation(Square())
    case 2: Activation(.linear)
    case 3: Activation(.relu)
    default: Activation(.leakyReLU)
    }
  }

  private mutating func dense(_ units: Int) -> any Layer {
    switch choices.below(isSmooth ? 2 : 3) {
    case 0: Dense(units, activation: .tanh)
    case 1: Dense(units, activation: Square(), usesBias: false)
    default: Dense(units, activation: .relu)
    }
  }

  private mutating func convolution() -> any Layer {
    let filters = choices.pick([2, 3, 9])
    return switch choices.below(isSmooth ? 2 : 3) {
    case 0: Conv2D(filters, kernel: 3, padding: .same, activation: .tanh)
    case 1: Conv2D(filters, kernel: 1, activation: Square())
    default: Conv2D(filters, kernel: 2, padding: .same, activation: .relu, usesBias: false)
    }
  }
}
