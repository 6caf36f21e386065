internal import PinionTensor

/// How a class label becomes a target.
public enum LabelEncoding: String, Sendable, Codable {
  /// The index as a float; shape `(1,)`.
  case index
  /// 1 at the index and 0 elsewhere; shape `(C,)`, with C classes. Keras's `to_categorical`.
  case oneHot
}

extension LabelEncoding {
  /// The shape of one target.
  func targetShape(classes: Int) -> Shape { self == .index ? [1] : [classes] }

  /// Writes the target of one label into a view of ``targetShape(classes:)``.
  func write(_ label: Int, into view: MemoryView<Float>) {
    switch self {
    case .index:
      require(view.count == 1, "a class index into \(view.count) floats")
      view[0] = Float(label)
    case .oneHot:
      view.fill(0)
      view[label] = 1
    }
  }
}
