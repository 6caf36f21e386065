extension CallbackError {
  /// Throws unless a number of a state lies in a range.
  static func require<Number: Comparable>(
    _ number: Number?, in range: ClosedRange<Number>, _ value: String, of callback: String
  ) throws(CallbackError) {
    guard let number, !range.contains(number) else { return }
    throw .invalidState(
      callback: callback, value: value, expected: "\(range.lowerBound)...\(range.upperBound)",
      found: "\(number)")
  }

  /// Throws unless an epoch of a state is one of those that were finished.
  static func require(
    epoch: Int?, below epochs: Int, _ value: String, of callback: String
  ) throws(CallbackError) {
    guard let epoch, epoch < 0 || epoch >= epochs else { return }
    throw .invalidState(
      callback: callback, value: value, expected: "one of \(epochs) epochs, from 0 on",
      found: "\(epoch)")
  }

  /// Throws unless a number of a state is finite.
  static func require(
    finite number: Double?, _ value: String, of callback: String
  ) throws(CallbackError) {
    guard let number, !number.isFinite else { return }
    throw .invalidState(
      callback: callback, value: value, expected: "a finite number", found: "\(number)")
  }
}
