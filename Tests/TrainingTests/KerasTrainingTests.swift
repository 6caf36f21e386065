import PinionTestSupport
import Testing

@testable import Pinion
@testable import PinionTraining

/// Ten training steps of the report's networks compared with Keras's, from the same weights and on
/// the same images.
///
/// The numbers compared with are those of Keras in float64, the true ones: its float32 moments of
/// batch normalization are off by far more than what is tested for here. `make_training.py` says
/// why the weights and learning rates are what they are.
@Suite struct KerasTrainingTests {
  @Test(arguments: try Fixture.load("training", as: KerasTrainingFixture.File.self).runs)
  func fashionMNIST(_ fixture: KerasTrainingFixture) throws { try compare(fixture) }

  @Test(arguments: try Fixture.load("training_cifar", as: KerasTrainingFixture.File.self).runs)
  func cifar(_ fixture: KerasTrainingFixture) throws { try compare(fixture) }

  private func compare(_ fixture: KerasTrainingFixture) throws {
    try compareGradients(KerasTrainingRun(fixture))
    let run = try KerasTrainingRun(fixture)
    #expect(run.model.graph.parameterCounts.trainable == fixture.parameterCount)
    for step in 0..<10 {
      let (loss, expected) = (try run.step(step), fixture.losses64[step])
      #expect(
        abs(loss - expected) <= 1e-3 * expected, "step \(step): loss \(loss), Keras's \(expected)")
    }
    try compareResults(run)
  }

  /// The sum within 10⁻⁴ of itself or of the norm, the larger one; the others within 10⁻⁴ of the
  /// norm.
  private func compareGradients(_ run: KerasTrainingRun) throws {
    let gradients = try run.firstGradients()
    #expect(gradients.count == run.fixture.firstGradients.count)
    for (gradient, expected) in zip(gradients, run.fixture.firstGradients) {
      #expect(gradient.shape == Shape(expected.shape))
      let found = KerasFormulas.summary(gradient.values)
      let scale = max(expected.norm64, abs(expected.sum64))
      #expect(abs(found.sum - expected.sum64) <= 1e-4 * scale, "sum of \(gradient.name)")
      compare(found, expected, within: 1e-4, gradient.name)
    }
  }

  /// After ten steps that rounding may have led apart: Adam moves a parameter by a rate's whole
  /// length whichever way its gradient points.
  private func compareResults(_ run: KerasTrainingRun) throws {
    let (model, fixture) = (run.model, run.fixture)
    let trainable = model.weights.entries.filter(\.isTrainable)
    for (tensor, expected) in zip(trainable, fixture.tensors) {
      let found = KerasFormulas.summary(model.weights.view(of: tensor))
      compare(found, expected, within: 5e-3, tensor.name)
    }
    let states = model.weights.entries.filter { !$0.isTrainable }
    #expect(states.count == fixture.states.count)
    for (tensor, expected) in zip(states, fixture.states) {
      let found = KerasFormulas.summary(model.weights.view(of: tensor))
      // Means of rectified values are all positive: their sum is far larger than their norm.
      let scale = max(expected.norm64, abs(expected.sum64))
      #expect(abs(found.sum - expected.sum64) <= 1e-3 * scale, "sum of \(tensor.name)")
      compare(found, expected, within: 1e-3, tensor.name)
    }
    let norm = KerasFormulas.summary(model.weights.trainable).norm
    #expect(abs(norm - fixture.parameterNorm64) <= 1e-4 * norm)
    for (found, expected) in zip(try run.probabilities(), fixture.probabilities64) {
      #expect(abs(Double(found) - expected) <= 1e-3)
    }
  }

  private func compare(
    _ found: KerasFormulas.Summary, _ expected: KerasTrainingFixture.Summary,
    within tolerance: Double, _ name: String
  ) {
    let differences = [
      ("norm", found.norm - expected.norm64),
      ("projection", found.projection - expected.projection64),
    ]
    for (number, difference) in differences {
      #expect(
        abs(difference) <= tolerance * expected.norm64,
        "\(number) of \(name) differs by \(difference / expected.norm64)")
    }
  }
}
