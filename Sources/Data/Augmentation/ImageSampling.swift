internal import PinionTensor

/// How values outside an image and between its pixels are computed.
public struct ImageSampling: Sendable, Equatable {
  /// Values outside the image; nil for a map that needs none, such as a flip.
  public var fill: FillMode?
  /// Values between pixels; nil for a map that needs none, such as a crop.
  public var interpolation: Interpolation?

  public init(fill: FillMode? = nil, interpolation: Interpolation? = nil) {
    self.fill = fill
    self.interpolation = interpolation
  }

  /// The sampling that serves both, or nil if they differ.
  func merged(with other: ImageSampling) -> ImageSampling? {
    if let fill, let otherFill = other.fill, fill != otherFill { return nil }
    if let interpolation, let otherInterpolation = other.interpolation,
      interpolation != otherInterpolation
    {
      return nil
    }
    return ImageSampling(
      fill: fill ?? other.fill, interpolation: interpolation ?? other.interpolation)
  }
}

/// Values outside an image, shown for the row `a b c d`; named as in Keras 3.
public enum FillMode: Sendable, Equatable, Codable {
  /// The image mirrored at its edges: `d c b a | a b c d | d c b a`.
  case reflect
  /// The image repeated: `a b c d | a b c d | a b c d`.
  case wrap
  /// The nearest pixel: `a a a a | a b c d | d d d d`.
  case nearest
  /// One value: `k k k k | a b c d | k k k k`.
  case constant(value: Float)
}

extension FillMode {
  /// Throws `ArgumentError` if the constant is not finite: interpolation with weight 0 would spread
  /// NaN.
  func validate() throws(ArgumentError) {
    guard case .constant(let value) = self, !value.isFinite else { return }
    throw ArgumentError(
      place: "the constant outside the image", expected: "a finite number", found: "\(value)")
  }
}

/// Values between the pixels of an image.
public enum Interpolation: String, Sendable, Equatable, Codable, CaseIterable {
  /// The nearest pixel; of two at equal distance the right or lower one.
  case nearest
  /// Bilinear interpolation of the four surrounding pixels.
  case bilinear
}

/// Resamples images by affine maps.
enum ResamplingKernel {
  /// Replaces an image (H, W, C) by out[y, x] = in(T(x, y)); `scratch` holds H·W·C floats.
  ///
  /// The fill mode extends the image infinitely before interpolation (`reflect`, `grid-wrap`,
  /// `nearest` and `grid-constant` of SciPy's `ndimage.affine_transform`). Where `sampling` is nil,
  /// Keras's defaults apply: reflect and bilinear.
  static func resample(
    _ image: ImageView, scratch: MemoryView<Float>, by transform: ImageTransform,
    sampling: ImageSampling
  ) {
    guard !transform.isIdentity else { return }
    require(scratch.count == image.pixels.count, "scratch of another size than the image")
    scratch.copy(from: image.pixels)
    let source = unsafe Source(
      pixels: scratch.base, height: image.height, width: image.width, channels: image.channels,
      fill: sampling.fill ?? .reflect)
    // On the grid both interpolations agree, and this one is faster.
    if sampling.interpolation == .nearest || transform.isOnGrid {
      unsafe takeNearest(from: source, to: image.pixels.base, transform)
    } else {
      unsafe interpolate(from: source, to: image.pixels.base, transform)
    }
  }

  private static func takeNearest(
    from source: Source, to destination: UnsafeMutablePointer<Float>, _ t: ImageTransform
  ) {
    let channels = source.channels
    var out = unsafe destination
    for y in 0..<source.height {
      let rowX = t.xy * Double(y) + t.x0
      let rowY = t.yy * Double(y) + t.y0
      for x in 0..<source.width {
        let sourceX = whole(t.xx * Double(x) + rowX + 0.5)
        let sourceY = whole(t.yx * Double(x) + rowY + 0.5)
        let offset = source.offset(sourceY, sourceX)
        for channel in 0..<channels { unsafe out[channel] = source.value(offset, channel) }
        unsafe out += channels
      }
    }
  }

  private static func interpolate(
    from source: Source, to destination: UnsafeMutablePointer<Float>, _ t: ImageTransform
  ) {
    let channels = source.channels
    var out = unsafe destination
    for y in 0..<source.height {
      let rowX = t.xy * Double(y) + t.x0
      let rowY = t.yy * Double(y) + t.y0
      for x in 0..<source.width {
        let sourceX = limited(t.xx * Double(x) + rowX)
        let sourceY = limited(t.yx * Double(x) + rowY)
        let left = whole(sourceX)
        let top = whole(sourceY)
        let weightX = Float(sourceX - Double(left))
        let weightY = Float(sourceY - Double(top))
        let topLeft = source.offset(top, left)
        let topRight = source.offset(top, left + 1)
        let bottomLeft = source.offset(top + 1, left)
        let bottomRight = source.offset(top + 1, left + 1)
        for channel in 0..<channels {
          let upper =
            (1 - weightX) * source.value(topLeft, channel)
            + weightX * source.value(topRight, channel)
          let lower =
            (1 - weightX) * source.value(bottomLeft, channel)
            + weightX * source.value(bottomRight, channel)
          unsafe out[channel] = (1 - weightY) * upper + weightY * lower
        }
        unsafe out += channels
      }
    }
  }

  /// Bounds the result of a user's own map, which may be NaN or too large for an `Int`.
  @inline(__always)
  private static func limited(_ coordinate: Double) -> Double {
    let limit = 0x1p40
    return coordinate > -limit ? (coordinate < limit ? coordinate : limit) : -limit
  }

  @inline(__always)
  private static func whole(_ coordinate: Double) -> Int { Int(limited(coordinate).rounded(.down)) }

  /// An image extended by a fill mode.
  @safe private struct Source {
    let pixels: UnsafeMutablePointer<Float>
    let height: Int
    let width: Int
    let channels: Int
    private let mode: Mode
    private let constant: Float

    private enum Mode { case reflect, wrap, nearest, constant }

    init(
      pixels: UnsafeMutablePointer<Float>, height: Int, width: Int, channels: Int, fill: FillMode
    ) {
      unsafe self.pixels = unsafe pixels
      self.height = height
      self.width = width
      self.channels = channels
      switch fill {
      case .reflect: (mode, constant) = (.reflect, 0)
      case .wrap: (mode, constant) = (.wrap, 0)
      case .nearest: (mode, constant) = (.nearest, 0)
      case .constant(let value): (mode, constant) = (.constant, value)
      }
    }

    /// The offset of a pixel's first channel; negative for the constant.
    @inline(__always)
    func offset(_ y: Int, _ x: Int) -> Int {
      let row = index(y, height)
      let column = index(x, width)
      return row < 0 || column < 0 ? -1 : (row * width + column) * channels
    }

    @inline(__always)
    func value(_ offset: Int, _ channel: Int) -> Float {
      unsafe offset < 0 ? constant : pixels[offset + channel]
    }

    @inline(__always)
    private func index(_ i: Int, _ size: Int) -> Int {
      if i >= 0 && i < size { return i }
      switch mode {
      case .constant: return -1
      case .nearest: return i < 0 ? 0 : size - 1
      case .wrap:
        let rest = i % size
        return rest < 0 ? rest + size : rest
      case .reflect:
        let rest = i % (2 * size)
        let place = rest < 0 ? rest + 2 * size : rest
        return place < size ? place : 2 * size - 1 - place
      }
    }
  }
}
