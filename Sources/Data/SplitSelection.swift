/// Which samples of a data set a split validates on.
public enum SplitSelection: Sendable, Equatable {
  /// The last ones, in the order of the data set, as Keras 3's `validation_split`: right for data in random order, or in order of time.
  case last
  /// Any, all equally likely; of equal seeds the same.
  case shuffled(seed: UInt64 = 0)
  /// Any, but of each class the same part, to rounding, and at least one sample in each of the two parts.
  case stratified(seed: UInt64 = 0)
}
