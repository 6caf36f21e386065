@testable import Pinion
@testable import PinionTraining

/// A model of ours that repeats a run of Keras's.
final class KerasTrainingRun {
  let fixture: KerasTrainingFixture
  let model: Model
  private let inputs: AlignedBuffer
  private let targets: AlignedBuffer
  private var workspace: Workspace?

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
    let shape = model.graph.inputShape
    let size = shape.elementCount
    for n in 0..<KerasFormulas.batch {
      let label = KerasFormulas.label(image: n, step: number, classes: fixture.classes)
      targets.view[n] = Float(label)
      KerasFormulas.image(
        n, step: number, label: label, shape: shape, into: inputs.view[n * size..<(n + 1) * size])
    }
    let workspace = try model.trainStep(
      inputs: inputs.view, targets: targets.view, count: KerasFormulas.batch)
    self.workspace = workspace
    return workspace.meanLoss
  }

  /// The gradients of a tensor in the last step.
  func gradients(of tensor: Weights.Entry) -> MemoryView<Float> {
    workspace.map { $0.gradients[tensor.range] } ?? .empty
  }

  /// The probabilities of image 0 of step 0.
  func probabilities() throws -> [Float] {
    let (shape, label) = (
      model.graph.inputShape,
      KerasFormulas.label(image: 0, step: 0, classes: fixture.classes)
    )
    let image = AlignedBuffer(count: shape.elementCount)
    KerasFormulas.image(0, step: 0, label: label, shape: shape, into: image.view)
    return try model.predict(Tensor(shape: shape.prepending(1), elements: image.view.array))
      .elements
  }
}
