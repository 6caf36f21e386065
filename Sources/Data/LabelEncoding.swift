/// How a class label becomes a target.
public enum LabelEncoding: String, Sendable, Codable {
  /// The index as a float; shape `(1,)`.
  case index
  /// 1 at the index and 0 elsewhere; shape `(C,)`, with C classes. Keras's `to_categorical`.
  case oneHot
}
