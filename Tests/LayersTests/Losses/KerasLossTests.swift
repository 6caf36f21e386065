import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Losses and their gradients against Keras's.
@Suite struct KerasLossTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let loss: String
    let fromLogits: Bool
    let labelSmoothing: Double?
    let input: FixtureTensor
    let labels: [Int]?
    let targets: FixtureTensor?
    let values: [Float]
    let value: Float
    let gradient: FixtureTensor

    var testDescription: String { name }
  }

  static let cases: [Case] = load()

  private static func load() -> [Case] {
    do {
      return try Fixture.load("losses", as: [Case].self)
    } catch {
      Issue.record(error)
      return []
    }
  }

  @Test func thereAreCases() { #expect(Self.cases.count >= 20) }

  @Test(arguments: cases) func agrees(fixture: Case) throws {
    let isSparse = fixture.loss.hasPrefix("Sparse")
    let loss: any Loss =
      isSparse
      ? SparseCategoricalCrossEntropy(fromLogits: fixture.fromLogits)
      : CategoricalCrossEntropy(
        labelSmoothing: fixture.labelSmoothing ?? 0, fromLogits: fixture.fromLogits)
    let (rows, classes) = (fixture.input.shape[0], fixture.input.shape[1])
    let outputs = buffer(fixture.input.data)
    let targets = buffer(
      isSparse ? (fixture.labels ?? []).map(Float.init) : try #require(fixture.targets).data)
    let (losses, gradients) = (
      AlignedBuffer(count: rows), AlignedBuffer(count: rows * classes)
    )
    loss.evaluate(
      LossContext(
        outputs: outputs.view, targets: targets.view, areLogits: false, losses: losses.view,
        gradients: gradients.view, gradientScale: 1 / Float(rows), classes: classes))
    #expect(relativeDifference(losses.view.array, fixture.values) < 1e-5)
    #expect(relativeDifference(gradients.view.array, fixture.gradient.data) < 1e-5)
    let mean = losses.view.array.reduce(0, +) / Float(rows)
    #expect(abs(mean - fixture.value) <= 1e-5 * abs(fixture.value))
  }

  @Test func meanSquaredErrorAgrees() {
    let outputs = buffer([0.25, 0.5, -0.5, 1, 1, 3, 1, -1, 0.125, 0, 2, 0.5])
    let targets = buffer([0, 1, 0.5, -1, 2, 0, 1, 1, 0, 0, -2, 0.25])
    let (losses, gradients) = (AlignedBuffer(count: 2), AlignedBuffer(count: 12))
    MeanSquaredError().evaluate(
      LossContext(
        outputs: outputs.view, targets: targets.view, areLogits: false, losses: losses.view,
        gradients: gradients.view, gradientScale: 0.5, classes: 2))
    // Keras's loss and gradient in double precision.
    #expect(losses.view.array.reduce(0, +) / 2 == 2.949_218_75)
    let expected: [Float] = [
      0.041_666_668, -0.083_333_336, -0.166_666_67, 0.333_333_34, -0.166_666_67, 0.5, 0,
      -0.333_333_34,
      0.020_833_334, 0, 0.666_666_7, 0.041_666_668,
    ]
    #expect(relativeDifference(gradients.view.array, expected) < 1e-6)
    withExtendedLifetime((outputs, targets)) {}
  }

  /// Keras 3 on TensorFlow has 1.1932709 for these probabilities as numbers, but 2.0247734 for a
  /// network with these outputs, because it uses the argument of the sigmoid as logits. Pinion's
  /// loss is the former, as documented.
  @Test func probabilitiesOfASigmoidAreProbabilities() throws {
    let graph = try Sequential(input: [2]) { Dense(3, activation: .sigmoid) }.graph
    let weights = Weights(graph: graph, seed: 0)
    let parameters = buffer([1, -1, 0.5, 0.3, 2, -1, 0.1, -0.2, 0.3])
    weights.trainable.copy(from: parameters.view)
    let inputs = buffer([1, 2, -1, 0.5])
    let losses: [(any Loss, targets: [Float])] = [
      (.sparseCategoricalCrossEntropy, [0, 2]), (.categoricalCrossEntropy, [1, 0, 0, 0, 0, 1]),
    ]
    for (loss, targets) in losses {
      for mode in [LayerPass.Mode.training, .inference] {
        let workspace = Workspace(
          plan: Plan(graph: graph, request: .init(mode: mode, batch: 2, loss: loss)),
          weights: weights, pool: ThreadPool(threads: 1))
        let targets = buffer(targets)
        workspace.run(inputs: inputs.view, targets: targets.view)
        withExtendedLifetime((inputs, targets, parameters)) {
          #expect(abs(workspace.meanLoss - 1.1932709) < 1e-6)
        }
      }
    }
  }

  private func buffer(_ values: [Float]) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: values.count)
    for (i, value) in values.enumerated() { buffer.view[i] = value }
    return buffer
  }
}
