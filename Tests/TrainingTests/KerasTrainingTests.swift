import PinionTestSupport
import Testing

@testable import Pinion
@testable import PinionTraining

/// Ten training steps of the report's networks beside Keras's, from the same weights and on the same images.
///
/// The numbers compared with are those of Keras in float64, the true ones: its float32 moments of batch normalisation are off by far more than what is
/// tested for here. `make_training.py` says why the weights and learning rates are what they are.
@Suite struct KerasTrainingTests {
  @Test(arguments: try Fixture.load("training", as: KerasTrainingFixture.File.self).runs)
  func fashionMNIST(_ fixture: KerasTrainingFixture) throws { try compare(fixture) }

  @Test(arguments: try Fixture.load("training_cifar", as: KerasTrainingFixture.File.self).runs)
  func cifar(_ fixture: KerasTrainingFixture) throws { try compare(fixture) }

  private func compare(_ fixture: KerasTrainingFixture) throws {
    let run = try KerasTrainingRun(fixture)
    #expect(run.model.graph.parameterCounts.trainable == fixture.parameterCount)
    for step in 0..<fixture.losses64.count {
      let loss = try run.step(step)
      let expected = fixture.losses64[step]
      print("loss", fixture.testDescription, step, Float(abs(loss / expected - 1)))
      #expect(
        abs(loss - expected) <= 1e-3 * expected, "step \(step): loss \(loss), Keras's \(expected)")
      if step == 0 { compareGradients(run) }
    }
    try compareResults(run)
  }

  /// Each number within 10⁻⁴ of the tensor's norm.
  private func compareGradients(_ run: KerasTrainingRun) {
    let tensors = run.model.weights.entries.filter(\.isTrainable)
    #expect(tensors.count == run.fixture.firstGradients.count)
    for (tensor, expected) in zip(tensors, run.fixture.firstGradients) {
      #expect(tensor.shape == Shape(expected.shape))
      check(run.gradients(of: tensor), expected, within: 1e-4, tensor.name)
    }
  }

  private func compareResults(_ run: KerasTrainingRun) throws {
    let entries = run.model.weights.entries
    for (tensor, expected) in zip(entries.filter(\.isTrainable), run.fixture.tensors) {
      check(run.model.weights.view(of: tensor), expected, within: 1e-3, tensor.name)
    }
    let states = entries.filter { !$0.isTrainable }
    #expect(states.count == run.fixture.states.count)
    for (tensor, expected) in zip(states, run.fixture.states) {
      check(run.model.weights.view(of: tensor), expected, within: 1e-3, tensor.name)
    }
    for (found, expected) in zip(try run.probabilities(), run.fixture.probabilities64) {
      print("probability", abs(Double(found) - expected))
      #expect(abs(Double(found) - expected) <= 1e-3)
    }
  }

  private func check(
    _ view: MemoryView<Float>, _ expected: KerasTrainingFixture.Summary, within tolerance: Double,
    _ name: String
  ) {
    let found = KerasFormulas.summary(view)
    let scale = expected.norm64
    // Of n elements that are each wrong by the same part at random, the sum is wrong by that part of the norm.
    let differences = [
      found.sum - expected.sum64, found.norm - scale, found.projection - expected.projection64,
    ]
    for (number, difference) in zip(["sum", "norm", "projection"], differences) {
      print("S", tolerance, name, number, Float(abs(difference) / scale))
      #expect(
        abs(difference) <= tolerance * scale, "\(name): \(number) differs by \(difference / scale)")
    }
  }
}
