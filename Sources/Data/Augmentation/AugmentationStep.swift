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

/// A view of an image in memory that it does not own.
public struct ImageView: Sendable {
  /// (H, W, C) row-major.
  public let pixels: MemoryView<Float>
  public let height: Int
  public let width: Int
  public let channels: Int

  /// Traps unless the view holds height·width·channels floats.
  public init(_ pixels: MemoryView<Float>, height: Int, width: Int, channels: Int) {
    require(
      pixels.count == height * width * channels,
      "\(pixels.count) floats as an image (\(height), \(width), \(channels))")
    self.pixels = pixels
    self.height = height
    self.width = width
    self.channels = channels
  }

  /// Traps outside the image.
  public subscript(y: Int, x: Int, channel: Int) -> Float {
    get { pixels[position(y, x, channel)] }
    nonmutating set { pixels[position(y, x, channel)] = newValue }
  }

  private func position(_ y: Int, _ x: Int, _ channel: Int) -> Int {
    require(
      y >= 0 && y < height && x >= 0 && x < width && channel >= 0 && channel < channels,
      "a pixel outside the image")
    return (y * width + x) * channels + channel
  }
}

/// The affine map from a pixel of a transformed image to its place in the source:
/// (x, y) ↦ (xx·x + xy·y + x0, yx·x + yy·y + y0).
///
/// x counts columns from the left and y rows from the top; pixel centers have integer coordinates,
/// as in Keras 3.
public struct ImageTransform: Sendable, Equatable {
  public var xx: Double
  public var xy: Double
  public var x0: Double
  public var yx: Double
  public var yy: Double
  public var y0: Double

  /// Default: the identity.
  public init(
    xx: Double = 1, xy: Double = 0, x0: Double = 0, yx: Double = 0, yy: Double = 1, y0: Double = 0
  ) {
    self.xx = xx
    self.xy = xy
    self.x0 = x0
    self.yx = yx
    self.yy = yy
    self.y0 = y0
  }

  /// The linear map about the center ((width − 1)/2, (height − 1)/2) of an image.
  public init(
    xx: Double = 1, xy: Double = 0, yx: Double = 0, yy: Double = 1, height: Int, width: Int
  ) {
    let cx = Double(width - 1) / 2
    let cy = Double(height - 1) / 2
    self.init(
      xx: xx, xy: xy, x0: cx * (1 - xx) - xy * cy, yx: yx, yy: yy, y0: cy * (1 - yy) - yx * cx)
  }

  /// The map of an image transformed by this map first, then by `next`: p ↦ self(next(p)).
  public func followed(by next: ImageTransform) -> ImageTransform {
    ImageTransform(
      xx: xx * next.xx + xy * next.yx, xy: xx * next.xy + xy * next.yy,
      x0: xx * next.x0 + xy * next.y0 + x0,
      yx: yx * next.xx + yy * next.yx, yy: yx * next.xy + yy * next.yy,
      y0: yx * next.x0 + yy * next.y0 + y0)
  }

  public var isIdentity: Bool { self == ImageTransform() }

  /// Whether pixel centers map to pixel centers, so that nothing is interpolated.
  var isOnGrid: Bool { [xx, xy, x0, yx, yy, y0].allSatisfy { $0.rounded() == $0 } }
}
