package import PinionTensor

/// The windows of a convolution or a pooling on an image: sizes of input and output, and the
/// padding at the top and at the left.
package struct WindowGeometry: Sendable, Equatable {
  package let inputHeight, inputWidth, channels: Int
  package let outputHeight, outputWidth: Int
  package let kernel, stride: Size2D
  /// The distance of neighboring rows and columns of a window, in pixels.
  package let dilation: Size2D
  package let padTop, padLeft: Int

  /// The windows on an image of shape (H, W, C).
  ///
  /// Throws ``LayerError`` if the input is not an image, a size is not positive or too large,
  /// neither the stride nor the dilation is 1, or no window fits.
  package init(
    input: Shape, kernel: Size2D, stride: Size2D, dilation: Size2D = 1, padding: Padding,
    window: String
  ) throws {
    try LayerError.require(
      input.rank == 3, "an input of shape (height, width, channels)", received: "the shape \(input)"
    )
    try SizeLimits.require(kernel.height, kernel.width, named: window, received: kernel)
    try SizeLimits.require(stride.height, stride.width, named: "stride", received: stride)
    try SizeLimits.require(
      dilation.height, dilation.width, named: "dilation", received: dilation)
    try LayerError.require(
      stride == 1 || dilation == 1, "a stride of 1 where the dilation is not 1",
      received: "the stride \(stride) and the dilation \(dilation)")
    try SizeLimits.require(input, of: "an input")
    let values = SizeLimits.elementCount(of: [kernel.height, kernel.width, input[2]])
    try LayerError.require(
      values.map { $0 <= SizeLimits.side } ?? false,
      "a \(window) of at most \(SizeLimits.side) values over all channels",
      received: "\(kernel) on \(input[2]) channels")
    self.init(
      checked: input, kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    try LayerError.require(
      outputHeight > 0 && outputWidth > 0,
      "an input at least as large as the \(window) \(kernel)"
        + (dilation == 1 ? "" : " with the dilation \(dilation)"),
      received: "the shape \(input)")
    try LayerError.require(
      SizeLimits.elementCount(of: [outputWidth, windowSize]) != nil,
      "fewer than \(SizeLimits.elements) values under a row of windows",
      received: "\(window) \(kernel) on the shape \(input)")
  }

  /// For sizes that are known to be valid.
  package init(
    checked input: Shape, kernel: Size2D, stride: Size2D, dilation: Size2D = 1, padding: Padding
  ) {
    (inputHeight, inputWidth, channels) = (input[0], input[1], input[2])
    (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
    let span = Self.span(kernel, dilation)
    (outputHeight, padTop) = Self.fit(inputHeight, span.height, stride.height, padding)
    (outputWidth, padLeft) = Self.fit(inputWidth, span.width, stride.width, padding)
  }

  /// The extent of a window in pixels: (k − 1)·dilation + 1.
  private static func span(_ kernel: Size2D, _ dilation: Size2D) -> Size2D {
    Size2D(
      (kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1)
  }

  /// The number of windows along an axis, and the padding before it.
  private static func fit(_ n: Int, _ k: Int, _ s: Int, _ padding: Padding) -> (
    out: Int, before: Int
  ) {
    switch padding {
    case .valid: return (n < k ? 0 : (n - k) / s + 1, 0)
    case .same:
      let out = (n + s - 1) / s
      return (out, max(0, (out - 1) * s + k - n) / 2)
    }
  }

  /// The number of windows on an image.
  package var outputPixels: Int { outputHeight * outputWidth }

  /// The number of values in a window, over all channels.
  package var windowSize: Int { kernel.height * kernel.width * channels }

  /// The number of values of an input image.
  package var inputSize: Int { inputHeight * inputWidth * channels }

  /// Whether windows are single pixels with a stride of 1, so that the image is the matrix of
  /// columns.
  package var isPointwise: Bool {
    kernel == Size2D(1) && stride == Size2D(1)
  }

  /// Whether a window extends over a border.
  package var hasPadding: Bool {
    let span = Self.span(kernel, dilation)
    return padTop > 0 || padLeft > 0
      || (outputHeight - 1) * stride.height + span.height > inputHeight
      || (outputWidth - 1) * stride.width + span.width > inputWidth
  }
}

/// A height and a width, as in `kernel: 3` or `kernel: Size2D(3, 5)`.
public struct Size2D: Sendable, Hashable, Codable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  public var height: Int
  public var width: Int

  public init(_ height: Int, _ width: Int) {
    self.height = height
    self.width = width
  }

  /// Equal height and width.
  public init(_ side: Int) { self.init(side, side) }

  /// Equal height and width.
  public init(integerLiteral side: Int) { self.init(side, side) }

  /// Such as `(3, 5)`.
  public var description: String { "(\(height), \(width))" }
}

/// The padding of images at the borders.
public enum Padding: String, Sendable, Codable, CaseIterable {
  /// No padding: out = ⌊(n − k)/s⌋ + 1.
  case valid
  /// Padding for out = ⌈n/s⌉: max(0, (out − 1)·s + k − n) in total, half of it, rounded down,
  /// before, and the rest after.
  case same
}
