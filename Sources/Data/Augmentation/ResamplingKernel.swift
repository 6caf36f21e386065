internal import PinionTensor

/// Affine maps of images.
enum ResamplingKernel {
  /// Replaces an image (H, W, C) by out[y, x] = in(T(x, y)); `scratch` holds H·W·C floats.
  ///
  /// Pixels outside are those of the infinite image that the fill mode extends the image to, and are
  /// interpolated as any others (`reflect`, `grid-wrap`, `nearest` and `grid-constant` of SciPy's
  /// `ndimage.affine_transform`). A way of sampling that leaves something open takes Keras's defaults:
  /// reflect and bilinear.
  static func resample(
    _ image: ImageView, scratch: MemoryView<Float>, by transform: ImageTransform,
    sampling: ImageSampling
  ) {
    guard !transform.isIdentity else { return }
    require(scratch.count == image.pixels.count, "scratch of another size than the image")
    scratch.copy(from: image.pixels)
    let source = Source(
      pixels: scratch.base, height: image.height, width: image.width, channels: image.channels,
      fill: sampling.fill ?? .reflect)
    // On the grid both interpolations give the same; this one is faster.
    if sampling.interpolation == .nearest || transform.isOnGrid {
      takeNearest(from: source, to: image.pixels.base, transform)
    } else {
      interpolate(from: source, to: image.pixels.base, transform)
    }
  }

  private static func takeNearest(
    from source: Source, to destination: UnsafeMutablePointer<Float>, _ t: ImageTransform
  ) {
    let channels = source.channels
    var out = destination
    for y in 0..<source.height {
      let rowX = t.xy * Double(y) + t.x0
      let rowY = t.yy * Double(y) + t.y0
      for x in 0..<source.width {
        let sourceX = whole(t.xx * Double(x) + rowX + 0.5)
        let sourceY = whole(t.yx * Double(x) + rowY + 0.5)
        let offset = source.offset(sourceY, sourceX)
        for channel in 0..<channels { out[channel] = source.value(offset, channel) }
        out += channels
      }
    }
  }

  private static func interpolate(
    from source: Source, to destination: UnsafeMutablePointer<Float>, _ t: ImageTransform
  ) {
    let channels = source.channels
    var out = destination
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
          out[channel] = (1 - weightY) * upper + weightY * lower
        }
        out += channels
      }
    }
  }

  /// A user's own map may lead anywhere, or to NaN, which an `Int` cannot hold.
  @inline(__always)
  private static func limited(_ coordinate: Double) -> Double {
    let limit = 0x1p40
    return coordinate > -limit ? (coordinate < limit ? coordinate : limit) : -limit
  }

  @inline(__always)
  private static func whole(_ coordinate: Double) -> Int { Int(limited(coordinate).rounded(.down)) }

  /// An image and what surrounds it.
  private struct Source {
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
      self.pixels = pixels
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

    /// Where a pixel's channels start, or a negative number for the constant.
    @inline(__always)
    func offset(_ y: Int, _ x: Int) -> Int {
      let row = index(y, height)
      let column = index(x, width)
      return row < 0 || column < 0 ? -1 : (row * width + column) * channels
    }

    @inline(__always)
    func value(_ offset: Int, _ channel: Int) -> Float {
      offset < 0 ? constant : pixels[offset + channel]
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
