internal import PinionTensor

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
  /// Throws ``DatasetError`` if inputs are no images (H, W, C), a step's numbers make no sense, or samples
  /// are to be mixed whose targets are not one-hot.
  public func augmented(
    seed: UInt64 = 0, @AugmentationBuilder _ steps: () -> [any AugmentationStep]
  ) throws(DatasetError) -> AugmentedDataset {
    try augmented(by: Augmentation(steps()), seed: seed)
  }

  /// The data set with random changes of its images in training, as ``augmented(seed:_:)``.
  public func augmented(
    by augmentation: Augmentation, seed: UInt64 = 0
  ) throws(DatasetError) -> AugmentedDataset {
    try AugmentedDataset(self, augmentation, seed: seed)
  }
}
