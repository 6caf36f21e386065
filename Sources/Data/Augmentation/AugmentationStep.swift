public import PinionTensor

/// One step of an augmentation: an ``ImageAugmentation``, which changes an image, or a ``SampleMixing``,
/// which mixes two samples.
public protocol AugmentationStep: Configurable {
  /// Throws ``ArgumentError`` unless the step's numbers make sense for images of the shape (H, W, C).
  /// Default: they do.
  func validate(imageShape: Shape) throws(ArgumentError)
}

extension AugmentationStep {
  /// Nothing to check.
  public func validate(imageShape: Shape) throws(ArgumentError) {}
}

/// A random change of an image, such as a rotation, so that training does not see the same image twice.
///
/// Users' own stand beside those here:
/// ```swift
/// struct Negative: ImageAugmentation {
///   func apply(
///     to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
///   ) {
///     guard random.uniform() < 0.5 else { return }
///     for i in image.pixels.indices { image.pixels[i] = 1 - image.pixels[i] }
///   }
/// }
/// ```
public protocol ImageAugmentation: AugmentationStep {
  /// Changes an image in place.
  ///
  /// Several threads change images at the same time, so what becomes of one may depend on it and on
  /// `random` alone.
  ///
  /// - Parameters:
  ///   - image: (H, W, C), with the values that the data set has; see ``RangedAugmentation`` for changes that suit a range only.
  ///   - scratch: Memory for as many floats as the image has, of any contents.
  ///   - random: Numbers that depend on the seed, the epoch, the image's index and the step's place alone.
  func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator)
}

/// A random affine map of an image.
///
/// Neighbors in a list of augmentations whose ways of sampling agree are combined into one map, so that an
/// image is interpolated once and what one of them moves out of sight another can bring back.
public protocol GeometricAugmentation: ImageAugmentation {
  /// What lies outside the image and between its pixels.
  var sampling: ImageSampling { get }

  /// A map for an image of the given size.
  func transform(
    height: Int, width: Int, random: inout RandomStream.Generator
  ) -> ImageTransform
}

extension GeometricAugmentation {
  /// Draws a map and resamples the image.
  public func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
  ) {
    ResamplingKernel.resample(
      image, scratch: scratch,
      by: transform(height: image.height, width: image.width, random: &random),
      sampling: sampling)
  }
}

/// An image augmentation that is defined for values of a range only, such as one that cuts values off at black and white.
///
/// An image with values outside is refused rather than cut: before training where the data set's ``Dataset/valueRange`` is another one
/// or the images at hand show it, else when the image's turn comes, by ``BatchLoader/next()`` and `fit`.
public protocol RangedAugmentation: ImageAugmentation {
  /// The smallest and the largest value that an image may have.
  var valueRange: ClosedRange<Float> { get }
}

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
