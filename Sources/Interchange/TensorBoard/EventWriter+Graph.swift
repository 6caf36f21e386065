internal import FoundationEssentials
public import PinionLayers
internal import PinionTensor

extension EventWriter {
  /// The layers and their connections, as TensorBoard's page GRAPHS shows them; one graph per run.
  ///
  /// Nodes are inputs, of the operation `Input`, and layers, of that of their type, with the shape
  /// of their output, the number of their parameters, and whether these are trained. Nested graphs
  /// are groups. Characters of names that TensorBoard does not accept become `_`.
  ///
  /// Throws `FileError` if it cannot be written.
  public func graph(_ graph: Graph) throws {
    let definition = EventGraph(graph).message
    try file.write(
      ProtobufMessage { event in
        event.double(1, Date().timeIntervalSince1970)
        event.message(4, definition)
      })
  }
}

/// A graph as a `GraphDef` of TensorFlow.
struct EventGraph {
  private let graph: Graph
  private var names: [ValueID: String] = [:]

  init(_ graph: Graph) {
    self.graph = graph
    var used: Set<String> = []
    for value in graph.values {
      let base = Self.valid(value.producer.map { graph[$0].name } ?? value.name)
      var (name, number) = (base, 1)
      while !used.insert(name).inserted {
        name = "\(base)_\(number)"
        number += 1
      }
      names[value.id] = name
    }
  }

  /// Letters, digits and `_.-/`, of which the first is one of a few.
  private static func valid(_ name: String) -> String {
    let parts = name.split(separator: "/").map { part in
      let text = String(
        part.map { $0.isASCII && ($0.isLetter || $0.isNumber) || "_.-".contains($0) ? $0 : "_" })
      return text.first.map { "_-".contains($0) } == true ? "n" + text : text
    }
    return parts.isEmpty ? "n" : parts.joined(separator: "/")
  }

  var message: ProtobufMessage {
    ProtobufMessage { definition in
      for value in graph.values {
        guard let producer = value.producer else {
          definition.message(1) { add(value, "Input", [], to: &$0) }
          continue
        }
        let node = graph[producer]
        let layer = graph.layer(of: node)
        definition.message(1) { message in
          add(value, layer.typeName, node.inputs, to: &message)
          attribute("parameters", to: &message) { $0.integer(3, layer.parameterCount) }
          attribute("trainable", to: &message) { $0.integer(5, layer.isTrainable ? 1 : 0) }
        }
      }
      definition.message(4) { $0.integer(1, 1) }  // the version of the producer
    }
  }

  private func add(
    _ value: Graph.Value, _ operation: String, _ inputs: [ValueID],
    to message: inout ProtobufMessage
  ) {
    message.string(1, names[value.id] ?? "")
    message.string(2, operation)
    for input in inputs { message.string(3, names[input] ?? "") }
    // The first axis is the batch.
    attribute("_output_shapes", to: &message) { attribute in
      attribute.message(1) { list in
        list.message(7) { shape in
          for size in [-1] + value.shape.dimensions { shape.message(2) { $0.integer(1, size) } }
        }
      }
    }
  }

  /// An entry of the node's attributes.
  private func attribute(
    _ name: String, to message: inout ProtobufMessage, _ body: (inout ProtobufMessage) -> Void
  ) {
    message.message(5) { entry in
      entry.string(1, name)
      entry.message(2, body)
    }
  }
}
