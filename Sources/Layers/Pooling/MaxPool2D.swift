internal import CPinionKernels
public import PinionTensor

/// The largest value in each window, for each channel: y[n,i,j,c] = max over k, l of x[n, i·s + k −
/// p, j·s + l − p, c].
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, C). Padding is −∞. The first of equal values receives
///   the gradient.
///
/// NaN counts as the largest value, the first of several, as in PyTorch and JAX, so that it reaches
/// the loss.
///
/// As Keras 3's `MaxPooling2D`, under whose name it is summarized and saved.
public struct MaxPool2D: Layer {
  /// Keras's name.
  public static var typeName: String { "MaxPooling2D" }

  /// The height and width of the window. Default: 2.
  public var pool: Size2D
  /// s. Default: the size of the window.
  public var stride: Size2D
  /// Default: none.
  public var padding: Padding
  public var name: String?

  public init(
    _ pool: Size2D = 2, stride: Size2D? = nil, padding: Padding = .valid, name: String? = nil
  ) {
    self.pool = pool
    self.stride = stride ?? pool
    self.padding = padding
    self.name = name
  }

  public var combinesInputs: Bool { true }

  /// (H, W, C) → (H′, W′, C).
  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let g = try WindowGeometry(
      input: inputs[0], kernel: pool, stride: stride, padding: padding, window: "pool size")
    try LayerError.require(
      pool.height * pool.width <= Int(UInt16.max), "a window of at most \(UInt16.max) pixels",
      received: "\(pool)")
    return [g.outputHeight, g.outputWidth, g.channels]
  }

  /// y = the largest value of each window, whose position is kept; dx = dy at that position, else
  /// 0.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    let pooling = MaxPooling(
      geometry: WindowGeometry(
        checked: pass.inputs[0], kernel: pool, stride: stride, padding: padding))
    guard pass.mode == .training else {
      program.forward = [
        .samples { context in
          pooling.forward(
            context.inputs[0].base, output: context.output.base, origins: nil,
            samples: context.sampleCount)
        }
      ]
      return program
    }
    let origins = program.reserve(.kept, of: UInt16.self, count: pass.output.elementCount)
    program.forward = [
      .samples { context in
        pooling.forward(
          context.inputs[0].base, output: context.output.base, origins: context[origins].base,
          samples: context.sampleCount)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        pooling.backward(
          context.outputGradient.base, origins: context[origins].base, inputGradient: dx,
          samples: context.sampleCount)
      }
    ]
    return program
  }
}

/// Max-pooling of whole samples (n, H, W, C).
struct MaxPooling {
  let geometry: WindowGeometry

  /// Writes the largest value of each window, and, if requested, its position: kernel row · kernel
  /// width + kernel column.
  ///
  /// x: (n, H, W, C); output and origins: (n, H′, W′, C). Of equal values the first counts. NaN
  /// counts as the largest, the first of several.
  func forward(
    _ x: UnsafePointer<Float>, output: UnsafeMutablePointer<Float>,
    origins: UnsafeMutablePointer<UInt16>?, samples: Int
  ) {
    var windows = geometry.windows
    pinion_max_pool(&windows, x, samples, output, origins)
  }

  /// Writes dy to the position of each largest value, summed where windows overlap, and 0
  /// elsewhere.
  func backward(
    _ dy: UnsafePointer<Float>, origins: UnsafePointer<UInt16>, inputGradient: MemoryView<Float>,
    samples: Int
  ) {
    require(inputGradient.count == samples * geometry.inputSize, "input gradients of another shape")
    var windows = geometry.windows
    pinion_max_pool_gradient(&windows, dy, origins, samples, inputGradient.base)
  }
}

extension WindowGeometry {
  /// The geometry as an argument of the C kernels.
  var windows: pinion_windows {
    pinion_windows(
      height: inputHeight, width: inputWidth, channels: channels, output_height: outputHeight,
      output_width: outputWidth, kernel_height: kernel.height, kernel_width: kernel.width,
      stride_height: stride.height, stride_width: stride.width, pad_top: padTop, pad_left: padLeft,
      dilation_height: dilation.height, dilation_width: dilation.width)
  }
}
