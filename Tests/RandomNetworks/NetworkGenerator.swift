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

  let input: SymbolicTensor
  let batch: Int
  var choices: Choices
  private(set) var values: [Value]
  private var work = 0

  init(_ number: Int) {
    choices = Choices(seed: number, purpose: "graph")
    batch = choices.pick([1, 2, 7, 33])
    let shape: Shape
    switch choices.below(8) {
    case 0: shape = [choices.number(in: 1...40)]
    case 1: shape = [choices.number(in: 1...9), choices.number(in: 1...40)]
    default:
      let sides = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 16, 17]
      shape = [choices.pick(sides), choices.pick(sides), Self.channels(&choices)]
    }
    input = Input(shape)
    values = [Value(symbol: input, shape: shape)]
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
    work += width * each * batch
    return width
  }

  mutating func add(_ layer: some Layer, on value: Value) {
    append(layer(value.symbol), layer, [value.shape])
  }

  private mutating func append(_ symbol: SymbolicTensor, _ layer: some Layer, _ shapes: [Shape]) {
    guard let shape = try? layer.outputShape(for: shapes) else {
      fatalError("\(layer) on \(shapes): a layer that the generator should not draw")
    }
    values.append(Value(symbol: symbol, shape: shape))
  }

  // MARK: Layers

  /// Adds some layers and a head for a loss.
  mutating func design() -> NetworkHead {
    for _ in 0..<choices.number(in: 1...7) { grow() }
    return NetworkHead.make(&self)
  }

  private mutating func grow() {
    let isImage = last.shape.rank == 3
    switch choices.below(isImage ? 14 : 9) {
    case 0: add(Dropout(choices.pick([0, 0.25, 0.5])), on: last)
    case 1: add(Activation(Linear()), on: last)
    case 2: activate()
    case 3, 4: normalize()
    case 5: residual()
    case 6: addEqual()
    case 7: dense()
    case 8: if choices.oneIn(3) { add(Flatten(), on: last) } else { dense() }
    case 9, 10: pool()
    default: convolve()
    }
  }

  private mutating func activate() {
    switch choices.below(6) {
    case 0: add(Activation(.tanh), on: last)
    case 1: add(Activation(.sigmoid), on: last)
    case 2: add(Activation(.leakyReLU), on: last)
    case 3: add(Activation(.leakyReLU(negativeSlope: 0.05)), on: last)
    case 4: add(Activation(.softmax), on: last)
    default: add(Activation(.relu), on: last)
    }
  }

  private mutating func normalize() {
    let rank = last.shape.rank
    let axis = choices.oneIn(2) ? -1 : choices.number(in: 1...rank)
    add(
      BatchNormalization(
        axis: axis, momentum: choices.pick([0.99, 0.9, 0.5]), epsilon: choices.pick([1e-3, 1e-2]),
        center: !choices.oneIn(4), scale: !choices.oneIn(4)), on: last)
  }

  private mutating func dense() {
    let inputs = last.shape[last.shape.rank - 1]
    let units = width(each: last.shape.elementCount / inputs * inputs)
    add(denseLayer(units), on: last)
  }

  mutating func denseLayer(_ units: Int) -> Dense {
    let usesBias = !choices.oneIn(4)
    return switch choices.below(6) {
    case 0: Dense(units, activation: .tanh, usesBias: usesBias)
    case 1: Dense(units, activation: .sigmoid, usesBias: usesBias)
    case 2: Dense(units, activation: .leakyReLU, usesBias: usesBias)
    case 3: Dense(units, usesBias: usesBias)
    default: Dense(units, activation: .relu, usesBias: usesBias)
    }
  }

  private mutating func pool() {
    let size = window(most: 3)
    let stride = choices.oneIn(2) ? nil : Size2D(choices.number(in: 1...4))
    add(MaxPool2D(size.window, stride: stride, padding: size.padding), on: last)
  }

  private mutating func convolve() {
    let size = window(most: 7)
    let stride =
      choices.oneIn(8)
      ? Size2D(choices.number(in: 1...4), choices.number(in: 1...4))
      : Size2D(choices.pick([1, 1, 1, 2, 3, 4]))
    add(convolution(size.window, stride, size.padding, filters: nil), on: last)
  }

  /// A window that fits the last image with its padding.
  private mutating func window(most: Int) -> (window: Size2D, padding: Padding) {
    let padding: Padding = choices.oneIn(2) ? .same : .valid
    let side = choices.oneIn(3) ? min(3, most) : choices.number(in: 1...most)
    var window =
      choices.oneIn(6)
      ? Size2D(choices.number(in: 1...most), choices.number(in: 1...most)) : Size2D(side)
    if padding == .valid {
      window = Size2D(min(window.height, last.shape[0]), min(window.width, last.shape[1]))
    }
    return (window, padding)
  }

  private mutating func convolution(
    _ kernel: Size2D, _ stride: Size2D, _ padding: Padding, filters: Int?
  ) -> Conv2D {
    let channels = last.shape[2]
    var algorithms: [ConvolutionAlgorithm] = [.automatic, .automatic, .im2col, .direct]
    if kernel == Size2D(3), stride == Size2D(1) { algorithms += [.winograd, .winograd, .winograd] }
    if kernel.width * channels <= 16 { algorithms += [.shallow, .shallow] }
    let pixels =
      (last.shape[0] + stride.height - 1) / stride.height
      * ((last.shape[1] + stride.width - 1) / stride.width)
    let filters = filters ?? width(each: pixels * kernel.height * kernel.width * channels)
    let (usesBias, algorithm) = (!choices.oneIn(4), choices.pick(algorithms))
    func layer(_ activation: some ActivationFunction) -> Conv2D {
      Conv2D(
        filters, kernel: kernel, stride: stride, padding: padding, activation: activation,
        usesBias: usesBias, algorithm: algorithm)
    }
    return switch choices.below(6) {
    case 0: layer(Tanh())
    case 1: layer(Linear())
    case 2: layer(LeakyReLU())
    case 3: layer(Sigmoid())
    default: layer(ReLU())
    }
  }

  // MARK: Branches

  /// Adds the last value and the output of one or two layers on it.
  private mutating func residual() {
    let start = last
    let elements = start.shape.elementCount
    let width = start.shape[start.shape.rank - 1]
    let side = start.shape.rank == 3 ? choices.pick([1, 3, 3, 5]) : 1
    let cost = elements * width * side * side * batch
    if work + cost > Self.mostWork {
      // Beyond the budget, a branch without cost.
      add(Activation(.tanh), on: start)
    } else if start.shape.rank == 3 {
      work += cost
      add(convolution(Size2D(side), 1, .same, filters: width), on: start)
    } else {
      work += cost
      add(denseLayer(width), on: start)
    }
    if choices.oneIn(2) { add(BatchNormalization(), on: last) }
    sum([start, last])
  }

  /// Adds the last value and another value of its shape, possibly itself.
  private mutating func addEqual() {
    let candidates = values.filter { $0.shape == last.shape }
    let terms = [last, choices.pick(candidates)]
    sum(choices.oneIn(3) ? terms + [choices.pick(candidates)] : terms)
  }

  private mutating func sum(_ terms: [Value]) {
    let symbols = terms.map(\.symbol)
    let symbol =
      symbols.count == 2 ? Add()(symbols[0], symbols[1]) : Add()(symbols[0], symbols[1], symbols[2])
    append(symbol, Add(), terms.map(\.shape))
  }
}
