public import PinionLayers
internal import PinionTensor

extension Network {
  /// Sets the parameters to the tensors of a PyTorch file, in Pinion's layouts.
  ///
  /// - `Dense`: `weight`, from (out, in) to (in, out), after `Flatten` with the rows from the order
  ///   C, H, W to H, W, C, and before `Reshape` to an image with the columns likewise; `bias`.
  /// - `Conv2D`, `Conv2DTranspose`: `weight`, from (a, b, height, width) to (height, width, b, a);
  ///   `bias`.
  /// - `DepthwiseConv2D`: `weight`, from (C·m, 1, height, width) to (height, width, C, m); `bias`.
  /// - `SeparableConv2D`: the tensors of two modules, as of the two layers above.
  /// - `BatchNormalization`: `weight`, `bias`, `running_mean`, `running_var`.
  /// - `LayerNormalization`, `GroupNormalization`: `weight`, `bias`, of whole images from (C, H, W)
  ///   to (H, W, C).
  /// - `RMSNormalization`, `Embedding`, `PReLU`: `weight`.
  /// - `MultiHeadAttention`: the rows of `in_proj_weight` and `in_proj_bias` for queries, keys and
  ///   values, `out_proj.weight`, `out_proj.bias`; queries, keys and values have one width.
  /// - Other layers: tensors with the parameters' names and shapes.
  ///
  /// Parameters of the vectors between `Flatten` and `Dense`, and between `Dense` and `Reshape` to
  /// an image, are rearranged from the order C, H, W to H, W, C, also where vectors are merged.
  ///
  /// Hyperparameters are the caller's: PyTorch's ε of normalizations is 10⁻⁵ by default, its
  /// padding of convolutions is symmetric (`ZeroPadding2D`).
  ///
  /// - Parameters:
  ///   - weights: The file.
  ///   - matching: Which tensors belong to which layer. Default: by order for files of
  ///     `torch.save`, else by name.
  ///   - allowsMissing: Whether parameters without a tensor keep their values. Default: false.
  ///
  /// Throws `FileError` if a parameter has no tensor, a tensor has another shape or an invalid
  /// number; the network is unchanged then.
  @discardableResult
  public func loadPyTorchWeights(
    _ weights: PyTorchWeights, matching: PyTorchMatching? = nil, allowsMissing: Bool = false
  ) throws -> PyTorchReport {
    let pairing = try PyTorchPairing(
      graph: graph, weights: weights,
      matching: matching ?? (weights.isOrdered ? .order : .names()))
    let copy = Weights(copying: self.weights)
    var assignments: [PyTorchReport.Assignment] = []
    var unchanged: [String] = []
    for entry in copy.entries {
      guard let source = pairing.sources[entry.name], let shape = weights.shape(of: source.tensor)
      else {
        guard allowsMissing else {
          throw FileError(
            file: weights.file, place: "parameter \(entry.name.debugDescription)",
            expected: "a tensor, or allowsMissing: true",
            found: pairing.sources[entry.name].map { "no \($0.tensor.debugDescription)" }
              ?? "none")
        }
        unchanged.append(entry.name)
        continue
      }
      let expected = source.arrangement.sources(for: entry.shape)
      guard expected.contains(shape) else {
        throw FileError(
          file: weights.file, place: "tensor \(source.tensor.debugDescription)",
          expected: expected.map(\.description).joined(separator: " or ")
            + " for \(entry.name.debugDescription)", found: "\(shape)")
      }
      let tensor = try source.arrangement.arranged(
        weights.tensor(named: source.tensor), as: entry.shape)
      let target = copy.view(of: entry)
      tensor.read { target.copy(from: $0) }
      if let flaw = Weights.flaw(in: target, of: entry) {
        throw FileError(
          file: weights.file,
          place: "tensor \(source.tensor.debugDescription), element \(flaw.place) of "
            + entry.name.debugDescription,
          expected: flaw.expected, found: "\(flaw.value)")
      }
      assignments.append(.init(parameter: entry.name, tensor: source.tensor))
    }
    self.weights.copy(from: copy)
    let used = Set(assignments.map(\.tensor))
    return PyTorchReport(
      assignments: assignments,
      unusedTensors: weights.tensors.map(\.name).filter {
        !used.contains($0) && !PyTorchPairing.isCount($0)
      },
      unchangedParameters: unchanged)
  }
}

/// The tensor of each parameter of a network.
private struct PyTorchPairing {
  /// A tensor and its arrangement as a parameter.
  struct Source {
    let tensor: String
    let arrangement: PyTorchLayout.Arrangement
  }

  /// By the parameters' names.
  private(set) var sources: [String: Source] = [:]

  /// Whether a tensor is a normalization's number of batches, which only PyTorch counts.
  static func isCount(_ name: String) -> Bool { name.hasSuffix("num_batches_tracked") }

  /// The name of a module's tensor; that of the network itself has no name.
  private static func name(of tensor: String, in module: String) -> String {
    module.isEmpty ? tensor : "\(module).\(tensor)"
  }

  init(graph: Graph, weights: PyTorchWeights, matching: PyTorchMatching) throws(FileError) {
    let layers = graph.layers.filter { !$0.parameters.isEmpty }
    var firstNodes: [LayerID: Graph.Node] = [:]
    for node in graph.nodes.reversed() { firstNodes[node.layer] = node }
    let orders = PyTorchOrders(graph)
    let layouts = layers.map { layer in
      let node = firstNodes[layer.id]
      return PyTorchLayout(
        of: layer.layer, parameters: layer.parameters, input: orders[node?.inputs.first],
        output: orders[node?.output])
    }
    switch matching {
    case .order: try pair(layers, layouts, weights)
    case .names(let names, let prefix):
      for (layer, layout) in zip(layers, layouts) {
        let path = prefix + layer.name.map { $0 == "/" ? "." : String($0) }.joined()
        let module = names[layer.name] ?? path
        for part in layout.parts {
          let parameter = "\(layer.name)/\(part.parameter)"
          sources[parameter] = Source(
            tensor: names[parameter] ?? Self.name(of: part.tensor, in: module),
            arrangement: part.arrangement)
        }
      }
    }
  }

  private mutating func pair(
    _ layers: [GraphLayer], _ layouts: [PyTorchLayout], _ weights: PyTorchWeights
  ) throws(FileError) {
    guard weights.isOrdered else {
      throw FileError(
        file: weights.file, place: "tensors", expected: "the order of modules, as of torch.save",
        found: "safetensors, which sorts them; match them by name")
    }
    var modules: [String] = []
    for tensor in weights.tensors where !Self.isCount(tensor.name) {
      let module = tensor.name.lastIndex(of: ".").map { String(tensor.name[..<$0]) } ?? ""
      if modules.last != module { modules.append(module) }
    }
    let count = layouts.reduce(0) { $0 + $1.moduleCount }
    var next = 0
    for (layer, layout) in zip(layers, layouts) {
      guard next + layout.moduleCount <= modules.count else {
        throw FileError(
          file: weights.file, place: "layer \(layer.name.debugDescription)",
          expected: "\(count) modules for \(layers.count) layers with parameters",
          found: "\(modules.count)")
      }
      for part in layout.parts {
        let name = Self.name(of: part.tensor, in: modules[next + part.module])
        sources["\(layer.name)/\(part.parameter)"] = Source(
          tensor: name, arrangement: part.arrangement)
      }
      next += layout.moduleCount
    }
  }
}
