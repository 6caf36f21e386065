internal import PinionTensor

/// An ONNX graph under construction: nodes and constants, with unique names.
///
/// Source: onnx.proto of IR version 8, operators of opset 17.
struct ONNXGraph {
  /// An attribute of a node.
  enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])
    case float(String, Double)
    case string(String, String)

    fileprivate var message: ProtobufMessage {
      ProtobufMessage { message in
        switch self {
        case .integer(let name, let value):
          message.string(1, name)
          message.integer(3, value)
          message.integer(20, 2)
        case .integers(let name, let values):
          message.string(1, name)
          for value in values { message.integer(8, value) }
          message.integer(20, 7)
        case .float(let name, let value):
          message.string(1, name)
          message.float(2, Float(value))
          message.integer(20, 1)
        case .string(let name, let value):
          message.string(1, name)
          message.string(4, value)
          message.integer(20, 3)
        }
      }
    }
  }

  /// The encoded nodes, in the order of execution.
  private var nodes: [ProtobufMessage] = []
  private var constants: [ProtobufMessage] = []
  private var names: Set<String> = []
  private var integerNames: [[Int]: String] = [:]
  private var scalarNames: [Float: String] = [:]

  /// The size of all constants in bytes.
  private(set) var constantBytes = 0

  /// Reserves a name, with a number if it is taken.
  mutating func unique(_ name: String) -> String {
    var result = name
    var number = 1
    while !names.insert(result).inserted {
      result = "\(name)_\(number)"
      number += 1
    }
    return result
  }

  /// Adds a node; returns the name of its output.
  ///
  /// - Parameters:
  ///   - operation: Such as `Conv`.
  ///   - inputs: Names; an empty one stands for an optional input that is left out.
  ///   - name: The name of the output. Default: the layer's with the operation's.
  mutating func node(
    _ operation: String, _ inputs: [String], _ attributes: [Attribute] = [], named name: String
  ) -> String {
    let output = unique(name)
    nodes.append(
      ProtobufMessage { node in
        for input in inputs { node.string(1, input) }
        node.string(2, output)
        node.string(3, output)
        node.string(4, operation)
        for attribute in attributes { node.message(5, attribute.message) }
      })
    return output
  }

  /// Adds an `Identity`, or a `Softmax` along the last axis, whose output has a name that is
  /// reserved.
  mutating func output(_ name: String, of value: String, appendingSoftmax: Bool) {
    nodes.append(
      ProtobufMessage { node in
        node.string(1, value)
        node.string(2, name)
        node.string(3, name)
        node.string(4, appendingSoftmax ? "Softmax" : "Identity")
        if appendingSoftmax { node.message(5, Attribute.integer("axis", -1).message) }
      })
  }

  /// Adds a constant; returns its name.
  mutating func constant(_ tensor: Tensor, named name: String) -> String {
    let name = unique(name)
    constantBytes += tensor.count * MemoryLayout<Float>.stride
    constants.append(
      ProtobufMessage { message in
        for size in tensor.shape { message.integer(1, size) }
        message.integer(2, 1)  // FLOAT
        message.string(8, name)
        tensor.read { view in
          let elements = unsafe UnsafeBufferPointer(start: view.base, count: view.count)
          unsafe message.bytes(9, UnsafeRawBufferPointer(elements))
        }
      })
    return name
  }

  /// A constant without axes.
  mutating func scalar(_ value: Float) -> String {
    if let name = scalarNames[value] { return name }
    let name = constant(Tensor(value), named: "constant_\(value)")
    scalarNames[value] = name
    return name
  }

  /// A constant vector of integers.
  mutating func integers(_ values: [Int]) -> String {
    if let name = integerNames[values] { return name }
    let name = unique("integers_" + values.map(String.init).joined(separator: "_"))
    integerNames[values] = name
    constants.append(
      ProtobufMessage { message in
        message.integer(1, values.count)
        message.integer(2, 7)  // INT64
        message.string(8, name)
        let elements = values.map { Int64($0) }
        unsafe elements.withUnsafeBytes { unsafe message.bytes(9, $0) }
      })
    return name
  }

  /// The model with the graph, its inputs and outputs, and metadata.
  func model(
    name: String, inputs: [(String, Shape)], outputs: [(String, Shape)],
    metadata: [(String, String)]
  ) -> ProtobufMessage {
    ProtobufMessage { model in
      model.integer(1, 8)  // The version of the format that all runtimes of 2022 and later read.
      model.string(2, "Pinion")
      model.message(7) { graph in
        for node in nodes { graph.message(1, node) }
        graph.string(2, name)
        for constant in constants { graph.message(5, constant) }
        for (name, shape) in inputs { graph.message(11, Self.value(name, shape)) }
        for (name, shape) in outputs { graph.message(12, Self.value(name, shape)) }
      }
      model.message(8) { $0.integer(2, 17) }
      for (key, value) in metadata {
        model.message(14) { entry in
          entry.string(1, key)
          entry.string(2, value)
        }
      }
    }
  }

  /// A tensor of floats with a symbolic batch size.
  private static func value(_ name: String, _ shape: Shape) -> ProtobufMessage {
    ProtobufMessage { value in
      value.string(1, name)
      value.message(2) { type in
        type.message(1) { tensor in
          tensor.integer(1, 1)
          tensor.message(2) { dimensions in
            dimensions.message(1) { $0.string(2, "batch") }
            for size in shape { dimensions.message(1) { $0.integer(1, size) } }
          }
        }
      }
    }
  }
}
