public import PinionTensor

/// A random affine map of an image.
///
/// Neighbours in a list of augmentations whose ways of sampling agree are combined into one map, so that an
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
