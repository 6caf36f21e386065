internal import PinionLayers
internal import PinionTensor

/// Converts an ONNX graph to a graph of layers, node by node.
///
/// Nodes of constants are computed. All others become values; see ``ONNXValue``. Nodes that cannot
/// be represented are collected, and nodes that depend on them are skipped, so that one error names
/// all.
final class ONNXImporter {
  enum Operand {
    case constant(ONNXConstant)
    case value(ONNXValue)
    /// Depends on a node that is not supported.
    case unknown
  }

  /// A node that cannot be represented, and why.
  struct Unsupported: Error { let reason: String }

  let file: ONNXFile
  private(set) var operands: [String: Operand] = [:]
  /// The number of nodes and outputs that read each value.
  private var uses: [String: Int] = [:]
  /// The values that are read otherwise than as indices of a table, whose fractions do not count.
  private var readValues: Set<String> = []
  private var names: Set<String> = []
  /// The last number behind each name that several layers would have.
  private var numbers: [String: Int] = [:]
  /// The tensors of parameters, by the layers' and their names, made when they are copied.
  private(set) var parameters: [String: () throws -> Tensor] = [:]
  let budget: ONNXBudget
  /// Whether inputs are channels first in the file.
  private var hasChannelsFirst = false

  init(_ file: ONNXFile) {
    self.file = file
    budget = ONNXBudget(fileSize: file.size)
  }

  /// The network. Throws ``ONNXError`` that names all unsupported nodes, `FileError` for a graph
  /// that is not valid.
  func network() throws -> Network {
    for node in file.nodes { for input in node.inputs { uses[input, default: 0] += 1 } }
    for output in file.outputs { uses[output, default: 0] += 1 }
    noteReadValues()
    try checkIntegers()
    for (name, tensor) in file.constants { operands[name] = .constant(try ONNXConstant(tensor)) }
    let inputs = try file.inputs.filter { file.constants[$0.name] == nil }.map(addInput)
    var unsupported: [String] = []
    for node in file.nodes {
      do {
        try add(node)
      } catch let error as Unsupported {
        unsupported.append("\(node.description): \(error.reason)")
        for output in node.outputs { operands[output] = .unknown }
      } catch is ONNXBudget.Exhausted {
        throw failure("node \(node.description)", "fewer computed constants", "more")
      }
    }
    var outputs: [SymbolicTensor] = []
    for output in file.outputs {
      switch operands[output] {
      case .value(let value):
        do {
          outputs.append(try outputTensor(value))
        } catch let error as Unsupported {
          unsupported.append("output \(output.debugDescription): \(error.reason)")
        }
      case .unknown: break
      default: throw failure("output \(output.debugDescription)", "a value", "none")
      }
    }
    guard unsupported.isEmpty else {
      throw ONNXError.unsupportedNodes(file: file.file, unsupported)
    }
    let name = file.name.isEmpty ? "onnx" : file.name
    let graph: Graph
    do {
      graph = try Graph(inputs: inputs, outputs: outputs, name: name)
    } catch let error as GraphError {
      throw failure("graph", "layers that fit together", error.description)
    }
    return try network(graph)
  }

  /// A value as an output of the network: images channels last if they are so inside the network.
  private func outputTensor(_ value: ONNXValue) throws -> SymbolicTensor {
    let isImage = hasChannelsFirst && value.order == ONNXValue.channelsLast
    let order = isImage ? value.order : Array(value.sizes.indices)
    let tensor = try tensor(aligned(value, to: order))
    // A network has at least one layer.
    return value.isInput ? Activation(Linear(), name: unique("activation"))(tensor) : tensor
  }

  func failure(_ place: String, _ expected: String, _ found: String) -> FileError {
    FileError(file: file.file, place: place, expected: expected, found: found)
  }

  /// The graph with the parameters of the file.
  private func network(_ graph: Graph) throws -> Network {
    // Each node that reads a constant gets a copy of it.
    let (bytes, limit) = (4 * graph.parameterCounts.total, 2 * file.size + 64 << 20)
    guard bytes <= limit else {
      throw failure("graph", "parameters of at most \(limit) bytes in all", "\(bytes)")
    }
    let weights = Weights(graph: graph)
    for entry in weights.entries {
      let place = "parameter \(entry.name.debugDescription)"
      guard let make = parameters[entry.name] else { throw failure(place, "a constant", "none") }
      let tensor = try make()
      guard tensor.shape == entry.shape else {
        throw failure(place, "the shape \(entry.shape)", "\(tensor.shape)")
      }
      let target = weights.view(of: entry)
      tensor.read { target.copy(from: $0) }
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw failure("\(place), element \(flaw.place)", flaw.expected, "\(flaw.value)")
      }
    }
    var network = Network(graph: graph, weights: weights)
    if let text = file.metadata["class_names"] {
      network.classNames = try ONNXMetadata.classNames(text, file: file.file)
    }
    return network
  }

  /// Throws if constants of integers, which may take a byte each in the file and take eight in
  /// memory, are far larger than the file.
  private func checkIntegers() throws(FileError) {
    let tensors = file.constants.values.filter { $0.isInteger && $0.count <= ONNXConstant.limit }
    let (bytes, limit) = (8 * tensors.reduce(0) { $0 + $1.count }, 2 * file.size + 32 << 20)
    guard bytes <= limit else {
      throw failure("graph", "integers of at most \(limit) bytes in all", "\(bytes)")
    }
  }

  // MARK: Inputs

  private func addInput(_ input: ONNXFile.Input) throws -> SymbolicTensor {
    let sizes = try input.sizes.dropFirst().enumerated().map { index, size in
      guard let size, (1...1 << 24).contains(size) else {
        throw failure(
          "input \(input.name.debugDescription), axis \(index + 1)", "a fixed positive size",
          size.map(String.init) ?? "a symbolic one")
      }
      return size
    }
    guard !input.sizes.isEmpty, operands[input.name] == nil else {
      throw failure(
        "input \(input.name.debugDescription)", "a name of its own and a batch", "none")
    }
    guard ONNXValue.allows(sizes) else {
      throw failure("input \(input.name.debugDescription)", "fewer elements", "\(sizes)")
    }
    let isImage = sizes.count == 3 && isChannelsFirst(input.name)
    if isImage { hasChannelsFirst = true }
    let order = isImage ? ONNXValue.channelsLast : Array(sizes.indices)
    let tensor = Input(Shape(order.map { sizes[$0] }), name: unique(input.name))
    let value = ONNXValue(sizes, order: order, .tensor(tensor))
    value.isInput = true
    value.isInteger = input.type?.isReal == false
    operands[input.name] = .value(value)
    return tensor
  }

  /// Whether an input of three axes, besides the batch, is an image channels first: the first nodes
  /// that distinguish its axes are not transpositions to this layout.
  private func isChannelsFirst(_ name: String) -> Bool {
    guard file.producer != "Pinion" else { return false }
    var known: Set<String> = [name]
    for node in file.nodes where node.inputs.contains(where: known.contains) {
      switch node.operation {
      case "Transpose": return node.integers("perm") != [0, 3, 1, 2]
      case "Conv", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool",
        "BatchNormalization", "ConvTranspose", "InstanceNormalization", "Resize":
        return true
      case "Identity", "Cast", "Add", "Sub", "Mul", "Div", "Dropout", "Relu", "Clip", "Sigmoid",
        "Tanh", "Pad", "LeakyRelu":
        known.formUnion(node.outputs)
      default: break
      }
    }
    return false
  }

  // MARK: Nodes

  private func add(_ node: ONNXFile.Node) throws {
    guard node.domain.isEmpty else { throw Unsupported(reason: "operators of this domain") }
    var operands: [Operand?] = []
    for name in node.inputs {
      guard !name.isEmpty else {
        operands.append(nil)
        continue
      }
      guard let operand = self.operands[name] else {
        throw failure("node \(node.description)", "an input that is known", name.debugDescription)
      }
      operands.append(operand)
    }
    let isUnknown = operands.contains { if case .unknown? = $0 { true } else { false } }
    guard !isUnknown else {
      for output in node.outputs { self.operands[output] = .unknown }
      return
    }
    let isConstant = operands.allSatisfy { if case .value? = $0 { false } else { true } }
    let results: [Operand]
    if isConstant {
      let constants = operands.map { operand -> ONNXConstant? in
        if case .constant(let constant)? = operand { constant } else { nil }
      }
      guard let constant = try ONNXConstant.folded(node, constants, budget) else {
        throw Unsupported(reason: "of these constants")
      }
      if case .stored = constant.elements {} else { try budget.keep(constant.count) }
      results = [.constant(constant)]
    } else {
      let call = ONNXNodeCall(
        self, node, operands,
        isShared: node.outputs.contains { uses[$0] ?? 0 > 1 } || uses[node.outputs[0]] == nil)
      results = try call.results()
    }
    for (output, result) in zip(node.outputs, results) { self.operands[output] = result }
    // Further outputs, such as the mask of a dropout, are supported only if nothing reads them.
    for output in node.outputs.dropFirst(results.count) where uses[output] != nil {
      throw Unsupported(reason: "its output \(output.debugDescription)")
    }
  }

  private func noteReadValues() {
    readValues = Set(file.outputs)
    for node in file.nodes.reversed() {
      switch node.operation {
      case "Gather": if let table = node.inputs.first { readValues.insert(table) }
      case "Shape": break
      case "Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Transpose":
        if isRead(node) { readValues.formUnion(node.inputs) }
      default: readValues.formUnion(node.inputs)
      }
    }
  }

  /// Whether a node's result is read otherwise than as indices of a table.
  func isRead(_ node: ONNXFile.Node) -> Bool { node.outputs.contains(where: readValues.contains) }

  // MARK: Names and parameters

  /// A name of a layer that is not taken, made from one of the file.
  func unique(_ name: String) -> String {
    let base = name.isEmpty ? "layer" : name.map { $0 == "/" ? "." : String($0) }.joined()
    var result = base
    while !names.insert(result).inserted {
      let number = (numbers[base] ?? 0) + 1
      numbers[base] = number
      result = "\(base)_\(number)"
    }
    return result
  }

  /// The name of a layer from that of its first parameter, such as `layer1.0.conv1.weight`.
  func layerName(of constant: ONNXConstant?, or base: String) -> String {
    guard let name = constant?.name else { return unique(base) }
    let end = name.lastIndex { $0 == "/" || $0 == "." }
    guard let end, end > name.startIndex, !name.contains("::") else { return unique(base) }
    // Leading slashes are those of nested graphs, or of an exporter's scopes.
    return unique(String(name[..<end].drop { $0 == "/" || $0 == "." }))
  }

  func setParameter(_ layer: String, _ name: String, _ make: @escaping () throws -> Tensor) {
    parameters["\(layer)/\(name)"] = make
  }

  func setParameter(_ layer: String, _ name: String, _ values: [Float]) {
    setParameter(layer, name) { Tensor(values) }
  }
}
