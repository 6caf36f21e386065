public import ArgumentParser
public import Pinion

/// A learning-rate schedule as the command line writes it, in epochs, such as `cosine` or `step=10:0.5`.
public struct ScheduleArgument: ExpressibleByArgument, Sendable, CustomStringConvertible {
  /// What there is to choose from.
  public static let help = """
    constant; cosine or linear, to 0 at the end of --epochs; restarts=EPOCHS, cosine waves, each \
    twice as long as the one before; exponential=FACTOR an epoch; step=EPOCHS:FACTOR, by the factor \
    every so many epochs; inverse=RATE, divided by 1 + RATE · epochs.
    """

  /// The same rate at every step.
  public static let constant = ScheduleArgument(.constant, "constant")

  private enum Kind {
    case constant, cosine, linear
    case restarts(epochs: Int)
    case exponential(factor: Double)
    case step(epochs: Int, factor: Double)
    case inverse(rate: Double)
  }

  private let kind: Kind
  /// The argument as it was written.
  public let description: String

  private init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// The schedule that the argument names, nil if it names none.
  public init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let values = parts.dropFirst().flatMap {
      $0.split(separator: ":", omittingEmptySubsequences: false)
    }
    guard let kind = Self.kind(parts[0], values.map { Self.positive($0) }) else { return nil }
    self.init(kind, argument)
  }

  private static func positive(_ text: Substring) -> Double? {
    Double(text).flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
  }

  private static func kind(_ name: Substring, _ values: [Double?]) -> Kind? {
    let first = values.first ?? nil
    let epochs = first.flatMap { Int(exactly: $0) }
    switch (name, values.count) {
    case ("constant", 0): return .constant
    case ("cosine", 0): return .cosine
    case ("linear", 0): return .linear
    case ("restarts", 1): return epochs.map { .restarts(epochs: $0) }
    case ("exponential", 1): return first.map { .exponential(factor: $0) }
    case ("inverse", 1): return first.map { .inverse(rate: $0) }
    case ("step", 2):
      guard let epochs, let factor = values[1] else { return nil }
      return .step(epochs: epochs, factor: factor)
    default: return nil
    }
  }

  /// The schedule in steps.
  ///
  /// - Parameters:
  ///   - rate: The rate that it starts from.
  ///   - epochs: The length of the training.
  ///   - batchesPerEpoch: Steps an epoch.
  public func learningRate(
    from rate: Double, epochs: Int, batchesPerEpoch: Int
  ) -> LearningRate {
    func steps(_ epochs: Int) -> Int {
      let (steps, isTooLarge) = epochs.multipliedReportingOverflow(by: batchesPerEpoch)
      return isTooLarge ? .max : steps
    }
    return switch kind {
    case .constant: .constant(rate)
    case .cosine: .cosineDecay(initialLearningRate: rate, decaySteps: steps(epochs))
    case .linear:
      .polynomialDecay(initialLearningRate: rate, decaySteps: steps(epochs), endLearningRate: 0)
    case .restarts(let epochs):
      .cosineDecayRestarts(initialLearningRate: rate, firstDecaySteps: steps(epochs))
    case .exponential(let factor):
      .exponentialDecay(
        initialLearningRate: rate, decaySteps: batchesPerEpoch, decayRate: factor)
    case .step(let epochs, let factor):
      .exponentialDecay(
        initialLearningRate: rate, decaySteps: steps(epochs), decayRate: factor, staircase: true)
    case .inverse(let rateOfDecay):
      .inverseTimeDecay(
        initialLearningRate: rate, decaySteps: batchesPerEpoch, decayRate: rateOfDecay)
    }
  }
}
