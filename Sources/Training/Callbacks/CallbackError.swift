internal import PinionTensor

/// An error of a callback.
public enum CallbackError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The logs lack a value that a callback needs.
  case missingMetric(callback: String, name: String, available: [String])

  /// It is not known whether lower or higher values of a monitored metric are better.
  case unknownDirection(callback: String, monitor: String, known: [String])

  /// A hyperparameter is outside its range.
  case invalidArgument(callback: String, argument: String, expected: String, found: String)

  /// A value in a state from a checkpoint is invalid.
  case invalidState(callback: String, value: String, expected: String, found: String)

  /// A template of file names is malformed.
  case invalidTemplate(template: String, expected: String, found: String)

  /// One line, control characters escaped.
  public var description: String { PrintableText.escaped(text) }

  private var text: String {
    switch self {
    case .missingMetric(let callback, let name, let available):
      let names = available.isEmpty ? "none" : available.joined(separator: ", ")
      let isValidation = name.hasPrefix("val_") && !available.contains { $0.hasPrefix("val_") }
      let hint = isValidation && !available.isEmpty ? "; val_ values need validation data" : ""
      return "\(callback): expected the metric \"\(name)\", found \(names)\(hint)"
    case .unknownDirection(let callback, let monitor, let known):
      return "\(callback): monitor \"\(monitor)\": expected a metric whose direction is known "
        + "(\(known.joined(separator: ", "))), or mode: .minimize or .maximize, found mode: .auto"
    case .invalidArgument(let callback, let argument, let expected, let found):
      return "\(callback): \(argument): expected \(expected), found \(found)"
    case .invalidState(let callback, let value, let expected, let found):
      return "the state of \(callback): \(value): expected \(expected), found \(found)"
    case .invalidTemplate(let template, let expected, let found):
      return "the file name template \"\(template)\": expected \(expected), found \(found)"
    }
  }
}

extension CallbackError {
  /// Throws unless an argument lies in its range.
  static func require(
    _ holds: Bool, _ argument: String, of callback: String, _ expected: String, found: Any
  ) throws(CallbackError) {
    guard !holds else { return }
    throw .invalidArgument(
      callback: callback, argument: argument, expected: expected, found: "\(found)")
  }

  /// Throws unless a number of a state lies in a range.
  static func require<Number: Comparable>(
    _ number: Number?, in range: ClosedRange<Number>, _ value: String, of callback: String
  ) throws(CallbackError) {
    guard let number, !range.contains(number) else { return }
    throw .invalidState(
      callback: callback, value: value, expected: "\(range.lowerBound)...\(range.upperBound)",
      found: "\(number)")
  }

  /// Throws unless an epoch of a state is one of the finished ones.
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
