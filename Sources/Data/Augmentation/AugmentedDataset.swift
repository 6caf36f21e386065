public import PinionTensor

/// A data set whose images are changed at random in training, differently in each epoch.
///
/// A sample of an epoch is a function of the seed, the epoch, its index in ``base`` and, if samples
/// are mixed, of the data set that is trained on; not of the order in which samples are read, nor
/// of the number of threads. Outside training (``Dataset/copyInput(at:into:)``, `evaluate`,
/// `predict`) images are those of the base.
///
/// `MixUp` and `CutMix` mix a sample with others of the data set that was given to `fit` or to a
/// ``BatchLoader``: of a split, with the training part alone, whatever data sets lie between.
public struct AugmentedDataset: WrappingDataset {
  public let base: any Dataset
  public let augmentation: Augmentation
  /// Which of the inputs is augmented.
  public let input: Int

  private let plan: AugmentationPlan
  private let stream: RandomStream
  private let height, width, channels: Int
  private let targetCount: Int
  /// Distinguishes this data set and its copies from others that mix inside or outside it.
  private let identity = Identity()

  private final class Identity: Sendable {}

  /// Throws unless every step suits the data set's images and targets.
  init(
    _ base: any Dataset, _ augmentation: Augmentation, input: Int, seed: UInt64
  ) throws(ArgumentError) {
    let shapes = base.inputShapes
    guard shapes.indices.contains(input) else {
      throw ArgumentError(
        place: "the input to augment", expected: "0...\(shapes.count - 1)", found: "\(input)")
    }
    try augmentation.validate(inputShape: shapes[input], targetShape: base.targetShape)
    plan = AugmentationPlan(augmentation.steps)
    if plan.mixes {
      try base.requireSingleInputAndTarget(for: "mixing")
      guard !base.hasWeights else {
        throw ArgumentError(
          place: "the samples for mixing", expected: "no weights", found: "a weight for each")
      }
    }
    try ValueRangeCheck.validate(augmentation.steps, base, input: input)
    self.base = base
    self.augmentation = augmentation
    self.input = input
    stream = RandomStream(seed: seed, purpose: "augmentation")
    (height, width, channels) = (shapes[input][0], shapes[input][1], shapes[input][2])
    targetCount = base.targetShape.elementCount
  }

  /// An image to resample from; if samples are mixed, another image and its target; then the
  /// base's.
  public var scratchCount: Int { ownScratchCount + base.scratchCount }

  private var imageCount: Int { height * width * channels }

  private var ownScratchCount: Int {
    imageCount + (plan.mixes ? imageCount + targetCount : 0)
  }

  /// Writes a sample, augmented if `epoch` is given.
  ///
  /// Throws what the base throws, and `ArgumentError` for an image outside a step's declared range.
  public func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    let rest = scratch[ownScratchCount..<scratch.count]
    guard let epoch else {
      return try base.copySample(at: index, epoch: nil, into: sample, scratch: rest)
    }
    try SampleContext.run(or: self) { context in
      guard let request = context.request else {
        return try augment(at: index, epoch: epoch, sample, scratch: scratch, context)
      }
      if request.owner == ObjectIdentifier(identity) {
        try context.answer {
          try base.copySample(
            at: index, epoch: epoch, into: request.partner, scratch: request.scratch)
        }
      } else {
        // The owner is below.
        try base.copySample(at: index, epoch: epoch, into: sample, scratch: rest)
      }
    }
  }

  private func augment(
    at index: Int, epoch: Int, _ sample: SampleView, scratch: MemoryView<Float>,
    _ context: SampleContext
  ) throws {
    let rest = scratch[ownScratchCount..<scratch.count]
    try base.copySample(at: index, epoch: epoch, into: sample, scratch: rest)
    let image = ImageView(
      sample.inputs[input], height: height, width: width, channels: channels)
    let source = scratch[0..<imageCount]
    let stream = stream.substream(epoch).substream(index)
    for stage in plan.stages.indices {
      guard case .mixing(let placed) = plan.stages[stage] else {
        try plan.apply(stage: stage, to: image, scratch: source, stream: stream)
        continue
      }
      let other = ImageView(
        scratch[imageCount..<2 * imageCount], height: height, width: width, channels: channels)
      let otherTarget = scratch[2 * imageCount..<ownScratchCount]
      let stream = stream.substream(placed.place)
      var random = stream.generator
      let request = SampleContext.Request(
        owner: ObjectIdentifier(identity),
        partner: SampleView(input: other.pixels, target: otherTarget), scratch: rest)
      let partner = random.next(below: context.dataset.count)
      guard try context.ask(request, index: partner, epoch: epoch) else {
        let name = type(of: placed.step).typeName
        throw ArgumentError(
          place: "sample \(partner) of \(type(of: context.dataset)), to be mixed by \(name)",
          expected: "one that copySample takes from the data set with the augmentation",
          found: "one from elsewhere")
      }
      try context.dataset.reading(partner) {
        for earlier in 0..<stage {
          try plan.apply(stage: earlier, to: other, scratch: source, stream: stream)
        }
      }
      let weight = placed.step.mix(image, with: other, random: &random)
      let target = sample.target
      for i in 0..<targetCount {
        target[i] = weight * target[i] + (1 - weight) * otherTarget[i]
      }
    }
  }
}

extension Dataset {
  /// The data set with random changes of its images in training:
  /// ```swift
  /// let training = try images.augmented(seed: 1) {
  ///   RandomFlip(.horizontal)
  ///   RandomRotation(15)
  ///   RandomZoom(0.1)
  /// }
  /// ```
  ///
  /// - Parameters:
  ///   - input: Which of several inputs is the image. Default: the first.
  ///   - seed: Determines the changes, together with the epoch and the image's index. Default: 0.
  ///   - steps: The changes in the order in which they are applied.
  ///
  /// Throws `ArgumentError` if the input is not an image (H, W, C), a step's hyperparameters are
  /// invalid, or samples are to be mixed that have targets that are not one-hot, weights, or
  /// several inputs or targets.
  public func augmented(
    input: Int = 0, seed: UInt64 = 0,
    @AugmentationBuilder _ steps: () -> [any AugmentationStep]
  ) throws(ArgumentError) -> AugmentedDataset {
    try augmented(by: Augmentation(steps()), input: input, seed: seed)
  }

  /// The data set with random changes of its images in training, as ``augmented(input:seed:_:)``.
  public func augmented(
    by augmentation: Augmentation, input: Int = 0, seed: UInt64 = 0
  ) throws(ArgumentError) -> AugmentedDataset {
    try AugmentedDataset(self, augmentation, input: input, seed: seed)
  }
}
