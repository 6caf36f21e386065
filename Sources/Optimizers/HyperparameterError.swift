internal import PinionTensor

/// A hyperparameter that an optimizer or a schedule cannot work with.
public struct HyperparameterError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which one: the type and the property, such as `Adam.beta1`.
  public let what: String
  /// What it must be.
  public let requirement: String
  /// What it is.
  public let received: String

  /// Says what is wrong with a hyperparameter.
  public init(what: String, requirement: String, received: String) {
    self.what = what
    self.requirement = requirement
    self.received = received
  }

  /// One line that names all three, control characters escaped.
  public var description: String {
    PrintableText.escaped("\(what) must be \(requirement), not \(received)")
  }

  static func check(
    _ holds: Bool, _ what: String, _ requirement: String, received: some CustomStringConvertible
  ) throws(HyperparameterError) {
    guard !holds else { return }
    throw HyperparameterError(what: what, requirement: requirement, received: "\(received)")
  }

  /// Demands a rate that steps can be taken with: a finite number, not negative.
  static func checkRate(_ rate: Double, _ what: String) throws(HyperparameterError) {
    try check(
      rate.isFinite && rate >= 0, what, "a finite number, not negative", received: rate)
  }

  /// Demands a positive number of steps.
  static func checkSteps(_ steps: Int, _ what: String) throws(HyperparameterError) {
    try check(steps > 0, what, "positive", received: steps)
  }

  /// Demands the decay rate of a running mean.
  static func checkDecay(_ decay: Double, _ what: String) throws(HyperparameterError) {
    try check(decay >= 0 && decay < 1, what, "at least 0 and less than 1", received: decay)
  }

  /// Demands a divisor's guard that is still positive as a float, where denormals are flushed.
  static func checkEpsilon(_ epsilon: Double, _ what: String) throws(HyperparameterError) {
    let least = Double(Float.leastNormalMagnitude)
    try check(
      epsilon >= least && epsilon.isFinite, what, "a finite number, at least \(least)",
      received: epsilon)
  }
}
