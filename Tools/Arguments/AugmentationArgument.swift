public import ArgumentParser
public import Pinion

/// A random change as the command line writes it, such as `flip` or `rotation=15`.
public struct AugmentationArgument: ExpressibleByArgument, Sendable, CustomStringConvertible {
  /// What there is to choose from.
  public static let help = """
    One of flip, rotation=DEGREES, zoom=PART, shear=FACTOR, translation=PART, crop=PIXELS, \
    brightness=PART, contrast=PART, cutout=PIXELS, mixup, cutmix.
    """

  /// The change.
  public let step: any AugmentationStep
  /// The argument as it was written.
  public let description: String

  /// The change that the argument names.
  ///
  /// Throws `ValidationError` with the reason if it names none.
  public init(parsing argument: String) throws {
    let parsed = try NamedArgument(
      argument,
      forms: [
        "flip": [], "rotation": [("DEGREES", .number)], "zoom": [("PART", .number)],
        "shear": [("FACTOR", .number)], "translation": [("PART", .number)],
        "crop": [("PIXELS", .whole(from: 0))], "brightness": [("PART", .number)],
        "contrast": [("PART", .number)], "cutout": [("PIXELS", .whole(from: 0))], "mixup": [],
        "cutmix": [],
      ])
    step = Self.step(parsed.name, parsed.numbers.first ?? 0)
    description = argument
  }

  /// The change that the argument names, nil if it names none.
  public init?(argument: String) { try? self.init(parsing: argument) }

  private static func step(_ name: String, _ amount: Double) -> any AugmentationStep {
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
    case "mixup": MixUp()
    default: CutMix()
    }
  }
}
