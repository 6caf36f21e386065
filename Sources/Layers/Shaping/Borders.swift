public import PinionTensor

/// Widths of the four borders of an image; an integer literal sets all four: `ZeroPadding2D(1)`.
public struct Edges2D: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  public var top, bottom, left, right: Int

  /// Defaults: 0.
  public init(top: Int = 0, bottom: Int = 0, left: Int = 0, right: Int = 0) {
    (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
  }

  /// The same width at opposite borders.
  public init(vertical: Int, horizontal: Int) {
    self.init(top: vertical, bottom: vertical, left: horizontal, right: horizontal)
  }

  /// The same width everywhere.
  public init(integerLiteral width: Int) { self.init(vertical: width, horizontal: width) }

  /// In Keras's notation: `((top, bottom), (left, right))`.
  public var description: String { "((\(top), \(bottom)), (\(left), \(right)))" }

  /// Throws unless the input is an image and no width is negative or too large.
  func validate(_ input: Shape) throws {
    try LayerError.require(
      input.rank == 3, "an input of shape (height, width, channels)",
      received: "the shape \(input)")
    try LayerError.require(
      [top, bottom, left, right].allSatisfy { (0...SizeLimits.side / 4).contains($0) },
      "border widths in 0...\(SizeLimits.side / 4)", received: "\(self)")
  }
}

/// Pads an image with rows and columns of zeros.
///
/// - Input: (N, H, W, C). Output: (N, top + H + bottom, left + W + right, C).
///
/// As Keras 3's `ZeroPadding2D`.
public struct ZeroPadding2D: Layer {
  /// Default: one row or column at each border.
  public var padding: Edges2D
  public var name: String?

  public init(_ padding: Edges2D = 1, name: String? = nil) {
    self.padding = padding
    self.name = name
  }

  /// (H, W, C) → (top + H + bottom, left + W + right, C).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = inputs[0]
    try padding.validate(input)
    return [
      padding.top + input[0] + padding.bottom, padding.left + input[1] + padding.right, input[2],
    ]
  }

  /// y = 0 around x; dx = dy inside.
  public func program(for pass: LayerPass) -> LayerProgram {
    let frame = Frame(outer: pass.output, inner: pass.inputs[0], padding)
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.forward = [
      .samples { frame.embed($0.inputs[0], in: $0.output, samples: $0.sampleCount) }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        frame.extract(dx, from: context.outputGradient, samples: context.sampleCount)
      }
    ]
    return program
  }
}

/// Removes rows and columns at the borders of an image.
///
/// - Input: (N, H, W, C). Output: (N, H − top − bottom, W − left − right, C).
///
/// As Keras 3's `Cropping2D`.
public struct Cropping2D: Layer {
  public var cropping: Edges2D
  public var name: String?

  public init(_ cropping: Edges2D, name: String? = nil) {
    self.cropping = cropping
    self.name = name
  }

  /// (H, W, C) → (H − top − bottom, W − left − right, C).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let input = inputs[0]
    try cropping.validate(input)
    let height = input[0] - cropping.top - cropping.bottom
    let width = input[1] - cropping.left - cropping.right
    try LayerError.require(
      height > 0 && width > 0, "an image larger than its cropped borders \(cropping)",
      received: "the shape \(input)")
    return [height, width, input[2]]
  }

  /// y = x inside; dx = 0 around dy.
  public func program(for pass: LayerPass) -> LayerProgram {
    let frame = Frame(outer: pass.inputs[0], inner: pass.output, cropping)
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    program.forward = [
      .samples { frame.extract($0.output, from: $0.inputs[0], samples: $0.sampleCount) }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        frame.embed(context.outputGradient, in: dx, samples: context.sampleCount)
      }
    ]
    return program
  }
}

/// An image (h, w, C) inside a larger one, (H, W, C).
private struct Frame: Sendable {
  /// H, and h.
  private let outerRows, innerRows: Int
  /// W·C, and w·C.
  private let outerRow, innerRow: Int
  /// The row of the larger image in which the smaller one starts, and the offset in it.
  private let top, left: Int

  init(outer: Shape, inner: Shape, _ edges: Edges2D) {
    (outerRows, innerRows) = (outer[0], inner[0])
    (outerRow, innerRow) = (outer[1] * outer[2], inner[1] * inner[2])
    (top, left) = (edges.top, edges.left * outer[2])
  }

  /// Copies the smaller images out of the larger ones.
  func extract(_ inner: MemoryView<Float>, from outer: MemoryView<Float>, samples: Int) {
    forEachRow(inner, outer, samples) { inner, outer in
      inner.update(from: outer, count: innerRow)
    }
  }

  /// Copies the smaller images into the larger ones, which are zero elsewhere.
  func embed(_ inner: MemoryView<Float>, in outer: MemoryView<Float>, samples: Int) {
    outer.fill(0)
    forEachRow(inner, outer, samples) { inner, outer in
      outer.update(from: inner, count: innerRow)
    }
  }

  @inline(__always)
  private func forEachRow(
    _ inner: MemoryView<Float>, _ outer: MemoryView<Float>, _ samples: Int,
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>) -> Void
  ) {
    require(
      inner.count == samples * innerRows * innerRow
        && outer.count == samples * outerRows * outerRow, "images of another shape")
    for sample in 0..<samples {
      for row in 0..<innerRows {
        body(
          inner.base + (sample * innerRows + row) * innerRow,
          outer.base + (sample * outerRows + top + row) * outerRow + left)
      }
    }
  }
}
