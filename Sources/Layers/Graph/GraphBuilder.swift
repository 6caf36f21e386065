internal import PinionTensor

/// Puts layers in order and gives them names.
struct GraphBuilder {
  private(set) var nodes: [Node] = []
  private let inputShape: Shape
  private var names: Set<String> = []
  private var counts: [String: Int] = [:]
  private var places: [ObjectIdentifier: Int] = [:]
  /// The nodes of the layers with parameters, by the identity that copies of a layer share.
  private var occurrences: [ObjectIdentifier: [Int]] = [:]

  init(inputShape: Shape) throws {
    guard SizeLimits.allow(inputShape) else { throw GraphError.inputShape(inputShape) }
    self.inputShape = inputShape
  }

  /// Adds a layer on values that are there already.
  mutating func add(_ layer: any Layer, inputs: [Int]) throws {
    if let key = layer.identity.key {
      if let first = occurrences[key]?.first(where: { nodes[$0].holds(layer) }) {
        throw GraphError.repeatedLayer(name: nodes[first].name, type: nodes[first].typeName)
      }
    }
    let name = try uniqueName(for: layer)
    let shapes = inputs.map { $0 == 0 ? inputShape : nodes[$0 - 1].outputShape }
    let node = try Node(layer: layer, name: name, inputs: inputs, shapes: shapes)
    if let key = layer.identity.key, !node.parameters.isEmpty {
      occurrences[key, default: []].append(nodes.count)
    }
    nodes.append(node)
  }

  /// Adds all that `output` follows from, each layer once, inputs first, without recursion: graphs may be deep.
  mutating func draw(_ output: SymbolicTensor, from input: SymbolicTensor) throws {
    places[input.identity] = 0
    guard output.identity != input.identity else { throw GraphError.empty }
    var stack = [output]
    while let tensor = stack.last {
      if places[tensor.identity] != nil {
        stack.removeLast()
        continue
      }
      guard let layer = tensor.source.layer else {
        throw stack.count == 1
          ? GraphError.notConnected : GraphError.foreignInput(tensor.source.shape)
      }
      let missing = tensor.source.inputs.filter { places[$0.identity] == nil }
      if missing.isEmpty {
        try add(layer, inputs: tensor.source.inputs.map { places[$0.identity]! })
        places[tensor.identity] = nodes.count
        stack.removeLast()
      } else {
        stack.append(contentsOf: missing.reversed())
      }
    }
    guard nodes.contains(where: { $0.inputs.contains(0) }) else { throw GraphError.notConnected }
  }

  /// The layer's own name, or its type's in Keras's manner: `conv2d`, `conv2d_1`, `batch_normalization`.
  private mutating func uniqueName(for layer: any Layer) throws -> String {
    if let name = layer.name {
      try Self.validate(name: name)
      guard names.insert(name).inserted else { throw GraphError.duplicateName(name) }
      return name
    }
    let base = Self.snakeCase(type(of: layer).typeName)
    while true {
      let count = counts[base, default: 0]
      counts[base] = count + 1
      let name = count == 0 ? base : "\(base)_\(count)"
      if names.insert(name).inserted { return name }
    }
  }

  /// Throws ``GraphError/invalidName(_:)`` for what cannot be a layer's name.
  static func validate(name: String) throws {
    guard !name.isEmpty, !name.contains("/") else { throw GraphError.invalidName(name) }
  }

  /// `BatchNormalization` → `batch_normalization`, `Conv2D` → `conv2d`, `MaxPooling2D` → `max_pooling2d`.
  static func snakeCase(_ name: String) -> String {
    var result = ""
    var previous: Character?
    let characters = Array(name)
    for (index, character) in characters.enumerated() {
      if character.isUppercase, let previous {
        let next = index + 1 < characters.count ? characters[index + 1] : nil
        let startsWord = previous.isLowercase || (previous.isUppercase && next?.isLowercase == true)
        if startsWord { result.append("_") }
      }
      result.append(contentsOf: character.lowercased())
      previous = character
    }
    return result
  }
}
