import PinionInterchange

/// A model of ONNX of a few nodes: `x` is the first input, `y` the output of the last node.
struct ONNXModel: Sendable {
  enum Attribute: Sendable {
    case integer(Int), integers([Int]), float(Float), text(String), tensor(Constant)
  }

  struct Constant: Sendable {
    var sizes: [Int]
    /// Of floats; nil for integers of 64 bits.
    var floats: [Float]?
    var integers: [Int] = []

    /// Ones.
    static func ones(_ sizes: Int...) -> Constant { filled(1, sizes) }

    static func filled(_ value: Float, _ sizes: [Int]) -> Constant {
      Constant(sizes: sizes, floats: [Float](repeating: value, count: sizes.reduce(1, *)))
    }

    static func list(_ integers: Int...) -> Constant {
      Constant(sizes: [integers.count], integers: integers)
    }

    static func scalar(_ value: Float) -> Constant { filled(value, []) }

    func write(_ message: inout ProtobufMessage, name: String = "") {
      for size in sizes { message.integer(1, size) }
      message.integer(2, floats == nil ? 7 : 1)
      message.string(8, name)
      let raw =
        floats?.flatMap { Endian.little(Int($0.bitPattern), 4) }
        ?? integers.flatMap { Endian.little($0, 8) }
      message.bytes(9, raw)
    }
  }

  struct Node: Sendable {
    var operation: String
    var inputs: [String]
    var output: String
    var attributes: [String: Attribute]

    /// - Parameter text: Such as `y = Add(x, c)`.
    init(_ text: String, _ attributes: [String: Attribute] = [:]) {
      let words = text.split { " =(,)".contains($0) }.map(String.init)
      output = words[0]
      operation = words[1]
      // An input that is left out.
      inputs = words.dropFirst(2).map { $0 == "_" ? "" : $0 }
      self.attributes = attributes
    }
  }

  var inputs: [String: [Int]] = ["x": [4]]
  var nodes: [Node]
  var constants: [String: Constant] = [:]
  var opset = 17
  /// Other fields of the graph.
  var others: @Sendable (inout ProtobufMessage) -> Void = { _ in }

  /// A model on one input.
  init(_ sizes: [Int], _ constants: [String: Constant], opset: Int = 17, _ nodes: Node...) {
    (inputs["x"], self.constants, self.opset, self.nodes) = (sizes, constants, opset, nodes)
  }

  init(_ sizes: [Int], opset: Int = 17, _ nodes: Node...) {
    (inputs["x"], self.opset, self.nodes) = (sizes, opset, nodes)
  }

  var bytes: [UInt8] {
    ProtobufMessage { model in
      model.integer(1, 8)
      model.message(7) { graph in
        for (index, node) in nodes.enumerated() {
          graph.message(1) { Self.write(node, "node \(index)", to: &$0) }
        }
        for (name, constant) in constants.sorted(by: { $0.key < $1.key }) {
          graph.message(5) { constant.write(&$0, name: name) }
        }
        others(&graph)
        for (name, sizes) in inputs.sorted(by: { $0.key < $1.key }) {
          graph.message(11) { Self.write(name, sizes, to: &$0) }
        }
        graph.message(12) { Self.write("y", [], to: &$0) }
      }
      model.message(8) { $0.integer(2, opset) }
    }.bytes
  }

  private static func write(_ node: Node, _ name: String, to message: inout ProtobufMessage) {
    for input in node.inputs { message.string(1, input) }
    message.string(2, node.output)
    message.string(3, name)
    message.string(4, node.operation)
    for (name, attribute) in node.attributes.sorted(by: { $0.key < $1.key }) {
      message.message(5) { message in
        message.string(1, name)
        switch attribute {
        case .float(let value): message.float(2, value)
        case .integer(let value): message.integer(3, value)
        case .text(let value): message.string(4, value)
        case .tensor(let value): message.message(5) { value.write(&$0) }
        case .integers(let values):
          for value in values { message.integer(8, value) }
          message.integer(20, 7)
        }
      }
    }
  }

  /// A value of a shape whose first axis is the batch.
  private static func write(_ name: String, _ sizes: [Int], to message: inout ProtobufMessage) {
    message.string(1, name)
    message.message(2) { type in
      type.message(1) { tensor in
        tensor.integer(1, 1)
        tensor.message(2) { shape in
          shape.message(1) { $0.string(2, "batch") }
          for size in sizes { shape.message(1) { $0.integer(1, size) } }
        }
      }
    }
  }
}
