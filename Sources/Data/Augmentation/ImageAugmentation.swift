public import PinionTensor

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
