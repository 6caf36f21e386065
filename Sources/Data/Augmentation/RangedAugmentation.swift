/// An image augmentation that is defined for values of a range only, such as one that cuts values off at black and white.
///
/// An image with values outside is refused rather than cut: before training where the data set's ``Dataset/valueRange`` is another one
/// or the images at hand show it, else when the image's turn comes, by ``BatchLoader/next()`` and `fit`.
public protocol RangedAugmentation: ImageAugmentation {
  /// The smallest and the largest value that an image may have.
  var valueRange: ClosedRange<Float> { get }
}
