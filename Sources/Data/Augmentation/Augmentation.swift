public import PinionTensor

/// Random changes of samples, in their order; a value that can be saved.
///
/// ```swift
/// let augmentation = Augmentation {
///   RandomFlip(.horizontal)
///   PadAndCrop(4)
///   Cutout(8)
/// }
/// ```
/// Saved as a list of the steps' types and numbers; read with a `TypeRegistry` of
/// ``PinionTensor/TypeRegistry/augmentationTypes`` and of users' own in the decoder's `userInfo`.
public struct Augmentation: Sendable, Equatable, Codable {
  private var configured: [Configured<any AugmentationStep>]

  /// The given steps.
  public init(_ steps: [any AugmentationStep]) {
    configured = steps.map { Configured(wrappedValue: $0) }
  }

  /// The steps listed.
  public init(@AugmentationBuilder _ steps: () -> [any AugmentationStep]) { self.init(steps()) }

  /// A list of steps as it was saved.
  public init(from decoder: any Decoder) throws {
    configured = try decoder.singleValueContainer().decode(
      [Configured<any AugmentationStep>].self)
  }

  /// Saves the list of steps.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(configured)
  }

  /// The steps in the order in which they are applied.
  public var steps: [any AugmentationStep] { configured.map(\.wrappedValue) }

  /// Throws ``ArgumentError`` unless every step suits inputs and targets of the given shapes.
  public func validate(inputShape: Shape, targetShape: Shape) throws(ArgumentError) {
    guard inputShape.rank == 3 else {
      throw ArgumentError(
        place: "the inputs to augment", expected: "images (height, width, channels)",
        found: "\(inputShape)")
    }
    for step in steps {
      try step.validate(imageShape: inputShape)
      if step is any ImageAugmentation { continue }
      let name = type(of: step).typeName
      guard step is any SampleMixing else {
        throw ArgumentError(
          place: "the augmentation \(name)", expected: "an ImageAugmentation or a SampleMixing",
          found: "neither")
      }
      guard targetShape.rank == 1, targetShape[0] > 1 else {
        throw ArgumentError(
          place: "the targets to mix by \(name)",
          expected: "one-hot ones, of shape (classes,)", found: "the shape \(targetShape)")
      }
    }
  }
}

/// Lists augmentations, one a line, in the order in which they are applied.
@resultBuilder
public enum AugmentationBuilder {
  /// A step.
  public static func buildExpression(_ step: some AugmentationStep) -> [any AugmentationStep] {
    [step]
  }

  /// Steps that were listed before.
  public static func buildExpression(
    _ steps: [any AugmentationStep]
  ) -> [any AugmentationStep] { steps }

  /// Steps one after the other.
  public static func buildBlock(_ parts: [any AugmentationStep]...) -> [any AugmentationStep] {
    parts.flatMap { $0 }
  }

  /// The steps of an `if`.
  public static func buildOptional(_ part: [any AugmentationStep]?) -> [any AugmentationStep] {
    part ?? []
  }

  /// The steps of the first branch.
  public static func buildEither(first: [any AugmentationStep]) -> [any AugmentationStep] { first }

  /// The steps of the other branch.
  public static func buildEither(second: [any AugmentationStep]) -> [any AugmentationStep] {
    second
  }

  /// The steps of a loop.
  public static func buildArray(_ parts: [[any AugmentationStep]]) -> [any AugmentationStep] {
    parts.flatMap { $0 }
  }
}

extension TypeRegistry {
  /// This module's augmentations.
  public static let augmentationTypes: [any Configurable.Type] = [
    RandomRotation.self, RandomZoom.self, RandomShear.self, RandomTranslation.self,
    RandomFlip.self, PadAndCrop.self, RandomBrightness.self, RandomContrast.self, Cutout.self,
    MixUp.self, CutMix.self,
  ]
}
