/// Which epochs, batches and validations a call of `fit` runs.
struct FitSchedule: Codable, Equatable {
  var initialEpoch = 0
  /// Nil: all batches.
  var stepsPerEpoch: Int?
  /// Nil: all batches of the validation data.
  var validationSteps: Int?
  var validationFrequency = 1

  /// Throws ``TrainingError/argument(_:expected:found:)`` if a number is outside its range.
  func validate(batches: Int) throws(TrainingError) {
    func require(_ holds: Bool, _ name: String, _ expected: String, _ found: Int?)
      throws(TrainingError)
    {
      guard !holds else { return }
      throw .argument(name, expected: expected, found: found.map { "\($0)" } ?? "none")
    }
    try require(initialEpoch >= 0, "initialEpoch", "0 or more", initialEpoch)
    try require(
      (1...batches).contains(stepsPerEpoch ?? 1), "stepsPerEpoch",
      "1...\(batches), the batches of the training data", stepsPerEpoch)
    try require((validationSteps ?? 1) >= 1, "validationSteps", "1 or more", validationSteps)
    try require(
      validationFrequency >= 1, "validationFrequency", "1 or more", validationFrequency)
  }

  func isValidated(epoch: Int) -> Bool { (epoch + 1).isMultiple(of: validationFrequency) }
}

/// What `fit` does when a loss, a gradient or an update is not finite.
public enum NonFinitePolicy: Sendable, Equatable {
  /// Throws a ``TrainingError`` that says where the number arose.
  case fail
  /// Logs the error as a warning and ends training as an interruption does, with the weights
  /// from before the batch where the error promises them; as Keras's `TerminateOnNaN`, which keeps
  /// those after it.
  case stop
}
