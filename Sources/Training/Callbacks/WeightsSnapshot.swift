public import PinionTensor

/// A copy of a model's weights, to be put back later.
public final class WeightsSnapshot: Sendable {
  /// The trainable parameters.
  public let parameters: AlignedBuffer

  /// What is not trained, such as the moving means of batch normalisation.
  public let state: AlignedBuffer

  /// Copies the given weights.
  public init(parameters: MemoryView<Float>, state: MemoryView<Float>) {
    self.parameters = AlignedBuffer(copying: parameters)
    self.state = AlignedBuffer(copying: state)
  }

  /// Copies other weights of the same counts over those held.
  public func update(parameters: MemoryView<Float>, state: MemoryView<Float>) {
    self.parameters.view.copy(from: parameters)
    self.state.view.copy(from: state)
  }

  /// Copies the weights held to memory of the same counts.
  public func copy(toParameters parameters: MemoryView<Float>, state: MemoryView<Float>) {
    parameters.copy(from: self.parameters.view)
    state.copy(from: self.state.view)
  }
}
