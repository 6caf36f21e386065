import Foundation
import Pinion
import Testing

/// Custom types of every kind, with `import Pinion` only.
@Suite struct UsersOwnTests {
  /// Points of a ring and of the disc inside it.
  struct Ring: Dataset {
    let count: Int
    let inputShape: Shape = [2]
    let targetShape: Shape = [1]
    var classNames: [String]? { ["disc", "ring"] }

    func copyInput(at index: Int, into view: MemoryView<Float>) {
      let angle = Double(index) * 2.4
      let radius = index % 2 == 0 ? 0.5 : 1.5
      view[0] = Float(radius * cos(angle))
      view[1] = Float(radius * sin(angle))
    }

    func copyTarget(at index: Int, into view: MemoryView<Float>) { view[0] = Float(index % 2) }
  }

  /// y = x/(1 + |x|).
  struct SoftSign: ActivationFunction {
    var gradientReads: ActivationGradientSource { .input }

    func apply(to values: MemoryView<Float>, width: Int) {
      for i in values.indices { values[i] /= 1 + abs(values[i]) }
    }

    func applyGradient(
      to gradient: MemoryView<Float>, values: MemoryView<Float>, width: Int
    ) {
      for i in values.indices {
        let root = 1 + abs(values[i])
        gradient[i] /= root * root
      }
    }
  }

  /// y = a ⊙ x² + b, element by element.
  struct Quadratic: SamplewiseLayer {
    var name: String?
    @Configured var initializer: any Initializer = Steps(first: 0.5)

    func outputShape(for inputs: [Shape]) throws -> Shape {
      guard inputs[0].rank == 1 else {
        throw LayerError("vectors", received: "the shape \(inputs[0])")
      }
      return inputs[0]
    }

    func parameters(for inputs: [Shape]) -> [Parameter] {
      [
        Parameter("a", shape: inputs[0], initializer: Steps(first: 0.5)),
        Parameter("b", shape: inputs[0], initializer: .zeros),
      ]
    }

    func forward(_ context: LayerContext) {
      let (x, y) = (context.inputs[0], context.output)
      let (a, b) = (context.parameter("a"), context.parameter("b"))
      for i in x.indices { y[i] = a[i % a.count] * x[i] * x[i] + b[i % b.count] }
    }

    func backward(_ context: LayerContext) {
      let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameter("a"))
      for i in x.indices {
        context.gradient("a")[i % a.count] += dy[i] * x[i] * x[i]
        context.gradient("b")[i % a.count] += dy[i]
      }
      guard let dx = context.inputGradients[0] else { return }
      for i in x.indices { dx[i] = 2 * a[i % a.count] * x[i] * dy[i] }
    }
  }

  /// first, first + 0.1, first + 0.2, …
  struct Steps: Initializer {
    var first: Float

    func fill(_ values: MemoryView<Float>, shape: Shape, random: RandomStream) {
      for i in values.indices { values[i] = first + 0.1 * Float(i) }
    }
  }

  /// ½(ŷ − y)² of one output.
  struct HalfSquare: Loss {
    func validate(output: Shape, target: Shape) throws {
      guard output == target, output == [1] else {
        throw LayerError("one output and one target", received: "\(output) and \(target)")
      }
    }

    func evaluate(_ context: LossContext) {
      for i in context.losses.indices {
        let difference = context.outputs[i] - context.targets[i]
        context.losses[i] = difference * difference / 2
        context.gradients?[i] = difference * context.gradientScale
      }
    }
  }

  /// Steps of the same length along the sign of the gradient.
  struct SignDescent: Optimizer {
    var learningRate: LearningRate

    var slotNames: [String] { ["steps"] }

    func coefficients(
      step: Int, learningRate: Double, scalars: inout [Double]
    ) -> StepCoefficients { StepCoefficients(learningRate) }

    func update(
      parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
      coefficients: StepCoefficients
    ) {
      for i in parameters.indices {
        parameters[i] -=
          gradients[i] > 0 ? coefficients[0] : gradients[i] < 0 ? -coefficients[0] : 0
        slots[0][i] += 1
      }
    }
  }

  /// Updates by the gradients times a factor, and counts them.
  struct Scaled: OptimizerWrapper {
    @Configured var base: any Optimizer
    var factor: Float

    var ownSlotName: String? { "updates" }

    func validateOwn() throws(ArgumentError) {}

    func update(
      parameters: MemoryView<Float>, gradients: MemoryView<Float>, slots: OptimizerSlots,
      coefficients: StepCoefficients
    ) {
      for i in gradients.indices {
        gradients[i] *= factor
        slots[slotNames.count - 1][i] += 1
      }
      base.update(
        parameters: parameters, gradients: gradients, slots: slots, coefficients: coefficients)
    }
  }

  /// The first rate, halved each ten steps.
  struct Halving: LearningRateSchedule {
    var first: Double

    func rate(at step: Int) -> Double { first / Double(1 << min(30, step / 10)) }
  }

  /// The share of outputs on the right side of ½.
  struct Threshold: Metric {
    private var right = 0
    private var total = 0

    var name: String { "threshold_accuracy" }
    var higherIsBetter: Bool { true }
    var value: Double { total == 0 ? 0 : Double(right) / Double(total) }

    mutating func reset() { (right, total) = (0, 0) }

    mutating func add(
      predictions: MemoryView<Float>, targets: MemoryView<Float>, count: Int
    ) throws {
      for i in 0..<count where (predictions[i] > 0.5) == (targets[i] > 0.5) { right += 1 }
      total += count
    }
  }

  /// Stops at an accuracy.
  final class Enough: Callback {
    let goal: Double
    private(set) var epochs = 0

    init(goal: Double) { self.goal = goal }

    func epochDidEnd(epoch: Int, logs: inout Logs, run: any TrainingRun) throws {
      epochs += 1
      logs["goal"] = goal
      if let value = logs["val_threshold_accuracy"], value >= goal { run.requestStop() }
    }
  }

  private func network() throws -> Sequential {
    try Sequential(input: [2]) {
      Quadratic(name: "own")
      Dense(4, activation: SoftSign(), kernelInitializer: Steps(first: -0.4))
      Dense(1)
    }
  }

  private func model() throws -> Model {
    try Model(
      network(), optimizer: SignDescent(learningRate: LearningRate(Halving(first: 0.05))),
      loss: HalfSquare(), metrics: [Threshold()], threads: 2)
  }

  @Test func trainTogether() throws {
    let model = try model()
    let enough = Enough(goal: 1)
    let best = EarlyStopping(
      monitor: "val_threshold_accuracy", patience: 20, restoreBestWeights: true)
    let history = try model.fit(
      Ring(count: 200), validation: Ring(count: 50), epochs: 30, batchSize: 20,
      callbacks: [enough, best], verbose: false)
    #expect(
      history.keys == [
        "goal", "loss", "threshold_accuracy", "val_loss", "val_threshold_accuracy",
      ])
    #expect(history["val_threshold_accuracy"].last == 1)
    #expect(enough.epochs < 30 && enough.epochs == history.epochs.count)
    #expect(model.learningRate == Halving(first: 0.05).rate(at: model.steps))
    let evaluation = try model.evaluate(Ring(count: 100))
    #expect(evaluation["threshold_accuracy"] == 1)
    #expect(evaluation.accuracy == nil)
  }

  /// The update of a wrapper is its own, also inside those of the library.
  @Test func wrappersChangeTheUpdate() throws {
    func weights(_ optimizer: some Optimizer) throws -> [Float] {
      let model = try Model(network(), optimizer: optimizer, loss: HalfSquare(), threads: 1)
      try model.fit(Ring(count: 60), epochs: 2, batchSize: 20, verbose: false)
      return model.weights.trainable.array
    }
    let (plain, half) = (
      SGD(learningRate: 0.02, momentum: 0.5), SGD(learningRate: 0.01, momentum: 0.5)
    )
    let scaled = Scaled(base: plain, factor: 0.5)
    #expect(try weights(scaled) == weights(half))
    #expect(
      try weights(GradientAccumulation(scaled, steps: 2))
        == weights(GradientAccumulation(half, steps: 2)))
    let unfit: [any Optimizer] = [GradientAccumulation(SGD(), steps: 2), LAMB(), LARS(), Muon()]
    for base in unfit {
      let error = #expect(throws: ArgumentError.self) {
        try Scaled(base: base, factor: 0.5).validate()
      }
      #expect(error?.place == "Scaled.base")
    }
  }

  @Test func areSavedAndLoadedWithARegistry() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).safetensors")
    defer { try? FileManager.default.removeItem(at: file) }
    let model = try model()
    try model.fit(Ring(count: 60), epochs: 2, batchSize: 20, verbose: false)
    try model.saveWeights(to: file)
    let registry = TypeRegistry.standard.adding(Quadratic.self, SoftSign.self, Steps.self)
    let loaded = try Model(contentsOf: file, registry: registry)
    #expect(loaded.graph == model.graph)
    #expect(loaded.weights.trainable.array == model.weights.trainable.array)
    let data = Ring(count: 30)
    #expect(try loaded.predict(data) == model.predict(data))
    let error = #expect(throws: GraphError.self) { try Model(contentsOf: file) }
    #expect(error?.description.contains("Quadratic") == true)
  }

  @Test func areSummarizedAndCheckedLikeOurs() throws {
    #expect(try network().summary().contains("own (Quadratic)"))
    let check = try checkGradients(of: network())
    #expect(check.isPassed, "\(check)")
    #expect(throws: GraphError.self) { try Sequential(input: [2, 2]) { Quadratic() } }
    #expect(throws: LayerError.self) {
      try Model(
        Sequential(input: [2]) { Dense(2) }, loss: HalfSquare(), metrics: []
      ).fit(Ring(count: 4), verbose: false)
    }
  }
}
