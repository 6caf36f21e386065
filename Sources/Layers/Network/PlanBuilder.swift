internal import PinionTensor

/// Builds a plan: resolves the layers into programs, orders their phases in regions, and lays out
/// memory.
struct PlanBuilder {
  let graph: Graph
  let request: Plan.Request
  /// The program of each node.
  let programs: [LayerProgram]
  var regions: [Region] = []
  var storages: [Storage] = []
  /// The storage of each value.
  private(set) var values: [StorageID] = []
  var outputs: [Plan.Output] = []
  var inputGradients: [StorageID?] = []
  /// The penalties on outputs of layers, of each sample.
  var penalties: [StorageID] = []
  var arenaBytes = 0
  private(set) var preparedBytes = 0
  private(set) var scratchBytes = 0

  /// The storages of each node's reservations. Lane sums and carried memory have new ones for each
  /// pass.
  private(set) var reservations: [[StorageID]] = []
  /// The values in a storage, and the number of leading ones known to be read only by the next.
  private var aliases: [StorageID: (values: [ValueID], known: Int)] = [:]
  let consumers: [[NodeID]]
  /// Whether a value's gradient is needed: the value depends on a trainable parameter, or on an
  /// input whose gradient is requested.
  let isDifferentiated: [Bool]
  /// The gradients of each value computed so far, one for each reader.
  var gradients: [[StorageID]]
  /// The number of nodes of each layer.
  let useCounts: [Int]
  /// The range of each layer's gradients in the network's flat buffer.
  let gradientRanges: [Range<Int>]
  /// The terms of the gradients of each layer's parameters: for each node its lanes or a block.
  var gradientParts: [[(storage: StorageID, laneCount: Int)]]
  var deferred: [Operation] = []

  init(graph: Graph, request: Plan.Request) {
    self.graph = graph
    self.request = request
    consumers = graph.consumers
    let links = Self.logitsLosses(graph, request, consumers: consumers)
    let isDifferentiated = Self.differentiated(graph, inputs: request.wantsInputGradients)
    self.isDifferentiated = isDifferentiated
    programs = graph.nodes.map { node in
      let layer = graph.layer(of: node).layer
      let pass = graph.pass(
        of: node, mode: request.mode, batch: request.batch,
        hasConstantParameters: request.hasConstantParameters,
        wantsInputGradients: request.isBackward
          && node.inputs.contains { isDifferentiated[$0] })
      return links.contains(node.output)
        ? layer.withoutTrailingActivation.program(for: pass) : layer.program(for: pass)
    }
    gradients = Array(repeating: [], count: graph.values.count)
    var useCounts = Array(repeating: 0, count: graph.layers.count)
    for node in graph.nodes { useCounts[node.layer] += 1 }
    self.useCounts = useCounts
    gradientRanges = Weights.trainableRanges(of: graph)
    gradientParts = Array(repeating: [], count: graph.layers.count)
    outputs = graph.outputs.map { value in
      Plan.Output(value: StorageID(index: 0), areLogits: links.contains(value))
    }
  }

  mutating func build() {
    makeValues()
    addPreparations()
    for node in graph.nodes {
      addForward(node)
      addPenalty(node)
    }
    for (index, value) in graph.outputs.enumerated() {
      outputs[index].value = values[value]
      storages[values[value]].isPinned = true
    }
    if request.keepsValues { for value in values { storages[value].isPinned = true } }
    for loss in request.losses { addLoss(loss) }
    if request.isBackward { addBackward() }
    layOutMemory()
  }

  /// The outputs whose loss includes the last activation, which no other layer reads.
  private static func logitsLosses(
    _ graph: Graph, _ request: Plan.Request, consumers: [[NodeID]]
  ) -> Set<ValueID> {
    var values: Set<ValueID> = []
    for output in request.losses {
      let value = graph.outputs[output.output]
      guard let link = output.loss.logitsLink, let producer = graph[value].producer,
        graph.layer(of: graph[producer]).layer.trailingActivation?.logitsLink == link,
        graph.layer(of: graph[producer]).layer.activityRegularizer == nil,
        consumers[value].isEmpty, graph.outputs.filter({ $0 == value }).count == 1
      else { continue }
      values.insert(value)
    }
    return values
  }

  private static func differentiated(_ graph: Graph, inputs: Bool) -> [Bool] {
    graph.run(on: graph.inputs.map { _ in inputs }) { node, inputs in
      !graph.layer(of: node).trainableParameters.isEmpty || inputs.contains(true)
    }
  }

  // MARK: Values

  mutating func add(_ storage: Storage) -> StorageID {
    storages.append(storage)
    return StorageID(index: storages.count - 1)
  }

  func bytes(of value: ValueID) -> Int { 4 * graph[value].shape.elementCount }

  private mutating func makeValues() {
    for (index, value) in graph.inputs.enumerated() {
      values.append(add(Storage(bytesPerSample: bytes(of: value), home: .input(index))))
      aliases[values[value]] = ([value], 0)
    }
    for node in graph.nodes {
      let program = programs[node.id]
      let reuses =
        program.outputMemory == .alias
        || program.outputMemory == .inPlace && !request.keepsValues
          && mayOverwrite(node.inputs[0])
      let place =
        reuses ? values[node.inputs[0]] : add(Storage(bytesPerSample: bytes(of: node.output)))
      aliases[place, default: ([], 0)].values.append(node.output)
      values.append(place)
      reserve(program)
    }
  }

  private mutating func reserve(_ program: LayerProgram) {
    var scratch = 0
    reservations.append(
      program.reservations.map { reservation in
        switch reservation.scope {
        case .kept:
          return add(
            Storage(bytesPerSample: request.mode == .training ? reservation.bytes : 0))
        case .prepared:
          var storage = Storage(sharedBytes: reservation.bytes, home: .prepared)
          storage.offset = preparedBytes
          preparedBytes += reservation.bytes
          return add(storage)
        case .scratch:
          var storage = Storage(sharedBytes: reservation.bytes, home: .scratch)
          storage.offset = scratch
          scratch += reservation.bytes
          return add(storage)
        case .shared, .laneSums, .carried: return add(Storage(sharedBytes: reservation.bytes))
        }
      })
    scratchBytes = max(scratchBytes, scratch)
  }

  /// Scratch memory for the calls of one operation.
  mutating func addScratch(bytes: Int) -> StorageID {
    let id = add(Storage(sharedBytes: Arena.aligned(bytes), home: .scratch))
    storages[id].offset = scratchBytes
    scratchBytes += Arena.aligned(bytes)
    return id
  }

  /// Whether a value may be overwritten: no other operation, view of the same memory, caller or
  /// backward pass reads it.
  private mutating func mayOverwrite(_ input: ValueID) -> Bool {
    let storage = values[input]
    guard storages[storage].home == .arena, let (views, known) = aliases[storage] else {
      return false
    }
    for value in views[known...] {
      guard consumers[value].count == 1, !graph.outputs.contains(value) else { return false }
      guard request.isBackward else { continue }
      if programs[consumers[value][0]].backwardReads.contains(.inputs) { return false }
      if let producer = graph[value].producer,
        programs[producer].backwardReads.contains(.output)
          || activityRegularizer(of: graph[producer]) != nil
      {
        return false
      }
    }
    aliases[storage]?.known = views.count
    return true
  }

  // MARK: Regions

  /// Appends an operation over samples, to the last region if its division is the same. Returns the
  /// number of lanes.
  @discardableResult
  mutating func addOverSamples(
    _ operation: Operation, minimum: Int, preferred: Int = 1
  ) -> Int {
    let lanes = BatchPartition.laneCount(batch: request.batch, minimum: minimum)
    if regions.last?.division != .samples(lanes: lanes) {
      regions.append(Region(.samples(lanes: lanes)))
    }
    var operation = operation
    operation.minimum = minimum
    operation.preferred = preferred
    regions[regions.count - 1].operations.append(operation)
    return lanes
  }

  mutating func addPieces(_ operations: [Operation]) {
    guard !operations.isEmpty else { return }
    var region = Region(.pieces)
    region.operations = operations
    regions.append(region)
  }

  /// The minimum of the last operation, for operations that follow it in its region.
  var lastMinimum: Int { regions.last?.operations.last?.minimum ?? 1 }

  private mutating func addPreparations() {
    var operations: [Operation] = []
    let nothing = add(Storage())
    for node in graph.nodes {
      let program = programs[node.id]
      for phase in program.preparations {
        var operation = Operation(phase, of: program, node: node.id)
        // The arena does not exist yet when this runs.
        operation.memory = zip(program.reservations, reservations[node.id]).map {
          $0.scope == .prepared || $0.scope == .scratch ? $1 : nothing
        }
        operations.append(operation)
      }
    }
    addPieces(operations)
  }

  /// Adds the phases of a pass of a node. `fill` sets the values that all of them read and write.
  mutating func add(
    _ phases: [LayerProgram.Phase], of node: Graph.Node, _ fill: (inout Operation) -> Void
  ) {
    let program = programs[node.id]
    // All phases have the same lanes, because they share lane sums.
    let minimum = Self.minimum(of: phases)
    let laneCount = BatchPartition.laneCount(batch: request.batch, minimum: minimum)
    var memory = reservations[node.id]
    for (slot, reservation) in program.reservations.enumerated()
    where reservation.scope == .laneSums {
      memory[slot] = add(
        Storage(sharedBytes: reservation.bytes * laneCount, laneCount: laneCount))
    }
    for (index, phase) in phases.enumerated() {
      var operation = Operation(phase, of: program, node: node.id)
      operation.memory = memory
      operation.startsPass = index == 0
      operation.laneCount = laneCount
      fill(&operation)
      switch phase.division {
      case .samples(_, let preferred):
        addOverSamples(operation, minimum: minimum, preferred: preferred)
      case .pieces(_, let isDeferrable):
        if isDeferrable, index == phases.count - 1 {
          deferred.append(operation)
        } else {
          addPieces([operation])
        }
      }
    }
  }

  /// The smallest number of samples at which all phases of a pass run at full speed.
  static func minimum(of phases: [LayerProgram.Phase]) -> Int {
    phases.reduce(1) { most, phase in
      if case .samples(let minimum, _) = phase.division { max(most, minimum) } else { most }
    }
  }

  private mutating func addForward(_ node: Graph.Node) {
    let program = programs[node.id]
    guard program.outputMemory != .alias else { return }
    let (inputs, output) = (node.inputs.map { values[$0] }, values[node.output])
    add(program.forward, of: node) { operation in
      (operation.inputs, operation.output) = (inputs, output)
    }
  }
}
