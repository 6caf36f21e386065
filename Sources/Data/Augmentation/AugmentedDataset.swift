public import PinionTensor

/// Images that are changed at random each time that training sees them, in another way in each epoch.
///
/// A sample of an epoch depends on the seed, the epoch and its index in ``base`` alone; not on the order in
/// which samples come, nor on the number of threads. Whoever does not train (``copyInput(at:into:)``,
/// `evaluate`, `predict`) gets the images as they are in the base.
public struct AugmentedDataset: Dataset {
  /// The images as they are.
  public private(set) var base: any Dataset
  /// What is done to them.
  public let augmentation: Augmentation

  private let plan: AugmentationPlan
  private let stream: RandomStream
  private let height: Int
  private let width: Int
  private let channels: Int
  private let targetCount: Int
  /// Which samples may be mixed into others.
  private var partners: SampleSelection

  /// Throws ``DatasetError`` unless every step suits the data set's images and targets.
  init(
    _ base: any Dataset, _ augmentation: Augmentation, seed: UInt64
  ) throws(DatasetError) {
    try augmentation.validate(inputShape: base.inputShape, targetShape: base.targetShape)
    self.base = base
    self.augmentation = augmentation
    plan = AugmentationPlan(augmentation.steps)
    stream = RandomStream(seed: seed, purpose: "augmentation")
    (height, width, channels) = (base.inputShape[0], base.inputShape[1], base.inputShape[2])
    targetCount = base.targetShape.elementCount
    partners = SampleSelection(0..<base.count)
  }

  /// The number of samples, as in the base.
  public var count: Int { base.count }

  /// The shape of one image, as in the base.
  public var inputShape: Shape { base.inputShape }

  /// The shape of one target, as in the base.
  public var targetShape: Shape { base.targetShape }

  /// The classes' names, as in the base.
  public var classNames: [String]? { base.classNames }

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
  public func copySample(
    at index: Int, epoch: Int, input: MemoryView<Float>, target: MemoryView<Float>,
    scratch: MemoryView<Float>
  ) {
    let rest = scratch[ownScratchCount..<scratch.count]
    base.copySample(at: index, epoch: epoch, input: input, target: target, scratch: rest)
    let image = ImageView(input, height: height, width: width, channels: channels)
    let source = scratch[0..<imageCount]
    let stream = stream.substream(epoch).substream(index)
    for stage in plan.stages.indices {
      if case .mixing(let placed) = plan.stages[stage] {
        let other = ImageView(
          scratch[imageCount..<2 * imageCount], height: height, width: width, channels: channels)
        let otherTarget = scratch[2 * imageCount..<ownScratchCount]
        let stream = stream.substream(placed.place)
        var random = stream.generator
        base.copySample(
          at: partners[random.next(below: partners.count)], epoch: epoch, input: other.pixels,
          target: otherTarget, scratch: rest)
        for earlier in 0..<stage {
          plan.apply(stage: earlier, to: other, scratch: source, stream: stream)
        }
        let weight = placed.step.mix(image, with: other, random: &random)
        for i in 0..<targetCount {
          target[i] = weight * target[i] + (1 - weight) * otherTarget[i]
        }
      } else {
        plan.apply(stage: stage, to: image, scratch: source, stream: stream)
      }
    }
  }
}

extension AugmentedDataset: PartnerRestricting {
  func restrictingPartners(to selection: SampleSelection) -> any Dataset {
    var copy = self
    copy.partners = selection
    if let base = base as? any PartnerRestricting {
      copy.base = base.restrictingPartners(to: selection)
    }
    return copy
  }
}
