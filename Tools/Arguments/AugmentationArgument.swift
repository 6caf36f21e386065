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

  /// The change that the argument names, nil if it names none.
  public init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let amount = parts.count == 2 ? Double(parts[1]) : nil
    guard parts.count == 1 || amount?.isFinite == true, let step = Self.step(parts[0], amount)
    else { return nil }
    self.step = step
    description = argument
  }

  private static func step(_ name: Substring, _ amount: Double?) -> (any AugmentationStep)? {
    switch (name, amount) {
    case ("flip", nil): RandomFlip(.horizontal)
    case ("mixup", nil): MixUp()
    case ("cutmix", nil): CutMix()
    case ("rotation", let amount?): RandomRotation(amount)
    case ("zoom", let amount?): RandomZoom(amount)
    case ("shear", let amount?): RandomShear(x: amount, y: amount)
    case ("translation", let amount?): RandomTranslation(height: amount, width: amount)
    case ("brightness", let amount?): RandomBrightness(amount)
    case ("contrast", let amount?): RandomContrast(amount)
    case ("crop", let amount?): Int(exactly: amount).map { PadAndCrop($0) }
    case ("cutout", let amount?): Int(exactly: amount).map { Cutout($0) }
    default: nil
    }
  }
}
