public import PinionTensor

/// A random mixture of a sample and another one, for data with one-hot targets.
///
/// The other one is drawn from the data set that is trained on, which may be a part of the one that is augmented; it has gone
/// through the same image augmentations before.
public protocol SampleMixing: AugmentationStep {
  /// Mixes `other`, of the same size, into `image`, in place, and returns the weight w of the first sample
  /// in the mixture.
  ///
  /// The target becomes w·first + (1 − w)·other. What the result may depend on is said at
  /// ``ImageAugmentation``.
  func mix(
    _ image: ImageView, with other: ImageView, random: inout RandomStream.Generator
  ) -> Float
}
