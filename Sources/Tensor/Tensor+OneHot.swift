/// A label that names no class.
public struct LabelError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The label's position among all.
  public let position: Int
  /// The label.
  public let label: Int
  /// The number of classes.
  public let classes: Int

  /// Says which label names no class.
  public init(position: Int, label: Int, classes: Int) {
    self.position = position
    self.label = label
    self.classes = classes
  }

  /// One line that says where the label is, what was expected and what was found.
  public var description: String {
    "label \(position): expected a class in 0..<\(classes), found \(label)"
  }
}

extension Tensor {
  /// Labels as rows of zeros with a one at the label's class: shape (labels, classes).
  ///
  /// Throws ``LabelError`` if a label is not in `0..<classes`. As Keras's `to_categorical`.
  public static func oneHot(labels: [Int], classes: Int) throws(LabelError) -> Tensor {
    for (position, label) in labels.enumerated() where label < 0 || label >= classes {
      throw LabelError(position: position, label: label, classes: classes)
    }
    return Tensor(shape: [labels.count, Swift.max(0, classes)]) { view in
      for (row, label) in labels.enumerated() { view[row * classes + label] = 1 }
    }
  }
}
