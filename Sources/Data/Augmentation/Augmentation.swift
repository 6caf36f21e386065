public import PinionTensor

/// A list of random changes of samples, applied in order.
///
/// ```swift
/// let augmentation = Augmentation {
///   RandomFlip(.horizontal)
///   PadAndCrop(4)
///   Cutout(8)
/// }
/// ```
/// Saved as a list of the steps' types and hyperparameters; read with a `TypeRegistry` of
/// ``TypeRegistry/augmentationTypes`` and users' own steps in the decoder's
/// `userInfo`.
public struct Augmentation: Sendable, Equatable, Codable {
  private var configured: [Configured<any AugmentationStep>]

  public init(_ steps: [any AugmentationStep]) {
    configured = steps.map { Configured(wrappedValue: $0) }
  }

  public init(@AugmentationBuilder _ steps: () -> [any AugmentationStep]) { self.init(steps()) }

  public init(from decoder: any Decoder) throws {
    configured = try decoder.singleValueContainer().decode(
      [Configured<any AugmentationStep>].self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(configured)
  }

  public var steps: [any AugmentationStep] { configured.map(\.wrappedValue) }

  /// Throws `ArgumentError` unless every step suits inputs and targets of the given shapes.
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

/// Builds the list of an ``Augmentation``, one step a line.
@resultBuilder
public enum AugmentationBuilder {
  public static func buildExpression(_ step: some AugmentationStep) -> [any AugmentationStep] {
    [step]
  }

  public static func buildExpression(
    _ steps: [any AugmentationStep]
  ) -> [any AugmentationStep] { steps }

  public static func buildBlock(_ parts: [any AugmentationStep]...) -> [any AugmentationStep] {
    parts.flatMap { $0 }
  }

  public static func buildOptional(_ part: [any AugmentationStep]?) -> [any AugmentationStep] {
    part ?? []
  }

  public static func buildEither(first: [any AugmentationStep]) -> [any AugmentationStep] { first }

  public static func buildEither(second: [any AugmentationStep]) -> [any AugmentationStep] {
    second
  }

  public static func buildArray(_ parts: [[any AugmentationStep]]) -> [any AugmentationStep] {
    parts.flatMap { $0 }
  }
}

extension TypeRegistry {
  /// This module's augmentations.
  public static let augmentationTypes: [any Configurable.Type] = [
    RandomRotation.self, RandomZoom.self, RandomShear.self, RandomTranslation.self,
    RandomFlip.self, PadAndCrop.self, RandomBrightness.self, RandomContrast.self, Cutout.self,
    RandomErasing.self, ColorJitter.self, RandAugment.self, TrivialAugmentWide.self, MixUp.self,
    CutMix.self,
  ]
}

/// The steps of an augmentation, grouped into stages.
struct AugmentationPlan: Sendable {
  /// A step and its index in the list, which keys its random numbers.
  struct Placed<Step: Sendable>: Sendable {
    let place: Int
    let step: Step
  }

  enum Stage: Sendable {
    /// Affine maps that are combined into one.
    case geometric([Placed<any GeometricAugmentation>], ImageSampling)
    /// With the range of values that the step declares, if any.
    case image(Placed<any ImageAugmentation>, range: ClosedRange<Float>?)
    case mixing(Placed<any SampleMixing>)
  }

  let stages: [Stage]

  init(_ steps: [any AugmentationStep]) {
    var stages: [Stage] = []
    for (place, step) in steps.enumerated() {
      if let step = step as? any GeometricAugmentation {
        let placed = Placed(place: place, step: step)
        if case .geometric(let group, let sampling)? = stages.last,
          let merged = sampling.merged(with: step.sampling)
        {
          stages[stages.count - 1] = .geometric(group + [placed], merged)
        } else {
          stages.append(.geometric([placed], step.sampling))
        }
      } else if let step = step as? any ImageAugmentation {
        stages.append(
          .image(
            Placed(place: place, step: step),
            range: (step as? any RangedAugmentation)?.valueRange))
      } else if let step = step as? any SampleMixing {
        stages.append(.mixing(Placed(place: place, step: step)))
      }
    }
    self.stages = stages
  }

  /// Whether a step mixes samples.
  var mixes: Bool {
    stages.contains { if case .mixing = $0 { true } else { false } }
  }

  /// Applies a stage to an image; a mixing stage does nothing.
  ///
  /// - Parameters:
  ///   - stream: The image's random numbers; a step uses the substream of its place.
  ///   - scratch: As many floats as the image has.
  ///
  /// Throws if a value of the image is outside the range that the step declares.
  func apply(
    stage: Int, to image: ImageView, scratch: MemoryView<Float>, stream: RandomStream
  ) throws(ArgumentError) {
    switch stages[stage] {
    case .geometric(let group, let sampling):
      var transform = ImageTransform()
      for placed in group {
        var random = stream.substream(placed.place).generator
        transform = transform.followed(
          by: placed.step.transform(height: image.height, width: image.width, random: &random))
      }
      ResamplingKernel.resample(image, scratch: scratch, by: transform, sampling: sampling)
    case .image(let placed, let range):
      if let range {
        try ValueRangeCheck.check(image.pixels, range, before: type(of: placed.step).typeName)
      }
      var random = stream.substream(placed.place).generator
      placed.step.apply(to: image, scratch: scratch, random: &random)
    case .mixing: break
    }
  }
}
