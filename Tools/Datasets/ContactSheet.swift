internal import Pinion

/// The first images of each class, changed as in training if so wanted.
struct ContactSheet {
  private let dataset: ImageDataset
  private let limit: Int
  private let augmentation: Augmentation
  private let seed: UInt64

  init(of dataset: ImageDataset, limit: Int, augmentation: Augmentation, seed: UInt64) {
    self.dataset = dataset
    self.limit = limit
    self.augmentation = augmentation
    self.seed = seed
  }

  /// Throws `ArgumentError` if the changes do not suit the images.
  func samples() throws -> [ClassSamples] {
    let names = dataset.classNames ?? []
    let perClass = max(1, limit / max(1, names.count))
    guard !augmentation.steps.isEmpty else {
      return ClassSamples.first(of: dataset, limit: perClass)
    }
    // One-hot, since mixing needs it and nothing else minds.
    let augmented = try dataset.oneHot().augmented(by: augmentation, seed: seed)
    var samples = names.map { ClassSamples($0, images: []) }
    let shape = dataset.inputShape
    let input = AlignedBuffer(count: shape.elementCount)
    let target = AlignedBuffer(count: augmented.targetShape.elementCount)
    let sample = SampleView(input: input.view, target: target.view)
    let scratch = AlignedBuffer(count: augmented.scratchCount)
    for (index, label) in dataset.labels.enumerated()
    where samples[label].images.count < perClass {
      try augmented.copySample(at: index, epoch: 0, into: sample, scratch: scratch.view)
      samples[label].images.append(
        PixelImage(
          width: shape[1], height: shape[0], channels: shape[2],
          bytes: input.view.array.map { UInt8(max(0, min(255, ($0 * 255).rounded()))) }))
    }
    return samples
  }
}
