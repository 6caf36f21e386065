@testable import PinionInterchange

/// Models of ONNX written field by field.
enum HandmadeONNX {
  struct Node {
    let operation: String
    let inputs: [String]
    let output: String
    /// Attributes that are lists.
    var integers: [(String, [Int])] = []
    /// Attributes that are one integer each.
    var numbers: [(String, Int)] = []
    /// Attributes that are texts.
    var texts: [(String, String)] = []
    /// Attributes of a type's code without a value.
    var zeros: [(String, Int)] = []
    var domain = ""
  }

  /// A model of nodes on an input `x` of the shape (batch, 4), or of other sizes, with outputs `y`,
  /// or others.
  ///
  /// - Parameter type: The code of the elements' type. Default: that of floats.
  static func model(
    _ nodes: [Node], sizes: [Int] = [4], type: Int = 1, outputs: [String] = ["y"],
    _ others: (inout ProtobufMessage) -> Void = { _ in }
  ) -> ProtobufMessage {
    func value(_ name: String) -> ProtobufMessage {
      ProtobufMessage { value in
        value.string(1, name)
        value.message(2) { message in
          message.message(1) { tensor in
            tensor.integer(1, type)
            tensor.message(2) { shape in
              shape.message(1) { $0.string(2, "batch") }
              for size in sizes { shape.message(1) { $0.integer(1, size) } }
            }
          }
        }
      }
    }
    return ProtobufMessage { model in
      model.integer(1, 8)
      model.message(7) { graph in
        for node in nodes { graph.message(1, message(node)) }
        others(&graph)
        graph.message(11, value("x"))
        for output in outputs { graph.message(12, value(output)) }
      }
      model.message(8) { $0.integer(2, 17) }
    }
  }

  private static func message(_ node: Node) -> ProtobufMessage {
    ProtobufMessage { message in
      for input in node.inputs { message.string(1, input) }
      message.string(2, node.output)
      message.string(3, "node_" + node.output)
      message.string(4, node.operation)
      message.string(7, node.domain)
      for (name, values) in node.integers {
        message.message(5) { attribute in
          attribute.string(1, name)
          for value in values { attribute.integer(8, value) }
          attribute.integer(20, 7)
        }
      }
      for (name, value) in node.numbers {
        message.message(5) { attribute in
          attribute.string(1, name)
          attribute.integer(3, value)
          attribute.integer(20, 2)
        }
      }
      for (name, value) in node.texts {
        message.message(5) { attribute in
          attribute.string(1, name)
          attribute.string(4, value)
          attribute.integer(20, 3)
        }
      }
      for (name, type) in node.zeros {
        message.message(5) { attribute in
          attribute.string(1, name)
          attribute.integer(20, type)
        }
      }
    }
  }

  /// Adds a constant of a type's code, whose elements `body` adds.
  static func add(
    _ name: String, _ sizes: [Int], type: Int, to graph: inout ProtobufMessage,
    _ body: (inout ProtobufMessage) -> Void
  ) {
    graph.message(5) { tensor in
      for size in sizes { tensor.integer(1, size) }
      tensor.integer(2, type)
      tensor.string(8, name)
      body(&tensor)
    }
  }

  /// Adds a vector of integers.
  static func add(_ name: String, _ values: [Int], to graph: inout ProtobufMessage) {
    add(name, [values.count], type: 7, to: &graph) { tensor in
      values.withUnsafeBytes { tensor.bytes(9, $0) }
    }
  }

  /// Integers as a packed field holds them.
  static func packed(_ values: [Int]) -> [UInt8] {
    // Without the key of the field.
    values.flatMap { value in ProtobufMessage { $0.integer(1, value) }.bytes.dropFirst() }
  }

  /// Adds floats.
  static func add(
    _ name: String, _ sizes: [Int], _ values: [Float], to graph: inout ProtobufMessage
  ) {
    add(name, sizes, type: 1, to: &graph) { tensor in
      values.withUnsafeBytes { tensor.bytes(9, $0) }
    }
  }

  /// Adds floats, all of them 1.
  static func addOnes(_ name: String, _ sizes: [Int], to graph: inout ProtobufMessage) {
    add(name, sizes, [Float](repeating: 1, count: sizes.reduce(1, *)), to: &graph)
  }
}
