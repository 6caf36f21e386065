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
