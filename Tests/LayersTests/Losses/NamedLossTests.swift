import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Losses, their reductions and their gradients against Keras's in double precision.
@Suite struct NamedLossTests {
  struct Arguments: Decodable {
    let delta: Double?
    let axis: Int?
    let label_smoothing: Double?
    let from_logits: Bool?
    let gamma: Double?
    let alpha: Double?
    let apply_class_balancing: Bool?
  }

  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let loss: String
    let arguments: Arguments
    let input: FixtureTensor
    let targets: FixtureTensor
    let values: [Double]
    let value: Double
    let sum: Double
    let weights: [Float]
    let weighted: Double
    let gradient: FixtureTensor

    var testDescription: String { name }

    func makeLoss() throws -> any Loss {
      let (smoothing, fromLogits) = (arguments.label_smoothing ?? 0, arguments.from_logits ?? false)
      switch loss {
      case "MeanSquaredError": return MeanSquaredError()
      case "MeanAbsoluteError": return MeanAbsoluteError()
      case "MeanAbsolutePercentageError": return MeanAbsolutePercentageError()
      case "MeanSquaredLogarithmicError": return MeanSquaredLogarithmicError()
      case "Huber": return Huber(delta: arguments.delta ?? Huber().delta)
      case "LogCosh": return LogCosh()
      case "Poisson": return Poisson()
      case "Hinge": return Hinge()
      case "SquaredHinge": return SquaredHinge()
      case "CategoricalHinge": return CategoricalHinge()
      case "KLDivergence": return KLDivergence()
      // Keras counts the batch as axis 0.
      case "CosineSimilarity": return CosineSimilarity(axis: arguments.axis.map { $0 - 1 } ?? -1)
      case "BinaryCrossentropy":
        return BinaryCrossEntropy(labelSmoothing: smoothing, fromLogits: fromLogits)
      case "BinaryFocalCrossentropy":
        let standard = BinaryFocalCrossEntropy()
        return BinaryFocalCrossEntropy(
          applyClassBalancing: arguments.apply_class_balancing ?? standard.applyClassBalancing,
          alpha: arguments.alpha ?? standard.alpha, gamma: arguments.gamma ?? standard.gamma,
          labelSmoothing: smoothing, fromLogits: fromLogits)
      case "CategoricalFocalCrossentropy":
        let standard = CategoricalFocalCrossEntropy()
        return CategoricalFocalCrossEntropy(
          alpha: arguments.alpha ?? standard.alpha, gamma: arguments.gamma ?? standard.gamma,
          labelSmoothing: smoothing, fromLogits: fromLogits)
      default: throw LayerError("a loss of ours", received: loss)
      }
    }
  }

  static let cases: [Case] = {
    do {
      return try Fixture.load("named_losses", as: [Case].self)
    } catch {
      Issue.record(error)
      return []
    }
  }()

  @Test func thereAreCases() {
    #expect(Self.cases.count >= 60)
    #expect(Set(Self.cases.map(\.loss)).count == 15)
  }

  private func run(_ fixture: Case, _ loss: any Loss, areLogits: Bool) -> (
    losses: [Float], gradients: [Float]
  ) {
    let shape = Shape(Array(fixture.input.shape.dropFirst()))
    let samples = fixture.input.shape[0]
    let (outputs, targets) = (
      AlignedBuffer(fixture.input.data), AlignedBuffer(fixture.targets.data)
    )
    let (losses, gradients) = (
      Numbers.poisoned(samples), Numbers.poisoned(fixture.input.data.count)
    )
    loss.evaluate(
      LossContext(
        outputs: outputs.view, targets: targets.view, areLogits: areLogits, losses: losses.view,
        gradients: gradients.view, gradientScale: 1 / Float(samples), classes: shape.last ?? 1,
        outputShape: shape))
    return withExtendedLifetime((outputs, targets)) { (losses.view.array, gradients.view.array) }
  }

  @Test(arguments: cases) func agrees(fixture: Case) throws {
    let loss = try fixture.makeLoss()
    let shape = Shape(Array(fixture.input.shape.dropFirst()))
    try loss.validate(output: shape, target: shape)
    let (losses, gradients) = run(fixture, loss, areLogits: false)
    #expect(relativeError(losses, fixture.values) < 1e-6)
    #expect(relativeDifference(gradients, fixture.gradient.data) < 2e-6)
    // The logits of the last activation take the same way as `fromLogits`.
    guard fixture.arguments.from_logits == true else { return }
    let link: any Loss
    switch loss {
    case var loss as BinaryCrossEntropy:
      loss.fromLogits = false
      link = loss
    case var loss as BinaryFocalCrossEntropy:
      loss.fromLogits = false
      link = loss
    case var loss as CategoricalFocalCrossEntropy:
      loss.fromLogits = false
      link = loss
    default: link = loss
    }
    #expect(link.logitsLink != nil && loss.logitsLink == nil)
    let linked = run(fixture, link, areLogits: true)
    #expect(linked.losses == losses && linked.gradients == gradients)
  }

  @Test func areReadBackAsSaved() throws {
    for fixture in Self.cases {
      for loss in [try fixture.makeLoss(), SummedLoss(try fixture.makeLoss()), Distillation()] {
        try expectReadBack(loss)
      }
    }
  }

  private func expectReadBack(_ loss: any Loss) throws {
    let saved = Configured<any Loss>(wrappedValue: loss)
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = TypeRegistry.standard
    let read = try decoder.decode(
      Configured<any Loss>.self, from: JSONEncoder().encode(saved))
    #expect(read == saved)
  }

  /// Mean, sum and weights, with the outputs put in as inputs of a network that passes them on.
  @Test(arguments: cases) func reducesAlike(fixture: Case) throws {
    let loss = try fixture.makeLoss()
    let shape = Shape(Array(fixture.input.shape.dropFirst()))
    let (samples, last) = (fixture.input.shape[0], shape[shape.rank - 1])
    // Keras's positions are those of the loss's axis.
    let hasOtherAxis = fixture.arguments.axis != nil
    let graph = try Sequential(input: shape) { Activation(.linear) }.graph
    let (inputs, targets) = (
      AlignedBuffer(fixture.input.data), AlignedBuffer(fixture.targets.data)
    )
    let weights = AlignedBuffer(fixture.weights)
    func run(_ loss: some Loss, weights: MemoryView<Float>?) -> (Double, [Float]) {
      let workspace = Workspace(
        plan: Plan(
          graph: graph,
          request: .init(
            mode: .training, batch: samples, loss: loss, isBackward: true, wantsInputGradients: true
          )),
        weights: Weights(graph: graph, seed: 0), pool: ThreadPool(threads: 2))
      workspace.run(inputs: [inputs.view], targets: [targets.view], sampleWeights: weights)
      return (workspace.meanLoss, workspace.inputGradient(0)?.array ?? [])
    }
    func isClose(_ value: Double, _ expected: Double) -> Bool {
      abs(value - expected) <= 1e-6 * max(abs(expected), 1e-6)
    }
    let mean = run(loss, weights: nil)
    #expect(isClose(mean.0, fixture.value))
    #expect(relativeDifference(mean.1, fixture.gradient.data) < 2e-6)
    #expect(isClose(run(loss, weights: weights.view).0, fixture.weighted))
    let sum = run(SummedLoss(loss), weights: nil)
    withExtendedLifetime((inputs, targets, weights)) {}
    guard !hasOtherAxis else { return }
    #expect(isClose(sum.0, fixture.sum))
    let factor = Float(samples * shape.elementCount / last)
    #expect(relativeDifference(sum.1, fixture.gradient.data.map { $0 * factor }) < 2e-6)
  }
}

extension AlignedBuffer {
  convenience init(_ values: [Float]) {
    self.init(count: values.count)
    for (index, value) in values.enumerated() { view[index] = value }
  }
}
