public import PinionTensor

/// Upsamples an image by integer factors.
///
/// - Input: (N, H, W, C). Output: (N, s·H, t·W, C).
///
/// As Keras 3's `UpSampling2D`.
public struct UpSampling2D: Layer {
  public enum Interpolation: String, Sendable, Codable, CaseIterable {
    /// Repeats each pixel s·t times.
    case nearest
    /// Linear along both axes between the centers of pixels, which are at half-integer positions;
    /// beyond the outermost centers the image is constant.
    case bilinear
  }

  /// s and t. Default: 2.
  public var size: Size2D
  /// Default: nearest.
  public var interpolation: Interpolation
  public var name: String?

  public init(
    _ size: Size2D = 2, interpolation: Interpolation = .nearest, name: String? = nil
  ) {
    self.size = size
    self.interpolation = interpolation
    self.name = name
  }

  /// (H, W, C) → (s·H, t·W, C).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = inputs[0]
    try LayerError.require(
      input.rank == 3, "an input of shape (height, width, channels)",
      received: "the shape \(input)")
    try SizeLimits.require(size.height, size.width, named: "size", received: size)
    try SizeLimits.require(input, of: "an input")
    return [size.height * input[0], size.width * input[1], input[2]]
  }

  /// y = Σ w·x over one or four pixels; dx = Σ w·dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    let sampling = Upsampling(
      input: pass.inputs[0], size: size, isLinear: interpolation == .bilinear)
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    program.forward = [
      .samples { sampling.forward($0.inputs[0], output: $0.output, samples: $0.sampleCount) }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        sampling.backward(context.outputGradient, inputGradient: dx, samples: context.sampleCount)
      }
    ]
    return program
  }
}

/// Upsampling of whole samples (n, H, W, C).
struct Upsampling: Sendable {
  /// A position between two pixels of an axis of the input: (1 − part)·x[first] + part·x[second].
  struct Place: Sendable {
    let first, second: Int
    let part: Float

    /// The position of an output pixel on an axis of `count` pixels that is upsampled by `factor`.
    init(_ output: Int, factor: Int, count: Int, isLinear: Bool) {
      guard isLinear else {
        (first, second, part) = (output / factor, output / factor, 0)
        return
      }
      let center = (Double(output) + 0.5) / Double(factor) - 0.5
      let below = Int(center.rounded(.down))
      (first, second) = (max(0, below), min(count - 1, below + 1))
      part = Float(center - Double(below))
    }
  }

  private let width, channels, inputSize: Int
  private let isLinear: Bool
  private let rows, columns: [Place]

  init(input: Shape, size: Size2D, isLinear: Bool) {
    (width, channels, inputSize) = (input[1], input[2], input.elementCount)
    self.isLinear = isLinear
    func places(_ count: Int, _ factor: Int) -> [Place] {
      (0..<count * factor).map {
        Place($0, factor: factor, count: count, isLinear: isLinear)
      }
    }
    (rows, columns) = (places(input[0], size.height), places(input[1], size.width))
  }

  /// Writes all of `output`, (n, s·H, t·W, C), from x, (n, H, W, C).
  func forward(_ x: MemoryView<Float>, output: MemoryView<Float>, samples: Int) {
    forEachPixel(x, output, samples) { y, x, row, column in
      let (a, b) = (x + (row.first + column.first), x + (row.first + column.second))
      guard isLinear else {
        y.update(from: a, count: channels)
        return
      }
      let (c, d) = (x + (row.second + column.first), x + (row.second + column.second))
      let (p, q) = (row.part, column.part)
      for k in 0..<channels {
        let upper = a[k] + (b[k] - a[k]) * q
        let lower = c[k] + (d[k] - c[k]) * q
        y[k] = upper + (lower - upper) * p
      }
    }
  }

  /// Writes all of dx, (n, H, W, C), from dy, (n, s·H, t·W, C).
  func backward(
    _ outputGradient: MemoryView<Float>, inputGradient: MemoryView<Float>, samples: Int
  ) {
    inputGradient.fill(0)
    forEachPixel(inputGradient, outputGradient, samples) { dy, dx, row, column in
      let a = dx + (row.first + column.first)
      guard isLinear else {
        for k in 0..<channels { a[k] += dy[k] }
        return
      }
      let corners = (
        dx + (row.first + column.second), dx + (row.second + column.first),
        dx + (row.second + column.second)
      )
      let (p, q) = (row.part, column.part)
      // Sequentially, because they are the same pixel at the border.
      add(dy, (1 - p) * (1 - q), to: a)
      add(dy, (1 - p) * q, to: corners.0)
      add(dy, p * (1 - q), to: corners.1)
      add(dy, p * q, to: corners.2)
    }
  }

  @inline(__always)
  private func add(
    _ dy: UnsafePointer<Float>, _ weight: Float, to dx: UnsafeMutablePointer<Float>
  ) {
    for k in 0..<channels { dx[k] += weight * dy[k] }
  }

  /// A position as offsets in an image.
  private struct Offsets {
    let first, second: Int
    let part: Float
  }

  /// Calls `body` with each pixel of the output, the offset of its input image, and the position in
  /// that.
  @inline(__always)
  private func forEachPixel(
    _ small: MemoryView<Float>, _ large: MemoryView<Float>, _ samples: Int,
    _ body: (
      _ pixel: UnsafeMutablePointer<Float>, _ image: UnsafeMutablePointer<Float>, _ row: Offsets,
      _ column: Offsets
    ) -> Void
  ) {
    require(
      small.count == samples * inputSize
        && large.count == samples * rows.count * columns.count * channels,
      "samples of another shape")
    var pixel = large.base
    for image in 0..<samples {
      for row in rows {
        let line = Offsets(
          first: row.first * width * channels, second: row.second * width * channels,
          part: row.part)
        for column in columns {
          body(
            pixel, small.base + image * inputSize, line,
            Offsets(
              first: column.first * channels, second: column.second * channels, part: column.part))
          pixel += channels
        }
      }
    }
  }
}
