public import FoundationEssentials
public import PinionLayers
public import PinionMetrics
public import PinionOptimizers
public import PinionTensor

extension Model {
  private enum Keys {
    static let format = "pinion.format"
    static let graph = "pinion.graph"
  }

  /// The version of the file format that is written.
  private static let format = "1"

  /// Writes all parameters as a safetensors file, with the network's configuration in its metadata.
  ///
  /// Each tensor has the parameter's name, `conv2d_1/kernel`, and Keras's layout. The file appears under its name only when complete.
  /// Throws `FileError` if it cannot be written.
  public func saveWeights(to file: URL) throws {
    let configuration = String(decoding: try graph.configuration(), as: UTF8.self)
    try SafeTensors.write(
      weights.entries.map {
        SafeTensors.Entry(name: $0.name, shape: $0.shape, elements: weights.view(of: $0))
      },
      metadata: [Keys.format: Self.format, Keys.graph: configuration], to: file)
  }

  /// Reads all parameters from a safetensors file; any program may have written it.
  ///
  /// Throws `FileError` if the file is broken, of a later format, or has other parameters than the network; then all are as they were.
  public func loadWeights(from file: URL) throws {
    let source = try SafeTensorsFile(contentsOf: file)
    try Self.checkFormat(source, file)
    let expected = Set(weights.entries.map(\.name))
    for entry in source.entries where !expected.contains(entry.name) {
      throw FileError(
        file: file.path, place: "tensor \"\(entry.name)\"",
        expected: "only the network's \(expected.count) parameters", found: "another one")
    }
    let trainable = AlignedBuffer(count: weights.trainable.count)
    let nonTrainable = AlignedBuffer(count: weights.nonTrainable.count)
    for entry in weights.entries {
      guard let found = source.entry(named: entry.name) else {
        throw FileError(
          file: file.path, place: "tensor \"\(entry.name)\"", expected: "shape \(entry.shape)",
          found: "no such tensor")
      }
      guard found.shape == entry.shape else {
        throw FileError(
          file: file.path, place: "tensor \"\(entry.name)\"", expected: "shape \(entry.shape)",
          found: "shape \(found.shape)")
      }
      let target = entry.isTrainable ? trainable.view : nonTrainable.view
      try source.copyElements(of: entry.name, into: target[entry.range])
    }
    weights.trainable.copy(from: trainable.view)
    weights.nonTrainable.copy(from: nonTrainable.view)
  }

  /// The network that a file written by ``saveWeights(to:)`` holds, with its weights, ready to predict.
  ///
  /// The file holds neither the optimiser nor the loss and the metrics: evaluating or training further takes those
  /// that the network was trained with.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - registry: The types that its configuration may name: `.standard.adding(MyLayer.self)` for one of yours.
  ///   - optimizer: The update rule of further training. Default: Adam.
  ///   - loss: What training makes small. Default: cross-entropy of class numbers.
  ///   - metrics: What is reported besides. Default: accuracy, if the loss compares classes.
  ///   - seed: What the random numbers of further training depend on. Default: 0.
  ///   - threads: How many threads train and evaluate. Default: the process's pool, one a core.
  ///
  /// Throws `FileError` or `GraphError` if the file is broken or names unknown types, and `HyperparameterError` if
  /// the optimiser's numbers make no sense.
  public convenience init(
    contentsOf file: URL, registry: TypeRegistry = .standard,
    optimizer: some Optimizer = Adam(), loss: some Loss = .sparseCategoricalCrossEntropy,
    metrics: [any Metric]? = nil, seed: UInt64 = 0, threads: Int? = nil
  ) throws {
    let source = try SafeTensorsFile(contentsOf: file)
    try Self.checkFormat(source, file)
    guard let configuration = source.metadata[Keys.graph] else {
      throw FileError(
        file: file.path, place: "metadata \"\(Keys.graph)\"", expected: "a network's configuration",
        found: "nothing")
    }
    let graph = try Graph(configuration: Data(configuration.utf8), registry: registry)
    try self.init(
      graph, optimizer: optimizer, loss: loss, metrics: metrics, seed: seed, threads: threads)
    try loadWeights(from: file)
  }

  private static func checkFormat(_ source: SafeTensorsFile, _ file: URL) throws {
    guard let found = source.metadata[Keys.format], found != format else { return }
    throw FileError(
      file: file.path, place: "metadata \"\(Keys.format)\"", expected: format, found: found)
  }
}
