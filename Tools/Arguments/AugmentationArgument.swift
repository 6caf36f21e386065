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
