public import PinionTensor

/// Images that are changed at random each time that training sees them, in another way in each epoch.
///
/// A sample of an epoch depends on the seed, the epoch and its index in ``base`` alone, and, if samples are mixed, on the data set
/// that is trained on; not on the order in which samples come, nor on the number of threads. Whoever does not train
/// (``copyInput(at:into:)``, `evaluate`, `predict`) gets the images as they are in the base.
///
/// `MixUp` and `CutMix` mix a sample with others of the data set that was given to `fit` or to a ``BatchLoader``: of a part that was
/// split off, none but that part, whatever other data sets, users' own among them, lie between.
public struct AugmentedDataset: Dataset {
  /// The images as they are.
  public let base: any Dataset
  /// What is done to them.
  public let augmentation: Augmentation

  private let plan: AugmentationPlan
  private let stream: RandomStream
  private let height: Int
  private let width: Int
  private let channels: Int
  private let targetCount: Int
  /// What tells this data set and its copies from others where several mix, one in the other.
  private let identity = Identity()

  private final class Identity: Sendable {}

  /// Throws ``ArgumentError`` unless every step suits the data set's images and targets.
  init(
    _ base: any Dataset, _ augmentation: Augmentation, seed: UInt64
  ) throws(ArgumentError) {
    try augmentation.validate(inputShape: base.inputShape, targetShape: base.targetShape)
    try ValueRangeCheck.validate(augmentation.steps, base)
    self.base = base
    self.augmentation = augmentation
    plan = AugmentationPlan(augmentation.steps)
    stream = RandomStream(seed: seed, purpose: "augmentation")
    (height, width, channels) = (base.inputShape[0], base.inputShape[1], base.inputShape[2])
    targetCount = base.targetShape.elementCount
  }

  /// The number of samples, as in the base.
  public var count: Int { base.count }

  /// The shape of one image, as in the base.
  public var inputShape: Shape { base.inputShape }

  /// The shape of one target, as in the base.
  public var targetShape: Shape { base.targetShape }

  /// The classes' names, as in the base.
  public var classNames: [String]? { base.classNames }

  /// The range of the values, as in the base.
  public var valueRange: ClosedRange<Float>? { base.valueRange }

  /// Writes an image as it is in the base.
  public func copyInput(at index: Int, into view: MemoryView<Float>) {
    base.copyInput(at: index, into: view)
  }

  /// Writes a target as it is in the base.
  public func copyTarget(at index: Int, into view: MemoryView<Float>) {
    base.copyTarget(at: index, into: view)
  }

  /// An image to resample from; if samples are mixed, another image and its target; what the base needs.
  public var scratchCount: Int { ownScratchCount + base.scratchCount }

  private var imageCount: Int { height * width * channels }

  private var ownScratchCount: Int {
    imageCount + (plan.mixes ? imageCount + targetCount : 0)
  }

  /// Writes a sample, augmented as in the epoch.
  ///
  /// Outside a ``BatchLoader`` it stops the program at an image that ``BatchLoader/next()`` would throw an error for.
  public func copySample(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    SampleContext.run(or: self) { context in
      guard let request = context.request else {
        return augment(
          at: index, epoch: epoch, input: input, target: target, scratch: scratch, context)
      }
      if request.owner == ObjectIdentifier(identity) {
        context.answer {
          base.copySample(
            at: index, epoch: epoch, input: request.input, target: request.target,
            scratch: request.scratch)
        }
      } else {
        // Another one's partner, which is sought below.
        base.copySample(
          at: index, epoch: epoch, input: input, target: target,
          scratch: scratch[ownScratchCount..<scratch.count])
      }
    }
  }

  private func augment(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>, _ context: SampleContext
  ) {
    let rest = scratch[ownScratchCount..<scratch.count]
    base.copySample(at: index, epoch: epoch, input: input, target: target, scratch: rest)
    let image = ImageView(input, height: height, width: width, channels: channels)
    let source = scratch[0..<imageCount]
    let stream = stream.substream(epoch).substream(index)
    func fault(_ problem: (step: String, ArgumentError)) {
      context.report(
        ArgumentError(
          place: "sample \(index), before \(problem.step): \(problem.1.place)",
          expected: problem.1.expected, found: problem.1.found))
    }
    for stage in plan.stages.indices {
      guard case .mixing(let placed) = plan.stages[stage] else {
        if let problem = plan.apply(stage: stage, to: image, scratch: source, stream: stream) {
          return fault(problem)
        }
        continue
      }
      let other = ImageView(
        scratch[imageCount..<2 * imageCount], height: height, width: width, channels: channels)
      let otherTarget = scratch[2 * imageCount..<ownScratchCount]
      let stream = stream.substream(placed.place)
      var random = stream.generator
      let request = SampleContext.Request(
        owner: ObjectIdentifier(identity), input: other.pixels, target: otherTarget, scratch: rest)
      let partner = random.next(below: context.dataset.count)
      guard context.ask(request, index: partner, epoch: epoch) else {
        let name = type(of: placed.step).typeName
        return context.report(
          ArgumentError(
            place: "sample \(partner) of \(type(of: context.dataset)), to be mixed by \(name)",
            expected: "one that it has from the data set with the augmentation, by copySample",
            found: "one that it has from elsewhere"))
      }
      for earlier in 0..<stage {
        if let problem = plan.apply(stage: earlier, to: other, scratch: source, stream: stream) {
          return fault(problem)
        }
      }
      let weight = placed.step.mix(image, with: other, random: &random)
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
  ///   - seed: What the changes depend on, with the epoch and the image's index. Default: 0.
  ///   - steps: The changes in the order in which they are applied.
  ///
  /// Throws ``ArgumentError`` if inputs are no images (H, W, C), a step's numbers make no sense, or samples
  /// are to be mixed whose targets are not one-hot.
  public func augmented(
    seed: UInt64 = 0, @AugmentationBuilder _ steps: () -> [any AugmentationStep]
  ) throws(ArgumentError) -> AugmentedDataset {
    try augmented(by: Augmentation(steps()), seed: seed)
  }

  /// The data set with random changes of its images in training, as ``augmented(seed:_:)``.
  public func augmented(
    by augmentation: Augmentation, seed: UInt64 = 0
  ) throws(ArgumentError) -> AugmentedDataset {
    try AugmentedDataset(self, augmentation, seed: seed)
  }
}
