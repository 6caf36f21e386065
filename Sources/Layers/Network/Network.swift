public import FoundationEssentials
public import PinionTensor

/// A graph with its weights and the names of the classes.
///
/// A `Model` trains a network, a `Predictor` runs it; files hold one. Copies of the value share the
/// weights.
public struct Network: Sendable, ModelDefinition {
  public let graph: Graph
  public let weights: Weights
  /// The names of the classes in the order of their indices; nil if unknown.
  public var classNames: [String]?

  /// A network with initial weights.
  ///
  /// - Parameters:
  ///   - definition: A ``Sequential`` chain or a ``Graph``.
  ///   - seed: The seed of the initializers' random numbers.
  public init(_ definition: some ModelDefinition, seed: UInt64 = 0) {
    graph = definition.graph
    weights = Weights(graph: definition.graph, seed: seed)
  }

  /// Reads a file of ``save(to:)``.
  ///
  /// Reads the parameters into place, without computing initial values first.
  ///
  /// - Parameters:
  ///   - registry: The types that the configuration may contain:
  ///     `.standard.adding(MyLayer.self)` for a custom layer.
  ///   - ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///     Default: false.
  ///
  /// Throws `FileError` or ``GraphError`` if the file is invalid, lacks a parameter, contains
  /// unknown types, or has a parameter that is not finite.
  public init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false
  ) throws {
    let source = try WeightsFile(file)
    let graph = try source.graph(registry: registry)
    // Before allocating: an invalid configuration may contain any size.
    try source.check(for: graph, ignoringExtra: ignoringExtra)
    let classNames = try source.classNames()
    let weights = Weights(graph: graph)
    try source.read(weights.entries, trainable: weights.trainable, weights.nonTrainable)
    self.init(graph: graph, weights: weights, classNames: classNames)
  }

  package init(graph: Graph, weights: Weights, classNames: [String]? = nil) {
    self.graph = graph
    self.weights = weights
    self.classNames = classNames
  }

  /// The network itself.
  public func network(seed: UInt64) -> Network { self }

  /// A table of layers, output shapes and parameter counts; see
  /// ``Graph/summary(expandingNested:)``.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }

  /// Writes all parameters to a safetensors file, atomically, with the configuration and the names
  /// of the classes in its metadata.
  ///
  /// Tensors have the parameters' names, such as `conv2d_1/kernel`, and Keras's layout.
  ///
  /// Throws `FileError` if the file cannot be written.
  public func save(to file: URL) throws {
    try WeightsFile.write(self, to: file)
  }

  /// Reads all parameters from a safetensors file, which may come from another program.
  ///
  /// Tensors may have half, bfloat16, single or double precision, or be integers. If the file has
  /// names of classes, they replace the network's.
  ///
  /// - Parameter ignoringExtra: Whether to ignore tensors that are not parameters of the network.
  ///   Default: false.
  ///
  /// Throws `FileError` if the file is invalid or of a later format, lacks a parameter, has it with
  /// another shape, or contains an invalid number, such as NaN or a negative variance; the network
  /// is unchanged then.
  public mutating func loadWeights(from file: URL, ignoringExtra: Bool = false) throws {
    let source = try WeightsFile(file)
    try source.check(for: graph, ignoringExtra: ignoringExtra)
    let names = try source.classNames()
    let copy = Weights(graph: graph)
    try source.read(weights.entries, trainable: copy.trainable, copy.nonTrainable)
    weights.copy(from: copy)
    if let names { classNames = names }
  }

  /// The network with a copy of its weights.
  public func copy() -> Network {
    Network(graph: graph, weights: Weights(copying: weights), classNames: classNames)
  }

  /// The part of the network between its inputs and inner values, with a copy of its weights, as
  /// for features of a pretrained network.
  ///
  /// - Parameters:
  ///   - names: The new outputs; see ``Graph/extracting(outputs:name:)``, whose errors are thrown.
  ///   - name: The name of the new graph. Default: the same.
  public func extracting(outputs names: [String], name: String? = nil) throws -> Network {
    copy(as: try graph.extracting(outputs: names, name: name))
  }

  /// The network with layers that are not trainable, and a copy of its weights.
  ///
  /// - Parameter names: Layers, or nested graphs for all of their layers. Default: all layers. See
  ///   ``Graph/freezing(_:)``, whose errors are thrown.
  public func freezing(_ names: String...) throws -> Network {
    var network = copy(as: try graph.setting(isTrainable: false, names))
    network.classNames = classNames
    return network
  }

  /// The network with layers that are trainable again, and a copy of its weights.
  ///
  /// - Parameter names: Layers, or nested graphs for all of their layers. Default: all layers. See
  ///   ``Graph/unfreezing(_:)``, whose errors are thrown.
  public func unfreezing(_ names: String...) throws -> Network {
    var network = copy(as: try graph.setting(isTrainable: true, names))
    network.classNames = classNames
    return network
  }

  /// A network of a graph whose parameters are this one's, by name.
  private func copy(as part: Graph) -> Network {
    let network = Network(graph: part, weights: Weights(graph: part))
    let sources = weights.elements
    for entry in network.weights.entries {
      if let source = sources[entry.name] { network.weights.view(of: entry).copy(from: source) }
    }
    return network
  }

  /// Copies the parameters of another network, such as a pretrained one, to those with the same
  /// names.
  ///
  /// - Parameter group: The nested graph whose parameters are replaced. Default: the whole graph.
  ///
  /// Throws ``GraphError/parameter(_:expected:found:)`` if this network lacks a parameter of
  /// `other`, or has it with another shape; no parameter is changed then.
  public func copyWeights(from other: Network, into group: String? = nil) throws {
    var targets: [String: Weights.Entry] = [:]
    for entry in weights.entries { targets[entry.name] = entry }
    let prefix = group.map { $0 + "/" } ?? ""
    // Layers that occurred before the nested graph have names of their own.
    var names: [String: String] = [:]
    if let group = graph.groups.first(where: { $0.name == group }) {
      for (layer, id) in zip(group.graph.layers, group.layers) {
        names[layer.name] = graph[id].name
      }
    }
    let pairs = try other.weights.entries.map { entry in
      let name =
        names[other.graph[entry.layer].name].map { $0 + "/" + entry.parameter.name }
        ?? prefix + entry.name
      guard let target = targets[name], target.shape == entry.shape else {
        throw GraphError.parameter(name, expected: entry.shape, found: targets[name]?.shape)
      }
      return (target, entry)
    }
    for (target, entry) in pairs {
      weights.view(of: target).copy(from: other.weights.view(of: entry))
    }
  }
}

/// A safetensors file with a network's parameters and metadata.
private struct WeightsFile {
  private enum Keys {
    static let format = "pinion.format"
    static let graph = "pinion.graph"
    static let classes = "pinion.classes"
  }

  /// The version of the file format.
  private static let format = "1"

  private let url: URL
  private let source: SafeTensorsFile

  init(_ url: URL) throws {
    self.url = url
    source = try SafeTensorsFile(contentsOf: url)
    if let found = source.metadata[Keys.format], found != Self.format {
      throw error("metadata \"\(Keys.format)\"", Self.format, found)
    }
  }

  static func write(_ network: Network, to url: URL) throws {
    let configuration = String(decoding: try network.graph.configuration(), as: UTF8.self)
    var metadata = [Keys.format: format, Keys.graph: configuration]
    if let names = network.classNames {
      metadata[Keys.classes] = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
    }
    let weights = network.weights
    try SafeTensors.write(
      weights.entries.map {
        SafeTensors.Entry(name: $0.name, shape: $0.shape, elements: weights.view(of: $0))
      }, metadata: metadata, to: url)
  }

  func graph(registry: TypeRegistry) throws -> Graph {
    guard let configuration = source.metadata[Keys.graph] else {
      throw error("metadata \"\(Keys.graph)\"", "a network's configuration", "nothing")
    }
    return try Graph(configuration: Data(configuration.utf8), registry: registry)
  }

  /// The names of the classes; nil if the file has none.
  func classNames() throws -> [String]? {
    guard let text = source.metadata[Keys.classes] else { return nil }
    let place = "metadata \"\(Keys.classes)\""
    let data = Data(text.utf8)
    try JSONDocument.check(data, file: url.path, place: place)
    do {
      return try JSONDecoder().decode([String].self, from: data)
    } catch {
      throw self.error(place, "a list of names", String(text.prefix(100)).debugDescription)
    }
  }

  /// Throws unless the file has all parameters of the graph and, unless `ignoringExtra`, no other
  /// tensors.
  func check(for graph: Graph, ignoringExtra: Bool) throws {
    var names: Set<String> = []
    for layer in graph.layers {
      for parameter in layer.parameters {
        let name = "\(layer.name)/\(parameter.name)"
        names.insert(name)
        let found = source.entry(named: name)
        guard let found, found.shape == parameter.shape else {
          throw error(
            "tensor \"\(name)\"", "shape \(parameter.shape)",
            found.map { "shape \($0.shape)" } ?? "no such tensor")
        }
      }
    }
    guard !ignoringExtra else { return }
    for entry in source.entries where !names.contains(entry.name) {
      throw error(
        "tensor \"\(entry.name)\"",
        "only the network's \(names.count) parameters, or ignoringExtra: true", "another one")
    }
  }

  func read(
    _ entries: [Weights.Entry], trainable: MemoryView<Float>, _ nonTrainable: MemoryView<Float>
  ) throws {
    for entry in entries {
      let target = (entry.isTrainable ? trainable : nonTrainable)[entry.range]
      try source.copyElements(of: entry.name, into: target)
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw error(
          "tensor \"\(entry.name)\", element \(flaw.place)", flaw.expected, "\(flaw.value)")
      }
    }
  }

  private func error(_ place: String, _ expected: String, _ found: String) -> FileError {
    FileError(file: url.path, place: place, expected: expected, found: found)
  }
}
