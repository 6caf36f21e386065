internal import PinionTensor

/// Makes a plan: orders the phases of all layers into regions, then lays out their memory.
struct PlanBuilder {
  let graph: Graph
  let request: Plan.Request
  private(set) var layers: [any Layer]
  private(set) var passes: [LayerPass]
  private(set) var executions: [Execution]
  private(set) var outputsAreLogits = false
  var regions: [Region] = []
  var storages: [Storage] = []
  private(set) var outputs = 0
  private(set) var probabilities: Int?
  private(set) var losses: Int?
  private(set) var inputGradient: Int?
  var arenaBytes = 0
  private(set) var preparedBytes = 0

  /// The storage of each value: of the input, then of each node's output.
  private(set) var values: [Int] = []
  /// The values that lie in a storage, and how many of the first of them are known to be read by nobody but the next.
  private var aliases: [Int: (values: [Int], known: Int)] = [:]
  private var consumers: [[Int]]
  private let isDifferentiated: [Bool]
  private var kept: [Int?]
  private var shared: [Int?]
  private var prepared: [Int?]
  /// The gradients of each value that have been computed so far, one from each reader.
  private var gradients: [[Int]]
  private var deferred: [Operation] = []
  private var reductions: [Operation] = []

  init(graph: Graph, request: Plan.Request) {
    self.graph = graph
    self.request = request
    layers = graph.layers.map(\.layer)
    if let link = request.loss?.logitsLink, let last = layers.last,
      last.trailingActivation?.logitsLink == link
    {
      layers[layers.count - 1] = last.withoutTrailingActivation
      outputsAreLogits = true
    }
    passes = graph.nodes.map {
      LayerPass(
        mode: request.mode, inputs: $0.inputShapes, output: $0.outputShape, batch: request.batch,
        isFrozen: request.isFrozen)
    }
    executions = zip(layers, passes).map { $0.execution(for: $1) }
    isDifferentiated = Self.differentiated(graph, input: request.wantsInputGradient)
    consumers = Array(repeating: [], count: graph.nodes.count + 1)
    kept = Array(repeating: nil, count: graph.nodes.count)
    (shared, prepared) = (kept, kept)
    gradients = Array(repeating: [], count: graph.nodes.count + 1)
    for (index, node) in graph.nodes.enumerated() {
      for input in node.inputs { consumers[input.index].append(index) }
    }
  }

  mutating func build() {
    makeValues()
    addPreparations()
    for node in graph.nodes.indices { addForward(node) }
    outputs = values[graph.nodes.count]
    storages[outputs].isPinned = true
    if request.keepsValues { for value in values { storages[value].isPinned = true } }
    if request.loss != nil { addLoss() }
    if request.isBackward {
      for node in graph.nodes.indices.reversed() where needsGradient(node + 1) { addBackward(node) }
      addInputGradient()
      addDeferred()
    }
    layOutMemory()
  }

  // MARK: Values

  private mutating func add(_ storage: Storage) -> Int {
    storages.append(storage)
    return storages.count - 1
  }

  private func bytes(of value: Int) -> Int { 4 * graph.values[value].shape.elementCount }

  private mutating func makeValues() {
    var input = Storage(bytesPerImage: bytes(of: 0))
    input.home = .inputs
    values = [add(input)]
    aliases[values[0]] = ([0], 0)
    for (node, execution) in executions.enumerated() {
      let reuses =
        execution.memory == .alias
        || execution.memory == .inPlace && !request.keepsValues && mayOverwriteInput(node)
      let input = values[graph.nodes[node].inputs[0].index]
      let place = reuses ? input : add(Storage(bytesPerImage: bytes(of: node + 1)))
      aliases[place, default: ([], 0)].values.append(node + 1)
      values.append(place)
      if execution.keptBytes > 0, request.mode == .training {
        kept[node] = add(Storage(bytesPerImage: execution.keptBytes))
      }
      if execution.sharedFloats > 0 {
        shared[node] = add(Storage(sharedBytes: 4 * execution.sharedFloats))
      }
      if execution.preparedFloats > 0 {
        var storage = Storage(sharedBytes: Arena.aligned(4 * execution.preparedFloats))
        storage.home = .prepared
        storage.offset = preparedBytes
        preparedBytes += storage.sharedBytes
        prepared[node] = add(storage)
      }
    }
  }

  /// Whether nobody else needs what a node's input holds: no other reader of it or of another view of the same memory, and no backward pass.
  private mutating func mayOverwriteInput(_ node: Int) -> Bool {
    let storage = values[graph.nodes[node].inputs[0].index]
    guard storages[storage].home != .inputs else { return false }
    guard let (values, known) = aliases[storage] else { return false }
    for value in values[known...] {
      guard consumers[value].count == 1 else { return false }
      guard request.isBackward else { continue }
      if executions[consumers[value][0]].backwardReadsInputs { return false }
      if value > 0, executions[value - 1].backwardReadsOutput { return false }
    }
    aliases[storage]?.known = values.count
    return true
  }

  private func needsGradient(_ value: Int) -> Bool { isDifferentiated[value] }

  /// For each value, whether a trainable parameter, or the input if its gradient is wanted, acts on it.
  private static func differentiated(_ graph: Graph, input: Bool) -> [Bool] {
    var result = [input]
    for node in graph.nodes {
      result.append(
        !graph.layer(of: node).trainableParameters.isEmpty
          || node.inputs.contains { result[$0.index] })
    }
    return result
  }

  // MARK: Regions

  /// Adds an operation over any images behind the others, into the last region if that is cut the same way. Returns the number of lanes.
  private mutating func addOverImages(_ operation: Operation, minimum: Int) -> Int {
    let lanes = BatchCut.laneCount(batch: request.batch, minimum: minimum)
    if regions.last?.cut != .images(lanes: lanes) { regions.append(Region(.images(lanes: lanes))) }
    var operation = operation
    operation.minimum = minimum
    regions[regions.count - 1].operations.append(operation)
    return lanes
  }

  private mutating func addPieces(_ operations: [Operation]) {
    guard !operations.isEmpty else { return }
    var region = Region(.pieces)
    region.operations = operations
    regions.append(region)
  }

  private mutating func addPreparations() {
    addPieces(
      graph.nodes.indices.filter { prepared[$0] != nil }.map { node in
        var operation = Operation(kind: .prepare, node: node)
        operation.prepared = prepared[node]
        return operation
      })
  }

  // MARK: Forward

  private mutating func addForward(_ node: Int) {
    let execution = executions[node]
    guard execution.memory != .alias else { return }
    var operation = Operation(kind: .forward(phase: 0), node: node)
    operation.inputs = graph.nodes[node].inputs.map { values[$0.index] }
    operation.output = values[node + 1]
    (operation.kept, operation.shared) = (kept[node], shared[node])
    operation.prepared = prepared[node]
    add(operation, phases: execution.forward) { .forward(phase: $0) }
  }

  private mutating func add(
    _ template: Operation, phases: [Phase], kind: (Int) -> Operation.Kind
  ) {
    let node = template.node
    var template = template
    if executions[node].partialFloats > 0 {
      template.partials = add(
        Storage(sharedBytes: 4 * executions[node].partialFloats * BatchCut.lanes))
    }
    for (phase, work) in phases.enumerated() {
      var operation = template.with(kind: kind(phase))
      switch work {
      case .images:
        // The lanes of all phases are the same, so that one finds what another gathered.
        let minimum = minimum(of: phases)
        operation.laneCount = BatchCut.laneCount(batch: request.batch, minimum: minimum)
        template.laneCount = addOverImages(operation, minimum: minimum)
      case .pieces(let count, let isDeferrable):
        operation.pieces = max(1, count)
        if isDeferrable, phase == phases.count - 1 {
          deferred.append(operation)
        } else {
          addPieces([operation])
        }
      }
    }
  }

  /// The images from which all of a layer's phases run well.
  private func minimum(of phases: [Phase]) -> Int {
    phases.reduce(1) { most, phase in
      if case .images(let minimum) = phase { max(most, minimum) } else { most }
    }
  }

  private mutating func addLoss() {
    let last = graph.nodes.count - 1
    var operation = Operation(kind: .loss, node: last)
    operation.inputs = [outputs]
    losses = add(Storage(bytesPerImage: 4))
    operation.losses = losses
    storages[losses!].isPinned = true
    if request.isBackward, needsGradient(last + 1) {
      let gradient = add(Storage(bytesPerImage: bytes(of: last + 1)))
      gradients[last + 1] = [gradient]
      operation.output = gradient
    }
    let minimum = regions.last?.operations.last?.minimum ?? 1
    _ = addOverImages(operation, minimum: minimum)
    if request.wantsProbabilities, outputsAreLogits { addProbabilities(minimum: minimum) }
  }

  /// Into memory of their own, as the backward pass may read the outputs.
  private mutating func addProbabilities(minimum: Int) {
    let last = graph.nodes.count - 1
    let id = add(Storage(bytesPerImage: bytes(of: last + 1)))
    storages[id].isPinned = true
    var operation = Operation(kind: .lastActivation, node: last)
    operation.inputs = [outputs]
    operation.output = id
    probabilities = id
    _ = addOverImages(operation, minimum: minimum)
  }

  // MARK: Backward

  private mutating func addBackward(_ node: Int) {
    let execution = executions[node]
    guard let gradient = sumOfGradients(of: node + 1) else { return }
    let reuses = execution.memory != .separate
    var operation = Operation(kind: .backward(phase: 0), node: node)
    for (index, id) in graph.nodes[node].inputs.enumerated() {
      let input = id.index
      guard needsGradient(input) else {
        operation.inputGradients.append(nil)
        continue
      }
      let own = reuses && index == 0 ? gradient : add(Storage(bytesPerImage: bytes(of: input)))
      operation.inputGradients.append(own)
      gradients[input].append(own)
    }
    guard execution.memory != .alias else { return }
    operation.outputGradient = gradient
    if execution.backwardReadsInputs {
      operation.inputs = graph.nodes[node].inputs.map { values[$0.index] }
    }
    if execution.backwardReadsOutput { operation.output = values[node + 1] }
    (operation.kept, operation.shared) = (kept[node], shared[node])
    operation.prepared = prepared[node]
    if gathersGradientsInLanes(node) {
      let count = graph.layers[node].trainableParameters
        .reduce(0) { $0 + $1.shape.elementCount }
      let laneCount = BatchCut.laneCount(
        batch: request.batch, minimum: minimum(of: execution.backward))
      let lanes = add(Storage(sharedBytes: 4 * count * laneCount))
      operation.gradientLanes = lanes
      var reduction = Operation(kind: .reduction, node: node)
      reduction.gradientLanes = lanes
      reduction.pieces = (count + BatchCut.reduction - 1) / BatchCut.reduction
      reduction.laneCount = laneCount
      reductions.append(reduction)
    }
    if execution.carriedFloats > 0 {
      require(execution.backward.count == 1, "memory carried through several phases")
      var carried = Storage(sharedBytes: 4 * execution.carriedFloats)
      carried.isCarried = true
      operation.carried = add(carried)
    }
    add(operation, phases: execution.backward) { .backward(phase: $0) }
  }

  /// A layer whose backward pass has no phase in pieces adds to its parameters' gradients image by image.
  private func gathersGradientsInLanes(_ node: Int) -> Bool {
    let isByImages = executions[node].backward.allSatisfy {
      if case .images = $0 { true } else { false }
    }
    return isByImages && !graph.layers[node].trainableParameters.isEmpty
  }

  private mutating func sumOfGradients(of value: Int) -> Int? {
    guard let first = gradients[value].first else { return nil }
    guard gradients[value].count > 1 else { return first }
    var operation = Operation(kind: .gradientSum, node: max(0, value - 1))
    operation.inputs = Array(gradients[value].dropFirst())
    operation.output = first
    let minimum = regions.last?.operations.last?.minimum ?? 1
    _ = addOverImages(operation, minimum: minimum)
    return first
  }

  private mutating func addInputGradient() {
    guard request.wantsInputGradient, let gradient = sumOfGradients(of: 0) else { return }
    inputGradient = gradient
    storages[gradient].isPinned = true
  }

  private mutating func addDeferred() {
    addPieces(deferred)
    addPieces(reductions)
  }
}

extension Operation {
  func with(kind: Kind) -> Operation {
    var copy = Operation(kind: kind, node: node)
    (copy.inputs, copy.output) = (inputs, output)
    (copy.outputGradient, copy.inputGradients) = (outputGradient, inputGradients)
    (copy.kept, copy.shared, copy.partials) = (kept, shared, partials)
    (copy.prepared, copy.carried) = (prepared, carried)
    (copy.gradientLanes, copy.laneCount) = (gradientLanes, laneCount)
    return copy
  }
}
