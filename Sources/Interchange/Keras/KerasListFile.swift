internal import PinionLayers
internal import PinionTensor

/// A `.h5` file of Keras 2 or 3 in the older format: the configuration is in attributes, and the
/// arrays of each layer of the outermost model are listed by name, including those of nested
/// models.
struct KerasListFile {
  let source: HDF5File
  /// The group of the layers; empty for the root, of weights alone.
  private let root: String
  /// The layers of the outermost model that have arrays, in Keras's order.
  private let layers: [Layer]

  private struct Layer {
    let name: String
    /// The paths of the arrays but ``statistics``.
    var arrays: [String] = []
    /// Mean and variance of each `Normalization`, which are hyperparameters in Pinion.
    var statistics: [[String]] = []
  }

  /// Nil if the file has the format of Keras 3.
  init?(_ source: HDF5File) throws(FileError) {
    self.source = source
    root = source.groups["model_weights"] == nil ? "" : "model_weights"
    guard let names = try source.strings("layer_names", of: root) else { return nil }
    var layers: [Layer] = []
    var used: Set<String> = []
    for name in names {
      guard used.insert(name).inserted else {
        throw FileError(
          file: source.file, place: "attribute layer_names", expected: "names that differ",
          found: "a second \(name.debugDescription)")
      }
      let group = root.isEmpty ? name : "\(root)/\(name)"
      guard let arrays = try source.strings("weight_names", of: group) else {
        throw FileError(
          file: source.file, place: "group \(group.debugDescription)",
          expected: "the attribute weight_names", found: "none")
      }
      var layer = Layer(name: name)
      var next = 0
      func kind(_ index: Int) -> Substring? {
        guard arrays.indices.contains(index) else { return nil }
        return arrays[index].split(separator: "/").last?.prefix { $0 != ":" }
      }
      while next < arrays.count {
        if kind(next) == "mean", kind(next + 1) == "variance" {
          layer.statistics.append([0, 1].map { "\(group)/\(arrays[next + $0])" })
          next += kind(next + 2) == "count" ? 3 : 2
        } else {
          layer.arrays.append("\(group)/\(arrays[next])")
          next += 1
        }
      }
      layers.append(layer)
    }
    self.layers = layers
  }

  // MARK: Configuration

  /// The place of the configuration, for errors.
  static let place = "attribute model_config"

  /// The configuration as `config.json` has it.
  func config(limit: Int) throws(FileError) -> KerasValue {
    guard var model = try json("model_config", limit), var members = model.members else {
      throw FileError(
        file: source.file, place: Self.place, expected: "the layers of a model",
        found: "weights alone")
    }
    if try source.strings("keras_version", of: "")?.first?.hasPrefix("2.") == true {
      model = Self.renamed(model)
      members = model.members ?? members
    }
    guard var training = try json("training_config", limit)?.members else { return model }
    if var optimizer = training["optimizer_config"]?.members {
      if let name = optimizer["class_name"]?.text, name.hasPrefix("Custom>") {
        optimizer["class_name"] = .text(String(name.dropFirst("Custom>".count)))
      }
      training["optimizer"] = .object(optimizer)
    }
    members["compile_config"] = .object(training)
    return .object(members)
  }

  /// With another name for `hard_sigmoid`, which is clip(0.2·x + 0.5) in Keras 2, and
  /// relu6(x + 3)/6 in Keras 3 and Pinion.
  private static func renamed(_ value: KerasValue) -> KerasValue {
    switch value {
    case .object(var members):
      for (key, member) in members { members[key] = renamed(member) }
      return .object(members)
    case .list(let list): return .list(list.map(renamed))
    case "hard_sigmoid": return "hard_sigmoid of Keras 2"
    default: return value
    }
  }

  private func json(_ name: String, _ limit: Int) throws(FileError) -> KerasValue? {
    guard let text = try source.strings(name, of: "")?.first else { return nil }
    let place = "attribute \(name)"
    guard text.utf8.count <= limit else {
      throw FileError(
        file: source.file, place: place, expected: "at most \(limit) bytes",
        found: "\(text.utf8.count)")
    }
    return try KerasValue(json: Array(text.utf8), file: source.file, place: place)
  }

  /// The paths of the optimizer's arrays, the number of steps first; nil for files of Keras before
  /// 2.11, which uses another order.
  func optimizerPaths() throws(FileError) -> [String]? {
    let names = try source.strings("weight_names", of: "optimizer_weights") ?? []
    guard names.first?.contains("iteration") == true else { return nil }
    return names.map { "optimizer_weights/\($0)" }
  }

  // MARK: Layers

  /// Sets the paths of the statistics of a model's normalization layers.
  func setStatistics(of model: KerasModel) {
    func set(_ model: KerasModel, _ statistics: inout ArraySlice<[String]>) {
      for index in model.layers.indices {
        if let nested = model.layers[index].model {
          set(nested, &statistics)
        } else if model.layers[index].part.className == "Normalization",
          model.layers[index].part.config["mean"] ?? .nothing == .nothing
        {
          model.layers[index].statistics = statistics.popFirst() ?? []
        }
      }
    }
    var places: [String: Layer] = [:]
    for layer in layers { places[layer.name] = layer }
    for index in model.layers.indices {
      var statistics = (places[model.layers[index].name]?.statistics ?? [])[...]
      if let nested = model.layers[index].model {
        set(nested, &statistics)
      } else {
        model.layers[index].statistics = statistics.first ?? []
      }
    }
  }

  /// The path of each parameter's array, in Keras's order.
  ///
  /// - Parameters:
  ///   - parameters: The parameters of each layer of the outermost model.
  ///   - byName: Whether layers are matched by name instead of by order.
  func paths(
    _ parameters: [(layer: String, names: [String])], byName: Bool
  ) throws(FileError) -> [(name: String, path: [String])] {
    var places: [String: Layer] = [:]
    for layer in layers { places[layer.name] = layer }
    let used = parameters.filter { !$0.names.isEmpty }
    let stored = layers.filter { !$0.arrays.isEmpty }
    guard byName || used.count == stored.count else {
      throw FileError(
        file: source.file, place: "group \(root.debugDescription)",
        expected: "\(used.count) layers with parameters", found: "\(stored.count)")
    }
    var paths: [(String, [String])] = []
    for (index, layer) in used.enumerated() {
      let found = byName ? places[layer.layer] : stored[index]
      guard let found, found.arrays.count == layer.names.count else {
        throw FileError(
          file: source.file,
          place: "arrays of layer \((found?.name ?? layer.layer).debugDescription)",
          expected: "\(layer.names.count)", found: "\(found?.arrays.count ?? 0)")
      }
      paths += zip(layer.names, found.arrays).map { ($0, [$1]) }
    }
    return paths
  }

  /// The names of the parameters of the layers in one: those that are trained, then the others.
  static func names(_ owners: [(owner: GraphLayer, isTrainable: Bool)]) -> [String] {
    let all = owners.flatMap { owner, isTrainable in
      owner.parameters.map { ("\(owner.name)/\($0.name)", isTrainable && $0.isTrainable) }
    }
    return (all.filter(\.1) + all.filter { !$0.1 }).map(\.0)
  }
}
