internal import FoundationEssentials
public import PinionLayers
internal import PinionOptimizers
public import PinionTensor
public import PinionTraining

extension Network {
  /// Writes the network to a `.keras` file of Keras 3, atomically, which
  /// `keras.models.load_model(file)` reads without custom objects.
  ///
  /// Layers have Pinion's names, with `_` for `/`. An activation with a parameter, such as the
  /// slope of `LeakyReLU`, becomes a layer of its own. The names of the classes are in
  /// `metadata.json`.
  ///
  /// Throws ``KerasError`` that names all layers and options that Keras lacks, `FileError` if the
  /// file cannot be written.
  public func saveKeras(to file: some FileLocation) throws {
    try KerasFile.write(self, nil, to: file)
  }

  /// Writes the parameters to a `.weights.h5` file of Keras 3, atomically, for
  /// `model.load_weights(file)` of the same network in Keras.
  ///
  /// Layers are matched by class and position. Throws `FileError` if the file cannot be written.
  public func saveKerasWeights(to file: some FileLocation) throws {
    let writer = HDF5Writer()
    KerasFile.add(self, KerasExporter(graph).paths, to: writer)
    try AtomicFile.write(to: file.fileURL) { file in
      var writer = writer
      try writer.write(to: file)
    }
  }

  /// Sets the parameters to those of a `.weights.h5` or a `.keras` file of Keras 3 with the same
  /// network, or of a `.h5` file of Keras 2 or 3.
  ///
  /// Layers are matched by class and position; in `.h5` files, by the position among the layers
  /// with parameters. Other arrays are ignored.
  ///
  /// Throws `FileError` if the file is invalid, lacks a parameter, has it with another shape or
  /// with an invalid number; the network is unchanged then.
  public func loadKerasWeights(from file: some FileLocation) throws {
    let source = try KerasFile.weights(FileReader(file.fileURL))
    let exporter = KerasExporter(graph)
    let found = try KerasListFile(source)?.paths(exporter.parameterLists, byName: false)
    var paths: [String: String] = [:]
    for (name, path) in found ?? exporter.paths { paths[name] = path.joined(separator: "/") }
    let copy = Weights(copying: weights)
    try KerasFile.read(source, paths, into: copy, file: file.filePath)
    weights.copy(from: copy)
  }
}

extension Model {
  /// Writes the network to a `.keras` file of Keras 3, atomically; with the optimizer, its state,
  /// the losses and the metrics, so that training can continue in Keras, if Keras has the optimizer
  /// and the losses. Metrics other than accuracies and `RootMeanSquaredError` are left out.
  ///
  /// As ``Network/saveKeras(to:)`` of the network.
  public func saveKeras(to file: some FileLocation) throws {
    try KerasFile.write(network, self, to: file)
  }
}

/// A network or a file that the other library cannot represent.
public enum KerasError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Layers, with their unsupported options.
  case unsupported([String])
  /// The file has no optimizer or loss, or one that Pinion lacks; the reason.
  case notCompiled(String)

  public var description: String {
    switch self {
    case .unsupported(let layers):
      PrintableText.escaped("not supported: \(layers.joined(separator: "; "))")
    case .notCompiled(let reason):
      PrintableText.escaped("no optimizer and loss: \(reason)")
    }
  }
}

/// The members of a `.keras` file.
enum KerasFile {
  static let weights = "model.weights.h5"

  static func write(_ network: Network, _ model: Model?, to file: some FileLocation) throws {
    let exporter = KerasExporter(network.graph)
    guard exporter.problems.isEmpty else { throw KerasError.unsupported(exporter.problems) }
    var config = exporter.model.json.members ?? [:]
    let writer = HDF5Writer()
    let paths = exporter.paths
    add(network, paths, to: writer)
    var state: [AlignedBuffer] = []
    if let model, let compiled = KerasTraining.describe(model) {
      config["compile_config"] = compiled
      state = addState(of: model, compiled, paths.map(\.name), to: writer)
    }
    // A fixed date: equal networks have equal files.
    var metadata: [String: KerasValue] = [
      "keras_version": "3.15.1", "date_saved": "1980-01-01@00:00:00",
    ]
    if let names = network.classNames { metadata["class_names"] = .list(names.map { .text($0) }) }
    let members = [
      ("metadata.json", try KerasValue.object(metadata).json),
      ("config.json", try KerasValue.object(config).json),
    ]
    try AtomicFile.write(to: file.fileURL) { file in
      var zip = ZipWriter()
      for (name, bytes) in members {
        try unsafe bytes.withUnsafeBytes {
          try unsafe zip.add(name, [$0], isDeflated: false, to: file)
        }
      }
      var writer = writer
      let structure = writer.structure()
      try unsafe structure.withUnsafeBytes { start in
        let arrays = unsafe writer.elements.map {
          unsafe UnsafeRawBufferPointer(start: $0.base, count: 4 * $0.count)
        }
        try unsafe zip.add(weights, [start] + arrays, isDeflated: false, to: file)
      }
      try zip.finish(file)
    }
    withExtendedLifetime(state) {}
  }

  static func add(
    _ network: Network, _ paths: [(name: String, path: [String])], to writer: HDF5Writer
  ) {
    var places: [String: [String]] = [:]
    for (name, path) in paths { places[name] = path }
    for entry in network.weights.entries {
      writer.add(places[entry.name] ?? [entry.name], entry.shape, network.weights.view(of: entry))
    }
  }

  /// Adds the optimizer's state; returns memory that must be kept until the file is written.
  ///
  /// - Parameter names: The parameters in Keras's order.
  private static func addState(
    of model: Model, _ compiled: KerasValue, _ names: [String], to writer: HDF5Writer
  ) -> [AlignedBuffer] {
    let state = model.optimizerState
    var count = 0
    var memory: [AlignedBuffer] = []
    func put(_ shape: Shape, _ elements: MemoryView<Float>) {
      writer.add(["optimizer", "vars", "\(count)"], shape, elements)
      count += 1
    }
    func put(_ value: Double) {
      let buffer = AlignedBuffer(count: 1)
      buffer.view[0] = Float(value)
      memory.append(buffer)
      put([], buffer.view)
    }
    put(Double(state.step))
    let constantRate = compiled["optimizer"]?["config"]?["learning_rate"]?.number
    if let rate = constantRate { put(rate) }
    var ranges: [String: ParameterRange] = [:]
    for parameter in state.parameters { ranges[parameter.name] = parameter }
    for group in KerasTraining.slotGroups(of: model.optimizer) {
      for name in names {
        guard let parameter = ranges[name] else { continue }
        for (slot, buffer) in zip(state.slotNames, state.slots) where group.contains(slot) {
          put(parameter.shape, buffer.view[parameter.range])
        }
      }
    }
    for scalar in state.scalars { put(scalar) }
    return memory
  }

  // MARK: Reading

  /// The HDF5 file, or that in the zip file, whose checksum is compared.
  static func weights(_ reader: FileReader) throws -> HDF5File {
    guard try isZip(reader) else { return try HDF5File(reader, in: 0..<reader.size) }
    return try weights(ZipArchive(reader))
  }

  /// Whether a file is not an HDF5 file, of whatever name.
  static func isZip(_ reader: FileReader) throws -> Bool {
    try reader.bytes(0..<min(4, reader.size), place: "start of the file")
      != [0x89, 0x48, 0x44, 0x46]
  }

  static func weights(_ archive: ZipArchive) throws -> HDF5File {
    let entry = try stored(weights, in: archive)
    let source = try ZipSource(archive, entry)
    while source.position < source.size {
      _ = try source.bytes(min(1 << 20, source.size - source.position), place: weights)
    }
    return try HDF5File(archive.reader, in: archive.range(of: entry))
  }

  static func stored(_ name: String, in archive: ZipArchive) throws -> ZipArchive.Entry {
    guard let entry = archive.entry(named: name), !entry.isDeflated else {
      throw FileError(
        file: archive.reader.file, place: "members", expected: "\(name), stored",
        found: archive.entry(named: name) == nil ? "none" : "a deflated one")
    }
    return entry
  }

  /// Throws unless the file has each parameter, in its shape.
  static func check(
    _ source: HDF5File, _ paths: [String: String], _ parameters: [(name: String, shape: Shape)],
    file: String
  ) throws {
    for (name, shape) in parameters {
      let path = paths[name] ?? ""
      guard let found = source.entries[path], found.shape == shape else {
        throw FileError(
          file: file, place: "array \(path.debugDescription)",
          expected: "shape \(shape) of \(name)",
          found: source.entries[path].map { "shape \($0.shape)" } ?? "no such array")
      }
    }
  }

  static func read(
    _ source: HDF5File, _ paths: [String: String], into weights: Weights, file: String
  ) throws {
    try check(source, paths, weights.entries.map { ($0.name, $0.shape) }, file: file)
    for entry in weights.entries {
      guard let path = paths[entry.name], let found = source.entries[path] else { continue }
      let target = weights.view(of: entry)
      try source.read(path, found, into: target)
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw FileError(
          file: file, place: "array \(path.debugDescription), element \(flaw.place)",
          expected: flaw.expected, found: "\(flaw.value)")
      }
    }
  }
}
