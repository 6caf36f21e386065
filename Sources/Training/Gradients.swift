internal import PinionLayers
public import PinionTensor

/// The gradient of a batch's total loss with respect to all trainable parameters.
public struct Gradients: Sendable {
  /// The mean total loss, penalties included.
  public let loss: Double

  let values: AlignedBuffer
  private let entries: [Weights.Entry]

  init(loss: Double, values: AlignedBuffer, entries: [Weights.Entry]) {
    self.loss = loss
    self.values = values
    self.entries = entries
  }

  /// The names of the parameters: `dense/kernel`.
  public var names: [String] { entries.map(\.name) }

  /// The gradient of a parameter, in the parameter's shape. Copies share it.
  ///
  /// - Precondition: There is such a parameter; a new value has its shape.
  public subscript(name: String) -> Tensor {
    get {
      let entry = entry(name)
      return Tensor(copying: values.view[entry.range], shape: entry.shape)
    }
    nonmutating set {
      let entry = entry(name)
      require(newValue.shape == entry.shape, "shape \(newValue.shape), not \(entry.shape)")
      let target = values.view[entry.range]
      for (position, value) in newValue.elements.enumerated() { target[position] = value }
    }
  }

  private func entry(_ name: String) -> Weights.Entry {
    guard let entry = entries.first(where: { $0.name == name }) else {
      fatalError("no trainable parameter \(name.debugDescription)")
    }
    return entry
  }

  /// The L2 norm of all gradients together.
  public var norm: Double {
    values.view.array.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
  }
}
