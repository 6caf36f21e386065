public import FoundationEssentials
public import PinionTensor

/// A graph with its weights, and the names of the classes: what a file of a trained network holds.
///
/// A `Model` trains a network, a `Predictor` runs one. Copies of the value share the weights.
public struct Network: Sendable, ModelDefinition {
  /// The layers and their connections.
  public let graph: Graph
  /// All parameters.
  public let weights: Weights
  /// The names of the classes in the order of their indices. Nil if unknown.
  public var classNames: [String]?

  /// A network with initial weights.
  ///
  /// - Parameters:
  ///   - definition: A ``Sequential`` chain or a ``Graph``.
  ///   - seed: The key of the random numbers that initializers draw.
  public init(_ definition: some ModelDefinition, seed: UInt64 = 0) {
    graph = definition.graph
    weights = Weights(graph: definition.graph, seed: seed)
  }

  /// The network of a file that ``save(to:)`` wrote. Parameters are read straight into the weights;
  /// initializers draw nothing.
  ///
  /// - Parameters:
  ///   - registry: The types that its configuration may name: `.standard.adding(MyLayer.self)` for
  ///     one of yours.
  ///   - ignoringExtra: Whether tensors that are no parameters of the network are ignored.
  ///
  /// Throws `FileError` or ``GraphError`` if the file is broken, lacks a parameter, names unknown
  /// types, or holds a parameter that is not finite.
  public init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false
  ) throws {
    let source = try WeightsFile(file)
    let graph = try source.graph(registry: registry)
    // Before memory is asked for: a broken configuration may name any size.
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

  /// The table of layers, shapes and parameters, in Keras's format.
  public func summary(expandingNested: Bool = false) -> String {
    graph.summary(expandingNested: expandingNested)
  }

  /// Writes all parameters as a safetensors file, with the configuration and the names of the
  /// classes in its metadata.
  ///
  /// Each tensor has the parameter's name, `conv2d_1/kernel`, and Keras's layout. The file appears
  /// under its name only when complete. Throws `FileError` if it cannot be written.
  public func save(to file: URL) throws {
    try WeightsFile.write(self, to: file)
  }

  /// Reads all parameters from a safetensors file; any program may have written it.
  ///
  /// Tensors may be of half, bfloat16, single or double precision. Names of classes in the file
  /// become the network's.
  ///
  /// - Parameter ignoringExtra: Whether tensors that are no parameters of the network are ignored.
  ///
  /// Throws `FileError` if the file is broken, of a later format, or has other parameters than the
  /// network, NaN or infinity among them, or a variance below zero; then all are as they were.
  public mutating func loadWeights(from file: URL, ignoringExtra: Bool = false) throws {
    let source = try WeightsFile(file)
    try source.check(for: graph, ignoringExtra: ignoringExtra)
    let names = try source.classNames()
    let copy = Weights(graph: graph)
    try source.read(weights.entries, trainable: copy.trainable, copy.nonTrainable)
    weights.copy(from: copy)
    if let names { classNames = names }
  }

  /// The network with weights of its own.
  public func copy() -> Network {
    Network(graph: graph, weights: Weights(copying: weights), classNames: classNames)
  }

  /// The part of the network from its inputs to values in it, with a copy of its weights, as for
  /// features of a pretrained network.
  ///
  /// - Parameter names: The values, as in ``Graph/extracting(outputs:name:)``, whose errors it
  ///   throws.
  public func extracting(outputs names: [String]) throws -> Network {
    let part = try graph.extracting(outputs: names)
    let network = Network(graph: part, weights: Weights(graph: part))
    for entry in network.weights.entries {
      if let source = weights[entry.name] { network.weights.view(of: entry).copy(from: source) }
    }
    return network
  }

  /// Copies the parameters of another network into those of the same names here.
  ///
  /// - Parameters:
  ///   - other: The network, such as a pretrained one.
  ///   - group: The nested graph here whose layers are the other network's. Default: the graph
  ///     itself.
  ///
  /// Throws ``GraphError/parameter(_:expected:found:)``, before anything is copied, if a parameter
  /// of `other` has no counterpart here, or one of another shape.
  public func copyWeights(from other: Network, into group: String? = nil) throws {
    var targets: [String: Weights.Entry] = [:]
    for entry in weights.entries { targets[entry.name] = entry }
    let prefix = group.map { $0 + "/" } ?? ""
    let pairs = try other.weights.entries.map { entry in
      let name = prefix + entry.name
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

/// A safetensors file of a network's parameters.
private struct WeightsFile {
  private enum Keys {
    static let format = "pinion.format"
    static let graph = "pinion.graph"
    static let classes = "pinion.classes"
  }

  /// The version of the file format that is written.
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

  /// The classes' names; nil if the file has none.
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

  /// Throws unless the file has the graph's parameters, all of them and, unless they are to be
  /// ignored, no others.
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
