internal import PinionTensor

extension GraphBuilder {
  /// The values of the symbolic tensors added so far.
  private struct Places {
    var values: [ObjectIdentifier: ValueID] = [:]
    /// The outputs of calls of graphs.
    var calls: [ObjectIdentifier: [ValueID]] = [:]

    func contains(_ tensor: SymbolicTensor) -> Bool {
      values[tensor.identity] != nil || calls[tensor.identity] != nil
    }
  }

  /// Adds the inputs, and the layers between them and the outputs.
  mutating func addLayers(
    from inputs: [SymbolicTensor], to outputs: [SymbolicTensor]
  ) throws -> (inputs: [ValueID], outputs: [ValueID]) {
    var places = Places()
    let inputIDs = try inputs.map { input in
      guard case .input(let shape, let name) = input.source.origin else {
        throw GraphError.notAnInput
      }
      let id = try addInput(shape, name: name)
      guard places.values.updateValue(id, forKey: input.identity) == nil else {
        throw GraphError.duplicateName(name ?? "input_layer")
      }
      return id
    }
    for output in outputs {
      if let known = places.values[output.identity], known.index < inputs.count {
        throw outputs.count == 1 ? GraphError.empty : GraphError.notConnected
      }
    }
    try addLayers(to: outputs, &places)
    guard inputIDs.allSatisfy({ id in nodes.contains { $0.inputs.contains(id) } }) else {
      throw nodes.isEmpty ? GraphError.empty : GraphError.notConnected
    }
    let outputIDs = outputs.map { places.values[$0.identity]! }
    if let twice = outputIDs.indices.first(where: { outputIDs[..<$0].contains(outputIDs[$0]) }) {
      throw GraphError.duplicateName(values[outputIDs[twice]].name)
    }
    return (inputIDs, outputIDs)
  }

  /// Adds the layers that `outputs` depend on and `places` lacks, in the order of their calls,
  /// which is Keras's. Not recursive, because graphs may be deep.
  private mutating func addLayers(to outputs: [SymbolicTensor], _ places: inout Places) throws {
    var (stack, found, tensors) = (outputs, Set<ObjectIdentifier>(), [SymbolicTensor]())
    for output in outputs where !places.contains(output) {
      if case .input = output.source.origin { throw GraphError.notConnected }
    }
    while let tensor = stack.popLast() {
      guard !places.contains(tensor), found.insert(tensor.identity).inserted else { continue }
      if case .input(let shape, _) = tensor.source.origin { throw GraphError.foreignInput(shape) }
      tensors.append(tensor)
      stack.append(contentsOf: tensor.source.inputs)
    }
    for tensor in tensors.sorted(by: { $0.source.serial < $1.source.serial }) {
      switch tensor.source.origin {
      case .input: break
      case .layer(let layer):
        places.values[tensor.identity] = try add(
          layer, on: tensor.source.inputs.map { places.values[$0.identity]! })
      case .call(let graph):
        places.calls[tensor.identity] = try add(
          graph, on: tensor.source.inputs.map { places.values[$0.identity]! })
      case .output(let index):
        places.values[tensor.identity] =
          places.calls[tensor.source.inputs[0].identity]![index]
      }
    }
  }
}
