import PinionOptimizers
import PinionTensor
import Testing

@Suite struct OptimizerStateTests {
  static let optimizers: [any Optimizer] = [
    SGD(), SGD(momentum: 0.9), SGD(momentum: 0.9, nesterov: true), Adam(), Adam(amsgrad: true),
    Nadam(), AdamW(amsgrad: true, clipping: .value(0.25)), Adamax(weightDecay: 0.1), RMSprop(),
    RMSprop(momentum: 0.5, centered: true), RMSprop(centered: true), Adagrad(), Adadelta(), Lion(),
    SGD(momentum: 0.9, clipping: .globalNorm(1)), LAMB(), LARS(), Muon(),
    ExponentialMovingAverage(GradientAccumulation(Lookahead(Adam()), steps: 2), momentum: 0.5),
  ]

  /// Those whose update of a number reads nothing else.
  static let elementwise = optimizers.indices.filter {
    let optimizer = optimizers[$0]
    return optimizer.clipping == nil && (optimizer.weightDecay ?? 0) == 0
      && !(optimizer is any LayerwiseOptimizer) && !(optimizer is any OptimizerWrapper)
  }

  /// Numbers without pattern, the same in each run.
  private static func noise(_ count: Int, seed: UInt64) -> [Float] {
    (0..<UInt64(count)).map { position in
      var z = (position &+ seed << 32) &* 0x9E37_79B9_7F4A_7C15
      z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
      return Float((z ^ z >> 31) >> 40) / 8_388_608 - 1
    }
  }

  private func steps(_ optimizer: any Optimizer, count: Int, threads: Int) -> [UInt32] {
    let pool = ThreadPool(threads: threads)
    let parameters = buffer(Self.noise(count, seed: 0))
    let state = OptimizerState(for: optimizer, parameterCount: count)
    for step in 1...5 {
      let gradients = buffer(Self.noise(count, seed: UInt64(step)))
      state.apply(optimizer, parameters: parameters.view, gradients: gradients.view, pool: pool)
    }
    return (parameters.view.array + state.slots.flatMap(\.view.array)).map(\.bitPattern)
  }

  @Test(arguments: optimizers.indices) func bitsDoNotDependOnThreads(index: Int) {
    let count = 3 * OptimizerState.pieceSize + 7
    let alone = steps(Self.optimizers[index], count: count, threads: 1)
    for threads in [2, 3] {
      #expect(steps(Self.optimizers[index], count: count, threads: threads) == alone)
    }
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity], [1, 2, 5])
  func gradientsThatAreNotFiniteAreFound(value: Float, threads: Int) {
    let count = 2 * OptimizerState.pieceSize + 37
    let pool = ThreadPool(threads: threads)
    let state = OptimizerState(for: SGD(), parameterCount: count)
    let gradients = buffer(Self.noise(count, seed: 1))
    gradients.view[0] = .greatestFiniteMagnitude
    gradients.view[1] = -.leastNonzeroMagnitude
    #expect(state.areBelow(.infinity, gradients.view, pool: pool))
    for place in [0, 15, 16, OptimizerState.pieceSize - 1, OptimizerState.pieceSize, count - 1] {
      let before = gradients.view[place]
      gradients.view[place] = value
      #expect(!state.areBelow(.infinity, gradients.view, pool: pool), "at \(place)")
      gradients.view[place] = before
      #expect(state.areBelow(.infinity, gradients.view, pool: pool))
    }
    #expect(!state.areBelow(1, gradients.view, pool: pool))
    gradients.view[0] = 1
    #expect(!state.areBelow(1, gradients.view, pool: pool))
    #expect(state.areBelow(1.000_001, gradients.view, pool: pool))
    #expect(state.isFinite && state.step == 0)
  }

  /// A square that overflows in Adam's velocity, and a step that overflows in the parameter.
  @Test(arguments: [1, 3]) func stepsThatOverflowAreFound(threads: Int) {
    let count = OptimizerState.pieceSize + 3
    let pool = ThreadPool(threads: threads)
    for (optimizer, size) in [
      (Adam(), 1e20), (Adam(amsgrad: true), 1e20), (SGD(learningRate: 1e10), 1e30),
    ] as [(any Optimizer, Float)] {
      let state = OptimizerState(for: optimizer, parameterCount: count)
      let parameters = buffer(Self.noise(count, seed: 0))
      let gradients = buffer(Self.noise(count, seed: 1))
      state.apply(optimizer, parameters: parameters.view, gradients: gradients.view, pool: pool)
      #expect(state.isFinite)
      gradients.view[count - 1] = size
      #expect(state.areBelow(.infinity, gradients.view, pool: pool))
      state.apply(optimizer, parameters: parameters.view, gradients: gradients.view, pool: pool)
      #expect(!state.isFinite)
    }
  }

  /// Whatever a rule compares or bounds, a NaN does not get lost in it.
  @Test(arguments: elementwise) func notANumberStays(index: Int) {
    let optimizer = Self.optimizers[index]
    let state = OptimizerState(for: optimizer, parameterCount: 3)
    let parameters = buffer([1, 2, 3])
    let gradients = buffer([0.5, .nan, 0.5])
    for _ in 0..<2 {
      state.apply(optimizer, parameters: parameters.view, gradients: gradients.view)
      gradients.view[1] = 0.5
      for values in [parameters.view] + state.slots.map(\.view) {
        #expect(values.array.map(\.isNaN) == [false, true, false])
      }
    }
    #expect(!state.isFinite)
  }

  /// One parameter at a time, where no vector instruction is used, gives the bits of all at once.
  @Test(arguments: elementwise) func bitsDoNotDependOnRanges(index: Int) {
    let optimizer = Self.optimizers[index]
    let count = 101
    let together = steps(optimizer, count: count, threads: 1)
    let parameters = buffer(Self.noise(count, seed: 0))
    let slots = optimizer.initialSlotValues.map { buffer(Array(repeating: $0, count: count)) }
    var scalars = optimizer.initialScalars
    for step in 1...5 {
      let gradients = buffer(Self.noise(count, seed: UInt64(step)))
      let coefficients = optimizer.coefficients(
        step: step - 1, learningRate: optimizer.learningRate.rate(at: step - 1), scalars: &scalars)
      for i in 0..<count {
        optimizer.update(
          parameters: parameters.view[i..<i + 1], gradients: gradients.view[i..<i + 1],
          slots: OptimizerSlots(slots)[i..<i + 1], coefficients: coefficients)
      }
    }
    let alone = (parameters.view.array + slots.flatMap(\.view.array)).map(\.bitPattern)
    #expect(alone == together)
  }

  @Test func countsStepsAndReturnsTheRate() {
    let optimizer = SGD(
      learningRate: .piecewiseConstantDecay(boundaries: [0], values: [0.5, 0.25]))
    let state = OptimizerState(for: optimizer, parameterCount: 1)
    let parameters = buffer([1])
    let gradients = buffer([1])
    #expect(state.apply(optimizer, parameters: parameters.view, gradients: gradients.view) == 0.5)
    #expect(parameters.view[0] == 0.5)
    #expect(state.apply(optimizer, parameters: parameters.view, gradients: gradients.view) == 0.25)
    #expect(parameters.view[0] == 0.25)
    #expect(state.step == 2)
  }

  @Test func givenRateTakesTheOptimizersPlace() {
    let state = OptimizerState(for: SGD(learningRate: 100), parameterCount: 1)
    let parameters = buffer([1])
    let gradients = buffer([1])
    let rate = state.apply(
      SGD(learningRate: 100), parameters: parameters.view, gradients: gradients.view,
      learningRate: 0.125)
    #expect(rate == 0.125)
    #expect(parameters.view[0] == 0.875)
  }

  /// Step, scalars and slots are the complete state: a new state with them continues like the old
  /// one.
  @Test(arguments: optimizers.indices) func canBePutBack(index: Int) {
    let optimizer = Self.optimizers[index]
    let first = OptimizerState(for: optimizer, parameterCount: 9)
    let parameters = buffer(Self.noise(9, seed: 0))
    let gradients = buffer(Self.noise(9, seed: 1))
    for _ in 0..<3 {
      first.apply(optimizer, parameters: parameters.view, gradients: gradients.view)
    }
    let second = OptimizerState(for: optimizer, parameterCount: 9)
    let copy = AlignedBuffer(copying: parameters.view)
    second.step = first.step
    second.scalars = first.scalars
    for (old, new) in zip(first.slots, second.slots) { new.view.copy(from: old.view) }
    first.apply(optimizer, parameters: parameters.view, gradients: gradients.view)
    second.apply(optimizer, parameters: copy.view, gradients: gradients.view)
    #expect(parameters.view.array == copy.view.array)
  }

  @Test func emptyModelTakesSteps() {
    let empty = AlignedBuffer(count: 0)
    let state = OptimizerState(for: Adam(), parameterCount: 0)
    state.apply(Adam(), parameters: empty.view, gradients: empty.view)
    #expect(state.step == 1)
  }
}
