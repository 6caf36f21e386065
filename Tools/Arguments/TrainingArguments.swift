public import ArgumentParser
public import Pinion

/// An augmentation step on the command line, such as `flip` or `rotation=15`.
public struct AugmentationArgument: ExpressibleByArgument, Sendable, CustomStringConvertible {
  /// The available steps.
  public static let help = """
    One of flip, rotation=DEGREES, zoom=FRACTION, shear=FACTOR, translation=FRACTION, \
    crop=PIXELS, brightness=FRACTION, contrast=FRACTION, jitter=FRACTION, cutout=PIXELS, \
    erasing=PROBABILITY, randaugment=MAGNITUDE, trivialaugment, mixup, cutmix.
    """

  /// Nil for `none`.
  public let step: (any AugmentationStep)?
  /// The argument as given.
  public let description: String

  /// - Throws: `ValidationError` if the argument is invalid.
  public init(parsing argument: String) throws {
    let parsed = try NamedArgument(
      argument,
      forms: [
        "flip": [], "rotation": [("DEGREES", .number)], "zoom": [("FRACTION", .number)],
        "shear": [("FACTOR", .number)], "translation": [("FRACTION", .number)],
        "crop": [("PIXELS", .integer(from: 0))], "brightness": [("FRACTION", .number)],
        "contrast": [("FRACTION", .number)], "cutout": [("PIXELS", .integer(from: 0))],
        "jitter": [("FRACTION", .number)], "erasing": [("PROBABILITY", .number)],
        "randaugment": [("MAGNITUDE", .integer(from: 0))], "trivialaugment": [], "mixup": [],
        "cutmix": [], "none": [],
      ])
    step = Self.step(parsed.name, parsed.numbers.first ?? 0)
    description = argument
  }

  /// Nil if the argument is invalid.
  public init?(argument: String) { try? self.init(parsing: argument) }

  private static func step(_ name: String, _ amount: Double) -> (any AugmentationStep)? {
    switch name {
    case "flip": RandomFlip(.horizontal)
    case "rotation": RandomRotation(amount)
    case "zoom": RandomZoom(amount)
    case "shear": RandomShear(x: amount, y: amount)
    case "translation": RandomTranslation(height: amount, width: amount)
    case "crop": PadAndCrop(Int(amount))
    case "brightness": RandomBrightness(amount)
    case "contrast": RandomContrast(amount)
    case "cutout": Cutout(Int(amount))
    case "jitter":
      ColorJitter(brightness: amount, contrast: amount, saturation: amount, hue: amount / 4)
    case "erasing": RandomErasing(probability: amount)
    case "randaugment": RandAugment(magnitude: Int(amount))
    case "trivialaugment": TrivialAugmentWide()
    case "mixup": MixUp()
    case "cutmix": CutMix()
    default: nil
    }
  }
}

extension [AugmentationArgument] {
  /// - Throws: `ValidationError` if `none` is not alone.
  public func validate() throws {
    guard count < 2 || allSatisfy({ $0.step != nil }) else {
      throw ValidationError("--augment none must be alone.")
    }
  }

  /// - Throws: `ValidationError` for the first step that does not suit images of a shape with
  ///   targets of a shape, such as one whose number is out of its range.
  public func validate(inputShape: Shape, targetShape: Shape) throws {
    for argument in self {
      guard let step = argument.step else { continue }
      do {
        try Augmentation([step]).validate(inputShape: inputShape, targetShape: targetShape)
      } catch {
        throw ValidationError("--augment \(argument): \(error).")
      }
    }
  }
}

/// A learning-rate schedule on the command line, with periods in epochs, such as `cosine` or
/// `step=10:0.5`.
public struct ScheduleArgument: ExpressibleByArgument, Sendable, CustomStringConvertible {
  /// The available schedules.
  public static let help = """
    constant; cosine or linear, decay to 0 at the last epoch; restarts=EPOCHS, cosine cycles with \
    doubling lengths; exponential=FACTOR, per epoch; step=EPOCHS:FACTOR, multiplied by FACTOR \
    every EPOCHS epochs; inverse=RATE, divided by 1 + RATE · epochs.
    """

  public static let constant = ScheduleArgument(.constant, "constant")
  public static let cosine = ScheduleArgument(.cosine, "cosine")
  public static let linear = ScheduleArgument(.linear, "linear")

  private enum Kind {
    case constant, cosine, linear
    case restarts(epochs: Int)
    case exponential(factor: Double)
    case step(epochs: Int, factor: Double)
    case inverse(rate: Double)
  }

  private let kind: Kind
  /// The argument as given.
  public let description: String

  private init(_ kind: Kind, _ description: String) {
    self.kind = kind
    self.description = description
  }

  /// - Throws: `ValidationError` if the argument is invalid.
  public init(parsing argument: String) throws {
    let parsed = try NamedArgument(
      argument,
      forms: [
        "constant": [], "cosine": [], "linear": [], "restarts": [("EPOCHS", .integer(from: 1))],
        "exponential": [("FACTOR", .positive)],
        "step": [("EPOCHS", .integer(from: 1)), ("FACTOR", .positive)],
        "inverse": [("RATE", .positive)],
      ])
    let numbers = parsed.numbers
    let kind: Kind =
      switch parsed.name {
      case "cosine": .cosine
      case "linear": .linear
      case "restarts": .restarts(epochs: Int(numbers[0]))
      case "exponential": .exponential(factor: numbers[0])
      case "step": .step(epochs: Int(numbers[0]), factor: numbers[1])
      case "inverse": .inverse(rate: numbers[0])
      default: .constant
      }
    self.init(kind, argument)
  }

  /// Nil if the argument is invalid.
  public init?(argument: String) { try? self.init(parsing: argument) }

  /// The schedule with periods in steps.
  ///
  /// - Parameters:
  ///   - rate: The initial rate.
  ///   - epochs: The number of epochs, the warm-up included.
  ///   - warmUp: Epochs of a linear rise from 0 before the schedule.
  ///   - batchesPerEpoch: The number of steps per epoch.
  public func learningRate(
    from rate: Double, epochs: Int, warmUp: Int = 0, batchesPerEpoch: Int
  ) -> LearningRate {
    guard warmUp == 0 else {
      let schedule = learningRate(
        from: rate, epochs: max(1, epochs - warmUp), batchesPerEpoch: batchesPerEpoch)
      return .warmup(steps: warmUp * batchesPerEpoch, then: schedule)
    }
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
