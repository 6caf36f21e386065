internal import FoundationEssentials
public import PinionLayers
internal import PinionOptimizers
public import PinionTensor
public import PinionTraining

extension Network {
  /// The network of a `.keras` file of Keras 3, or of a `.h5` file of a whole model of Keras 2 or
  /// 3, with its weights.
  ///
  /// No code of the file is run: it can contain only layers and options that Pinion supports.
  ///
  /// Throws ``KerasError`` that names all layers and options that are not supported, `FileError` if
  /// the file is invalid.
  public init(keras file: some FileLocation) throws { self = try KerasContents(file).network }
}

/// The network of a file, with the rest of its configuration.
struct KerasContents {
  let network: Network
  /// The configuration with `compile_config`.
  let config: KerasValue
  let source: HDF5File
  /// The parameters in Keras's order.
  let names: [String]
  /// The paths of the optimizer's arrays in a file that lists them.
  private let optimizerPaths: [String]?

  /// Configurations of the largest networks of `keras.applications` have 1 MiB.
  private static let jsonLimit = 1 << 23

  init(_ file: some FileLocation) throws {
    let reader = try FileReader(file.fileURL)
    var metadata: KerasValue?
    let list: KerasListFile?
    if try KerasFile.isZip(reader) {
      let archive = try ZipArchive(reader)
      config = try Self.json("config.json", archive)
      source = try KerasFile.weights(archive)
      if archive.entry(named: "metadata.json") != nil {
        metadata = try Self.json("metadata.json", archive)
      }
      list = nil
      optimizerPaths = nil
    } else {
      source = try HDF5File(reader, in: 0..<reader.size)
      guard let found = try KerasListFile(source) else {
        throw FileError(
          file: reader.file, place: "root group", expected: "a whole model",
          found: "weights alone")
      }
      config = try found.config(limit: Self.jsonLimit)
      list = found
      optimizerPaths = try found.optimizerPaths() ?? []
    }
    let place = list == nil ? "config.json" : KerasListFile.place
    do {
      var problems: [String] = []
      let model = try KerasModel(parsing: config, &problems)
      if let list { list.setStatistics(of: model) } else { model.setFolders() }
      var importer = KerasImporter(source)
      let graph = try importer.graph(model)
      let paths =
        try list?.paths(KerasImporter.parameterLists(model, graph), byName: true)
        ?? KerasImporter.paths(model, graph)
      var places: [String: String] = [:]
      for (name, path) in paths { places[name] = path.joined(separator: "/") }
      // Before any memory is allocated for them.
      let parameters = graph.layers.flatMap { layer in
        layer.parameters.map { (name: "\(layer.name)/\($0.name)", shape: $0.shape) }
      }
      try KerasFile.check(source, places, parameters, file: reader.file)
      let weights = Weights(graph: graph)
      try KerasFile.read(source, places, into: weights, file: reader.file)
      let classNames = metadata?["class_names"]?.list?.compactMap(\.text)
      network = Network(graph: graph, weights: weights, classNames: classNames)
      names = paths.map(\.name)
    } catch let flaw as KerasFlaw {
      throw FileError(
        file: reader.file, place: place, expected: flaw.expected, found: flaw.found)
    } catch let error as GraphError {
      throw FileError(
        file: reader.file, place: place, expected: "a valid graph",
        found: error.description)
    }
  }

  /// The path of an array of the optimizer; nil if there is none.
  func optimizerPath(_ index: Int) -> String? {
    guard let optimizerPaths else { return "optimizer/vars/\(index)" }
    return optimizerPaths.indices.contains(index) ? optimizerPaths[index] : nil
  }

  /// Whether a constant learning rate is one of the optimizer's arrays, as it is not in Keras 2.
  var hasRate: Bool {
    guard let optimizerPaths else { return true }
    return optimizerPaths.count > 1 && optimizerPaths[1].contains("learning_rate")
  }

  private static func json(_ name: String, _ archive: ZipArchive) throws -> KerasValue {
    let entry = try KerasFile.stored(name, in: archive)
    let source = try ZipSource(archive, entry)
    guard source.size <= jsonLimit else {
      throw FileError(
        file: archive.reader.file, place: name, expected: "at most \(jsonLimit) bytes",
        found: "\(source.size)")
    }
    let bytes = try source.bytes(source.size, place: name)
    return try KerasValue(json: bytes, file: archive.reader.file, place: name)
  }
}

extension Model {
  /// The model of a `.keras` file of Keras 3, or of a `.h5` file of Keras 2 or 3: network,
  /// optimizer with its state, losses and metrics.
  ///
  /// Metrics that Pinion lacks are left out. Without a state of the optimizer, or with one of
  /// another optimizer, the state is the initial one.
  ///
  /// - Parameters:
  ///   - file: The file.
  ///   - seed: The key of the random numbers of further training.
  ///   - threads: The threads that train and evaluate. Default: the process's pool, with one thread
  ///     per core.
  ///
  /// Throws ``KerasError`` that names all that is not supported, or if the model was not compiled;
  /// `FileError` if the file is invalid; the errors of the other initializers.
  public convenience init(keras file: some FileLocation, seed: UInt64 = 0, threads: Int? = nil)
    throws
  {
    let contents = try KerasContents(file)
    let graph = contents.network.graph
    let setup = try KerasTraining.setup(
      contents.config["compile_config"], outputs: graph.outputs.map { graph[$0].name })
    try self.init(
      contents.network, optimizer: setup.optimizer, losses: PerOutput(setup.losses),
      lossWeights: PerOutput(setup.lossWeights), metrics: setup.metrics.map { PerOutput($0) },
      seed: seed, threads: threads)
    try contents.readState(into: self)
  }
}
