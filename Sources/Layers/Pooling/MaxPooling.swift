internal import CPinionKernels
internal import PinionTensor

/// The arithmetic of max-pooling on whole images (n, H, W, C).
struct MaxPooling {
  let geometry: WindowGeometry

  /// Writes the largest value of each window, and, if asked, its place: kernel row · kernel width + kernel column.
  ///
  /// x: (n, H, W, C); output and origins: (n, H′, W′, C). Of equal values the first counts. NaN counts as the largest, the first of several.
  func forward(
    _ x: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    origins: UnsafeMutablePointer<UInt16>?, images: Int
  ) {
    var windows = geometry.windows
    pinion_max_pool(&windows, x, images, output, origins)
  }

  /// Writes dy at the place that each largest value came from, summed where windows overlap; everywhere else the gradient is zero.
  func backward(
    _ dy: UnsafePointer<Float>, origins: UnsafePointer<UInt16>, inputGradient: MemoryView<Float>,
    images: Int
  ) {
    require(inputGradient.count == images * geometry.inputSize, "input gradients of another shape")
    var windows = geometry.windows
    pinion_max_pool_gradient(&windows, dy, origins, images, inputGradient.base)
  }
}

extension WindowGeometry {
  /// The same in C.
  var windows: pinion_windows {
    pinion_windows(
      height: inputHeight, width: inputWidth, channels: channels, output_height: outputHeight,
      output_width: outputWidth, kernel_height: kernel.height, kernel_width: kernel.width,
      stride_height: stride.height, stride_width: stride.width, pad_top: padTop, pad_left: padLeft)
  }
}
