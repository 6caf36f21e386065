public import FoundationEssentials
public import PinionLayers
public import PinionMetrics
public import PinionOptimizers
public import PinionTensor

extension Model {
  private enum Keys {
    static let format = "pinion.format"
    static let graph = "pinion.graph"
    static let classes = "pinion.classes"
  }

  /// The version of the file format that is written.
  private static let format = "1"

  /// Writes all parameters as a safetensors file, with the network's configuration and the classes' names in its metadata.
  ///
  /// Each tensor has the parameter's name, `conv2d_1/kernel`, and Keras's layout. The file appears under its name only when complete.
  /// Throws `FileError` if it cannot be written.
  public func saveWeights(to file: URL) throws {
    let configuration = String(decoding: try graph.configuration(), as: UTF8.self)
    let classes = try classNames.map {
      [Keys.classes: String(decoding: try JSONEncoder().encode($0), as: UTF8.self)]
    }
    try SafeTensors.write(
      weights.entries.map {
        SafeTensors.Entry(name: $0.name, shape: $0.shape, elements: weights.view(of: $0))
      },
      metadata: [Keys.format: Self.format, Keys.graph: configuration]
        .merging(classes ?? [:]) { first, _ in first },
      to: file)
  }

  /// Reads all parameters from a safetensors file; any program may have written it.
  ///
  /// Tensors may be of half, bfloat16, single or double precision: `SafeTensorsFile/elements(of:)` says how they become
  /// floats. Names of classes in the file become the model's.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - ignoringExtra: Whether tensors that are none of the network's parameters are left aside. Default: no, since they
  ///     are a sign of another network.
  ///
  /// Throws `FileError` if the file is broken, of a later format, or has other parameters than the network, NaN or infinity
  /// among them, or a variance below zero; then all are as they were.
  public func loadWeights(from file: URL, ignoringExtra: Bool = false) throws {
    let source = try Self.open(file)
    try Self.check(source, file, for: graph, ignoringExtra: ignoringExtra)
    let classes = try Self.classNames(source, file)
    try read(source, file)
    if let classes { classNames = classes }
  }

  /// The network that a file written by ``saveWeights(to:)`` holds, with its weights, ready to predict.
  ///
  /// The file holds neither the optimizer nor the loss and the metrics: evaluating or training further takes those
  /// that the network was trained with.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - registry: The types that its configuration may name: `.standard.adding(MyLayer.self)` for one of yours.
  ///   - ignoringExtra: Whether tensors that are none of the network's parameters are left aside. Default: no.
  ///   - optimizer: The update rule of further training. Default: Adam.
  ///   - loss: What training makes small. Default: cross-entropy of class numbers.
  ///   - metrics: What is reported besides. Default: accuracy, if the loss compares classes.
  ///   - seed: What the random numbers of further training depend on. Default: 0.
  ///   - threads: How many threads train and evaluate. Default: the process's pool, one a core.
  ///
  /// Throws `FileError` or `GraphError` if the file is broken or names unknown types, and `ArgumentError` if
  /// the optimizer's numbers make no sense.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard, ignoringExtra: Bool = false,
    optimizer: some Optimizer = Adam(), loss: some Loss = .sparseCategoricalCrossEntropy,
    metrics: [any Metric]? = nil, seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    let source = try Self.open(file)
    guard let configuration = source.metadata[Keys.graph] else {
      throw FileError(
        file: file.path, place: "metadata \"\(Keys.graph)\"", expected: "a network's configuration",
        found: "nothing")
    }
    let graph = try Graph(configuration: Data(configuration.utf8), registry: registry)
    // Before memory is asked for: a broken configuration may name any size.
    try Self.check(source, file, for: graph, ignoringExtra: ignoringExtra)
    try self.init(
      graph, optimizer: optimizer, loss: loss, metrics: metrics, seed: seed, threads: threads)
    // In place: nobody sees the model if this fails.
    try read(source, file, trainable: weights.trainable, nonTrainable: weights.nonTrainable)
    classNames = try Self.classNames(source, file)
  }

  /// The classes' names in a file; nil if it has none.
  private static func classNames(_ source: SafeTensorsFile, _ file: URL) throws -> [String]? {
    guard let text = source.metadata[Keys.classes] else { return nil }
    let data = Data(text.utf8)
    try JSONDocument.check(data, file: file.path, place: "metadata \"\(Keys.classes)\"")
    do {
      return try JSONDecoder().decode([String].self, from: data)
    } catch {
      throw FileError(
        file: file.path, place: "metadata \"\(Keys.classes)\"", expected: "a list of names",
        found: String(text.prefix(100)).debugDescription)
    }
  }

  private static func open(_ file: URL) throws -> SafeTensorsFile {
    let source = try SafeTensorsFile(contentsOf: file)
    guard let found = source.metadata[Keys.format], found != format else { return source }
    throw FileError(
      file: file.path, place: "metadata \"\(Keys.format)\"", expected: format, found: found)
  }

  /// Throws unless the file has the graph's parameters, all of them and, unless they are to be ignored, no others.
  private static func check(
    _ source: SafeTensorsFile, _ file: URL, for graph: Graph, ignoringExtra: Bool
  ) throws {
    var names: Set<String> = []
    for layer in graph.layers {
      for parameter in layer.parameters {
        let name = "\(layer.name)/\(parameter.name)"
        names.insert(name)
        let found = source.entry(named: name)
        guard let found, found.shape == parameter.shape else {
          throw FileError(
            file: file.path, place: "tensor \"\(name)\"", expected: "shape \(parameter.shape)",
            found: found.map { "shape \($0.shape)" } ?? "no such tensor")
        }
      }
    }
    guard !ignoringExtra else { return }
    for entry in source.entries where !names.contains(entry.name) {
      throw FileError(
        file: file.path, place: "tensor \"\(entry.name)\"",
        expected: "only the network's \(names.count) parameters, or ignoringExtra: true",
        found: "another one")
    }
  }

  /// Reads all parameters; they change only if all can be read.
  private func read(_ source: SafeTensorsFile, _ file: URL) throws {
    let trainable = AlignedBuffer(count: weights.trainable.count)
    let nonTrainable = AlignedBuffer(count: weights.nonTrainable.count)
    try read(source, file, trainable: trainable.view, nonTrainable: nonTrainable.view)
    weights.trainable.copy(from: trainable.view)
    weights.nonTrainable.copy(from: nonTrainable.view)
  }

  private func read(
    _ source: SafeTensorsFile, _ file: URL, trainable: MemoryView<Float>,
    nonTrainable: MemoryView<Float>
  ) throws {
    for entry in weights.entries {
      let target = (entry.isTrainable ? trainable : nonTrainable)[entry.range]
      try source.copyElements(of: entry.name, into: target)
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw FileError(
          file: file.path, place: "tensor \"\(entry.name)\", element \(flaw.place)",
          expected: flaw.expected, found: "\(flaw.value)")
      }
    }
  }
}
