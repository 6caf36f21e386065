import PinionLayers
import PinionTensor

/// Generates a graph layer by layer.
struct NetworkGenerator {
  /// A value that layers may read.
  struct Value {
    let symbol: SymbolicTensor
    let shape: Shape
  }

  /// The number of multiplications per forward pass from which on layers stop growing.
  private static let mostWork = 3_000_000
  /// The number of elements of a sample from which on no layer adds to them.
  private static let mostElements = 6_000

  private(set) var inputs: [SymbolicTensor]
  let batch: Int
  /// The number of different elements of the first input if these are indices.
  let vocabulary: Int?
  var choices: Choices
  /// Whether layers may have penalties on their outputs.
  private(set) var penalizesOutputs = true
  private(set) var values: [Value]
  private var work = 0

  init(_ number: Int) {
    choices = Choices(seed: number, purpose: "graph")
    batch = choices.pick([1, 2, 7, 33])
    let shape: Shape
    var vocabulary: Int?
    switch choices.below(16) {
    case 0: shape = [choices.number(in: 1...40)]
    case 1, 2, 3: shape = [choices.number(in: 1...9), choices.number(in: 1...40)]
    case 4:
      shape = [choices.number(in: 1...9)]
      vocabulary = choices.number(in: 1...12)
    default:
      let sides = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17]
      shape = [choices.pick(sides), choices.pick(sides), Self.channels(&choices)]
    }
    let input = Input(shape)
    inputs = [input]
    values = [Value(symbol: input, shape: shape)]
    self.vocabulary = vocabulary
    if let vocabulary { add(Embedding(vocabulary, choices.number(in: 1...16)), on: last) }
    if choices.oneIn(6) { join() }
  }

  var last: Value { values[values.count - 1] }

  private static func channels(_ choices: inout Choices) -> Int {
    choices.oneIn(3) ? choices.pick([1, 2, 3, 4, 16, 32]) : choices.number(in: 1...40)
  }

  /// The largest number of filters or units within the budget, if each costs `each`
  /// multiplications.
  mutating func width(each: Int) -> Int {
    let wanted = Self.channels(&choices)
    let left = (Self.mostWork - work) / max(1, each * batch)
    let width = max(1, min(wanted, left))
    spend(width * each)
    return width
  }

  /// Whether a layer of `cost` multiplications a sample is within the budget.
  func affords(_ cost: Int) -> Bool { work + cost * batch <= Self.mostWork }

  mutating func spend(_ cost: Int) { work += cost * batch }

  /// Whether samples may become `factor` times as large.
  func mayGrow(by factor: Int) -> Bool { last.shape.elementCount * factor <= Self.mostElements }

  mutating func add(_ layer: any Layer, on value: Value) { append(layer, on: [value]) }

  mutating func append(_ layer: any Layer, on terms: [Value]) {
    let shapes = terms.map(\.shape)
    let layer = withTerms(layer, on: shapes[0])
    guard let shape = try? layer.outputShape(for: shapes) else {
      fatalError("\(layer) on \(shapes): a layer that the generator should not draw")
    }
    values.append(Value(symbol: layer.output(for: terms.map(\.symbol)), shape: shape))
  }

  // MARK: Layers

  /// Adds some layers and one or two heads, each for a loss.
  mutating func design() -> [NetworkHead] {
    for _ in 0..<choices.number(in: 1...7) { grow() }
    let inner = values
    // A loss may start at the argument of a head's activation, behind which a penalty would be.
    penalizesOutputs = false
    let first = NetworkHead.make(&self)
    guard choices.oneIn(6) else { return [first] }
    add(Activation(.tanh), on: choices.pick(inner))
    return [first, NetworkHead.make(&self)]
  }

  /// Reads one more input, of the last value's shape, and merges both.
  private mutating func join() {
    let start = last
    let input = Input(start.shape)
    inputs.append(input)
    values.append(Value(symbol: input, shape: start.shape))
    merge([start, last])
  }

  private mutating func grow() {
    let isImage = last.shape.rank == 3
    switch choices.below(isImage ? 22 : last.shape.rank == 2 ? 16 : 12) {
    case 0: noise()
    case 1, 2: activate()
    case 3, 4: normalize()
    case 5: residual()
    case 6, 7: merge()
    case 8: dense()
    case 9: if choices.oneIn(3) { add(Flatten(), on: last) } else { dense() }
    case 10, 11: arrange()
    case 12, 13: if isImage { pool() } else { attend() }
    case 14, 15: if isImage { pool() } else { attend() }
    default: convolve()
    }
  }

  private mutating func activate() {
    if choices.oneIn(8) {
      let shared = (1..<max(1, last.shape.rank)).filter { _ in choices.oneIn(2) }
      add(PReLU(sharedAxes: shared, alphaInitializer: .randomUniform), on: last)
    } else if choices.oneIn(10) {
      add(
        ActivityRegularization(l1: choices.pick([0, 0.001]), l2: choices.pick([0.01, 0])), on: last)
    } else {
      add(RandomActivation.layer(&choices), on: last)
    }
  }

  mutating func denseLayer(_ units: Int) -> Dense {
    let usesBias = !choices.oneIn(4)
    func layer(_ function: some ActivationFunction) -> Dense {
      Dense(units, activation: function, usesBias: usesBias)
    }
    return layer(RandomActivation.make(&choices))
  }

  private mutating func dense() {
    let inputs = last.shape[last.shape.rank - 1]
    let units = width(each: last.shape.elementCount / inputs * inputs)
    add(denseLayer(units), on: last)
  }

  // MARK: Branches

  /// Adds the last value and the output of one or two layers on it.
  private mutating func residual() {
    let start = last
    let elements = start.shape.elementCount
    let width = start.shape[start.shape.rank - 1]
    let side = start.shape.rank == 3 ? choices.pick([1, 3, 3, 5]) : 1
    let cost = elements * width * side * side
    if !affords(cost) {
      // Beyond the budget, a branch without cost.
      add(Activation(.tanh), on: start)
    } else if start.shape.rank == 3 {
      spend(cost)
      add(convolution(Size2D(side), 1, .same, filters: width), on: start)
    } else {
      spend(cost)
      add(denseLayer(width), on: start)
    }
    if choices.oneIn(2) { add(BatchNormalization(), on: last) }
    if choices.oneIn(4) { add(StochasticDepth(choices.pick([0.2, 0.5])), on: last) }
    append(Add(), on: [start, last])
  }

  /// Merges the last value with others of its shape, possibly itself, or with one for each channel.
  private mutating func merge() {
    let start = last
    if start.shape.rank > 1, choices.oneIn(4) {
      excite(start)
      return
    }
    if choices.oneIn(5), dot(start) { return }
    let candidates = values.filter { $0.shape == start.shape }
    let terms = [start, choices.pick(candidates)]
    merge(choices.oneIn(3) ? terms + [choices.pick(candidates)] : terms)
  }

  /// Scales channels by what a layer makes of their means, or merges both otherwise.
  private mutating func excite(_ start: Value) {
    let isMean = choices.oneIn(2)
    let keepDims = choices.oneIn(2)
    switch (start.shape.rank, isMean) {
    case (2, true): add(GlobalAveragePooling1D(keepDims: keepDims), on: start)
    case (2, false): add(GlobalMaxPooling1D(keepDims: keepDims), on: start)
    case (_, true): add(GlobalAveragePooling2D(keepDims: keepDims), on: start)
    case (_, false): add(GlobalMaxPooling2D(keepDims: keepDims), on: start)
    }
    let channels = last.shape.elementCount
    if affords(channels * channels) {
      spend(channels * channels)
      add(denseLayer(channels), on: last)
    }
    let gate = last
    merge(choices.oneIn(4) ? [gate, start] : [start, gate])
  }

  /// Multiplies the last value with one that has an axis of the same length, possibly itself.
  /// Returns false if there is none with which the product is small enough.
  private mutating func dot(_ start: Value) -> Bool {
    let size = start.shape.elementCount
    let axis = choices.number(in: 1...start.shape.rank)
    let length = start.shape[axis - 1]
    var pairs: [(other: Value, axis: Int)] = []
    for other in values where start.shape.rank + other.shape.rank <= 5 {
      let count = other.shape.elementCount
      guard size / length * (count / length) <= Self.mostElements, affords(size / length * count)
      else { continue }
      for place in 1...max(1, other.shape.rank) where other.shape[place - 1] == length {
        pairs.append((other, place))
      }
    }
    guard !pairs.isEmpty else { return false }
    let pair = choices.pick(pairs)
    spend(size / length * pair.other.shape.elementCount)
    let other = choices.oneIn(2) ? pair.axis : pair.axis - pair.other.shape.rank - 1
    append(Dot(axes: [axis, other]), on: [start, pair.other])
    return true
  }

  private mutating func merge(_ terms: [Value]) {
    func apply(_ layer: some Layer) { append(layer, on: terms) }
    let haveEqualShapes = terms.allSatisfy { $0.shape == terms[0].shape }
    switch choices.below(8) {
    case 0: if terms.count == 2 { apply(Subtract()) } else { apply(Add()) }
    case 1: apply(Multiply())
    case 2: apply(Average())
    case 3: apply(Maximum())
    case 4: apply(Minimum())
    case 5, 6:
      if haveEqualShapes, mayGrow(by: terms.count) {
        let axis = choices.oneIn(2) ? -1 : choices.number(in: 1...last.shape.rank)
        apply(Concatenate(axis: axis))
      } else {
        apply(Multiply())
      }
    default: apply(Add())
    }
  }
}
