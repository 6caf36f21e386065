import PinionLayers

/// The windows of a convolution or pooling, by Keras's formulas.
struct ReferenceWindows {
  let height, width, channels: Int
  let kernel, stride, dilation: Size2D
  let outputHeight, outputWidth: Int
  let top, left: Int

  init(
    _ shape: [Int], _ kernel: Size2D, _ stride: Size2D, _ padding: Padding, dilation: Size2D = 1
  ) {
    (height, width, channels) = (shape[0], shape[1], shape[2])
    (self.kernel, self.stride, self.dilation) = (kernel, stride, dilation)
    let rows = (kernel.height - 1) * dilation.height + 1
    let columns = (kernel.width - 1) * dilation.width + 1
    switch padding {
    case .valid:
      outputHeight = (height - rows) / stride.height + 1
      outputWidth = (width - columns) / stride.width + 1
      (top, left) = (0, 0)
    case .same:
      outputHeight = (height + stride.height - 1) / stride.height
      outputWidth = (width + stride.width - 1) / stride.width
      top = max(0, (outputHeight - 1) * stride.height + rows - height) / 2
      left = max(0, (outputWidth - 1) * stride.width + columns - width) / 2
    }
  }

  /// Calls `body` for each output pixel, each input pixel in its window (both counted through the
  /// batch), and the kernel's pixel between them.
  func forEach(batch: Int, _ body: (_ output: Int, _ input: Int, _ tap: Int) -> Void) {
    for sample in 0..<batch {
      for i in 0..<outputHeight {
        for j in 0..<outputWidth {
          let output = (sample * outputHeight + i) * outputWidth + j
          for k in 0..<kernel.height {
            let row = i * stride.height + k * dilation.height - top
            guard row >= 0, row < height else { continue }
            for l in 0..<kernel.width {
              let column = j * stride.width + l * dilation.width - left
              guard column >= 0, column < width else { continue }
              body(output, (sample * height + row) * width + column, k * kernel.width + l)
            }
          }
        }
      }
    }
  }
}
