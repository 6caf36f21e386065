internal import CPinionKernels
public import PinionTensor

/// The mean of the values in each window, for each channel: y[n,i,j,c] = mean over k, l of x[n, i·s
/// + k − p, j·s + l − p, c].
///
/// - Input: (N, H, W, C). Output: (N, H′, W′, C). Padding is not averaged: the mean is that of the
///   values inside the image.
///
/// As Keras 3's `AveragePooling2D`, under whose name it is summarized and saved.
public struct AveragePool2D: Layer {
  /// Keras's name.
  public static var typeName: String { "AveragePooling2D" }

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
    return [g.outputHeight, g.outputWidth, g.channels]
  }

  /// y = the mean of each window; dx = Σ dy / count over the windows that contain a value.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.backwardReads = []
    program.channelShift = .shifts
    let pooling = AveragePooling(
      geometry: WindowGeometry(
        checked: pass.inputs[0], kernel: pool, stride: stride, padding: padding))
    program.forward = [
      .samples { context in
        pooling.forward(
          context.inputs[0], output: context.output, samples: context.sampleCount)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        pooling.backward(context.outputGradient, inputGradient: dx, samples: context.sampleCount)
      }
    ]
    return program
  }
}

/// Average-pooling of whole samples (n, H, W, C).
struct AveragePooling {
  let geometry: WindowGeometry

  /// Writes the mean of each window. x: (n, H, W, C); output: (n, H′, W′, C).
  func forward(_ x: MemoryView<Float>, output: MemoryView<Float>, samples: Int) {
    let channels = geometry.channels
    require(
      x.count == samples * geometry.inputSize
        && output.count == samples * geometry.outputPixels * channels, "samples of another shape")
    var windows = geometry.windows
    pinion_average_pool(&windows, x.base, samples, output.base)
  }

  /// Writes dx: each window's dy, divided among its values. outputGradient: (n, H′, W′, C);
  /// inputGradient: (n, H, W, C).
  func backward(
    _ outputGradient: MemoryView<Float>, inputGradient: MemoryView<Float>, samples: Int
  ) {
    let channels = geometry.channels
    require(
      inputGradient.count == samples * geometry.inputSize
        && outputGradient.count == samples * geometry.outputPixels * channels,
      "gradients of another shape")
    var windows = geometry.windows
    pinion_average_pool_gradient(&windows, outputGradient.base, samples, inputGradient.base)
  }
}
