internal import PinionLayers

/// The paths under which Keras 3 keeps a network's parameters in `.weights.h5` files.
///
/// A layer's path tells its class and its place among the layers of its class, in the order of
/// Keras's `model.layers`, whatever its name: `layers/conv2d_1/vars/0` is the first parameter of
/// the second convolution.
struct KerasPaths {
  /// By the parameters' names, such as `conv2d_1/kernel`.
  private(set) var paths: [String: [String]] = [:]

  init(_ graph: Graph) {
    var counts: [String: Int] = [:]
    for layer in Self.order(of: graph) {
      let kind = Self.snakeCase(layer.typeName)
      let count = counts[kind, default: 0]
      counts[kind] = count + 1
      let folder = ["layers", count == 0 ? kind : "\(kind)_\(count)"]
      var indices: [String: Int] = [:]
      for parameter in layer.parameters {
        // Those of an attention are the layers inside it: `query/kernel` is `query_dense/vars/0`.
        let parts = parameter.name.split(separator: "/").map(String.init)
        let inner = parts.count < 2 ? "" : parts[0] == "attention_output" ? "output" : parts[0]
        let index = indices[inner, default: 0]
        indices[inner] = index + 1
        paths["\(layer.name)/\(parameter.name)"] =
          folder + (inner.isEmpty ? [] : ["\(inner)_dense"]) + ["vars", "\(index)"]
      }
    }
  }

  /// `Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`, `PReLU` → `p_re_lu`.
  static func snakeCase(_ name: String) -> String {
    let letters = Array(name)
    var result = ""
    for (index, letter) in letters.enumerated() {
      if index > 0, letter.isUppercase {
        let (before, after) = (
          letters[index - 1], index + 1 < letters.count ? letters[index + 1] : nil
        )
        // Before a capital and small letters, and between a small letter and a capital.
        if after?.isLowercase == true || before.isLowercase { result += "_" }
      }
      result += letter.lowercased()
    }
    return result
  }

  /// The layers in the order of Keras's `model.layers`: of a chain as they follow each other; else
  /// by the longest path to an output, the longest first, and in the order in which Keras reaches
  /// them from the outputs.
  private static func order(of graph: Graph) -> [GraphLayer] {
    var places: [LayerID: Int] = [:]
    var finished: Set<NodeID> = []
    var ordered: [Graph.Node] = []
    // An explicit stack: a node, and how many of its inputs have been visited.
    for output in graph.outputs {
      var stack: [(node: NodeID, next: Int)] = graph[output].producer.map { [($0, 0)] } ?? []
      while let (id, next) = stack.popLast() {
        if next == 0, finished.contains(id) { continue }
        let node = graph[id]
        if places[node.layer] == nil { places[node.layer] = places.count }
        if next < node.inputs.count {
          stack.append((id, next + 1))
          if let producer = graph[node.inputs[next]].producer, !finished.contains(producer) {
            stack.append((producer, 0))
          }
        } else if finished.insert(id).inserted {
          ordered.append(node)
        }
      }
    }
    var nodeDepths: [NodeID: Int] = [:]
    var depths: [LayerID: Int] = [:]
    for node in ordered.reversed() {
      let depth = max(nodeDepths[node.id] ?? 0, depths[node.layer] ?? 0)
      (depths[node.layer], nodeDepths[node.id]) = (depth, depth)
      for input in node.inputs {
        guard let producer = graph[input].producer else { continue }
        nodeDepths[producer] = max(depth + 1, nodeDepths[producer] ?? 0)
      }
    }
    return graph.layers.sorted { first, second in
      let (a, b) = (depths[first.id] ?? 0, depths[second.id] ?? 0)
      return a != b ? a > b : (places[first.id] ?? 0) < (places[second.id] ?? 0)
    }
  }
}
