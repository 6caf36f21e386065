public import PinionTensor

/// One step of an ``Augmentation``: an ``ImageAugmentation``, which changes an image, or a
/// ``SampleMixing``, which mixes two samples.
public protocol AugmentationStep: Configurable {
  /// Throws `ArgumentError` unless the step's hyperparameters are valid for images of the shape
  /// (H, W, C). Default: accepts all.
  func validate(imageShape: Shape) throws(ArgumentError)
}

extension AugmentationStep {
  public func validate(imageShape: Shape) throws(ArgumentError) {}
}

/// A random change of an image, such as a rotation.
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
  /// Called on several threads at the same time; the result depends on the image and `random`
  /// alone.
  ///
  /// - Parameters:
  ///   - image: (H, W, C), with the data set's values; see ``RangedAugmentation`` for changes that
  ///     require a range.
  ///   - scratch: As many floats as the image has, with undefined contents.
  ///   - random: A stream keyed by the seed, the epoch, the image's index and the step's place.
  func apply(
    to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator)
}

/// A random affine map of an image.
///
/// Adjacent maps of a list whose ``sampling`` agrees are combined into one, so that an image is
/// interpolated once and pixels that one map moves outside another can bring back.
public protocol GeometricAugmentation: ImageAugmentation {
  /// Values outside the image and between its pixels.
  var sampling: ImageSampling { get }

  /// Draws a map for an image of the given size.
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

/// An image augmentation that is defined for values in a range, such as one that clips to it.
///
/// Images with values outside are an error: when the augmentation is made, if the data set's
/// ``Dataset/valueRange`` or some of its samples show it, otherwise when the image is read.
public protocol RangedAugmentation: ImageAugmentation {
  var valueRange: ClosedRange<Float> { get }
}

/// The uniform distribution over [lower, upper).
public struct RandomRange: Sendable, Equatable, Codable {
  public var lower: Double
  public var upper: Double

  /// From −|magnitude| to |magnitude|.
  public init(magnitude: Double) {
    lower = -abs(magnitude)
    upper = abs(magnitude)
  }

  public init(_ range: ClosedRange<Double>) {
    lower = range.lowerBound
    upper = range.upperBound
  }

  /// lower + u·(upper − lower), for u in [0, 1).
  public func draw(from random: inout RandomStream.Generator) -> Double {
    lower + random.uniform() * (upper - lower)
  }

  /// Throws `ArgumentError` with `name` as the place unless the bounds are ordered and lie within
  /// `limits`.
  public func validate(_ name: String, within limits: ClosedRange<Double>) throws(ArgumentError) {
    // A saved configuration may hold NaN, with which every comparison is false.
    guard limits.lowerBound <= lower, lower <= upper, upper <= limits.upperBound else {
      throw ArgumentError(
        place: name, expected: "a range within \(limits)", found: "\(lower)...\(upper)")
    }
  }
}
