@testable import Pinion
@testable import PinionTraining

/// A model of ours that repeats a run of Keras's.
final class KerasTrainingRun {
  let fixture: KerasTrainingFixture
  let model: Model
  private let inputs: AlignedBuffer
  private let targets: AlignedBuffer

  init(_ fixture: KerasTrainingFixture) throws {
    self.fixture = fixture
    let rate = LearningRate(fixture.learningRate)
    let definition = try fixture.definition()
    model =
      fixture.optimizer == "Nadam"
      ? try Model(definition, optimizer: Nadam(learningRate: rate))
      : try Model(definition, optimizer: Adam(learningRate: rate))
    KerasFormulas.setWeights(model.weights)
    inputs = AlignedBuffer(count: KerasFormulas.batch * model.graph.inputShape.elementCount)
    targets = AlignedBuffer(count: KerasFormulas.batch)
  }

  /// Takes a step, and returns the loss before it.
  func step(_ number: Int) throws -> Double {
    let size = model.graph.inputShape.elementCount
    for n in 0..<KerasFormulas.batch {
      targets.view[n] = Float(label(n, number))
      write(n, number, into: inputs.view[n * size..<(n + 1) * size])
    }
    return try model.trainStep(
      inputs: inputs.view, targets: targets.view, count: KerasFormulas.batch
    ).meanLoss
  }

  /// The gradients of all trainable tensors on the first images of step 0; the step that computes
  /// them is taken.
  func firstGradients() throws -> [(name: String, shape: Shape, values: MemoryView<Float>)] {
    let (count, size) = (KerasFormulas.gradientBatch, model.graph.inputShape.elementCount)
    for n in 0..<count {
      targets.view[n] = Float(label(n, 0))
      write(n, 0, into: inputs.view[n * size..<(n + 1) * size])
    }
    let workspace = try model.trainStep(
      inputs: inputs.view[0..<count * size], targets: targets.view[0..<count], count: count)
    return model.weights.entries.filter(\.isTrainable).map {
      ($0.name, $0.shape, workspace.gradients[$0.range])
    }
  }

  /// The probabilities of image 0 of step 0.
  func probabilities() throws -> [Float] {
    let shape = model.graph.inputShape.prepending(1)
    let image = AlignedBuffer(count: shape.elementCount)
    write(0, 0, into: image.view)
    return try model.predict(Tensor(copying: image.view, shape: shape)).elements
  }

  private func label(_ n: Int, _ step: Int) -> Int {
    KerasFormulas.label(image: n, step: step, classes: fixture.classes)
  }

  private func write(_ n: Int, _ step: Int, into view: MemoryView<Float>) {
    KerasFormulas.image(
      label: label(n, step), n: n, step: step, noise: fixture.imageStream,
      shape: model.graph.inputShape, into: view)
  }
}
