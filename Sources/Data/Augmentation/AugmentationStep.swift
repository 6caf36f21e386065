public import PinionTensor

/// One step of an augmentation: an ``ImageAugmentation``, which changes an image, or a ``SampleMixing``,
/// which mixes two samples.
public protocol AugmentationStep: Configurable {
  /// Throws ``DatasetError`` unless the step's numbers make sense for images of the shape (H, W, C).
  /// Default: they do.
  func validate(imageShape: Shape) throws(DatasetError)
}

extension AugmentationStep {
  /// Nothing to check.
  public func validate(imageShape: Shape) throws(DatasetError) {}
}
