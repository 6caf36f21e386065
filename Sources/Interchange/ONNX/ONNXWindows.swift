internal import PinionLayers
internal import PinionTensor

/// Attributes of windows over an image, with explicit padding: ONNX's own rules for it differ.
private func attributes(_ windows: WindowGeometry, groups: Int? = nil) -> [ONNXGraph.Attribute] {
  let after = windows.padsAfter
  return [
    .integers("kernel_shape", [windows.kernel.height, windows.kernel.width]),
    .integers("strides", [windows.stride.height, windows.stride.width]),
    .integers("pads", [windows.padTop, windows.padLeft, after.bottom, after.right]),
  ]
    + (groups.map { groups in
      [
        .integers("dilations", [windows.dilation.height, windows.dilation.width]),
        .integer("group", groups),
      ]
    } ?? [])
}

/// The padding after the end of an axis.
private func after(
  _ input: Int, _ output: Int, _ kernel: Int, _ stride: Int, _ dilation: Int, _ before: Int
) -> Int {
  max(0, (output - 1) * stride + (kernel - 1) * dilation + 1 - input - before)
}

extension WindowGeometry {
  /// The padding at the bottom and at the right.
  var padsAfter: (bottom: Int, right: Int) {
    (
      after(
        inputHeight, outputHeight, kernel.height, stride.height, dilation.height, padTop),
      after(inputWidth, outputWidth, kernel.width, stride.width, dilation.width, padLeft)
    )
  }
}

extension ONNXCall {
  /// A convolution of an image channels first.
  fileprivate func convolution(
    _ image: String, _ windows: WindowGeometry, groups: Int, _ kernel: String, bias: Bool
  ) -> String {
    add(
      "Conv", [image, kernel] + (bias ? [parameter("bias")] : []),
      attributes(windows, groups: groups))
  }

  /// (height, width, C, multiplier) → (C · multiplier, 1, height, width).
  fileprivate func depthwise(_ name: String) -> String {
    parameter(name) { kernel in
      let shape = kernel.shape
      return kernel.transposed([2, 3, 0, 1])
        .reshaped(to: [shape[2] * shape[3], 1, shape[0], shape[1]])
    }
  }
}

extension Conv2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let windows = WindowGeometry(
      checked: call.input, kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    let weights = call.parameter("kernel") { $0.transposed([3, 2, 0, 1]) }
    let z = call.convolution(
      call.input(0, .channelsFirst), windows, groups: groups, weights, bias: usesBias)
    call.setOutput(z, .channelsFirst, activation: activation)
  }
}

extension DepthwiseConv2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let windows = WindowGeometry(
      checked: call.input, kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    let z = call.convolution(
      call.input(0, .channelsFirst), windows, groups: call.input[2], call.depthwise("kernel"),
      bias: usesBias)
    call.setOutput(z, .channelsFirst, activation: activation)
  }
}

extension SeparableConv2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let windows = WindowGeometry(
      checked: call.input, kernel: kernel, stride: stride, dilation: dilation, padding: padding)
    let inner = call.convolution(
      call.input(0, .channelsFirst), windows, groups: call.input[2],
      call.depthwise("depthwise_kernel"), bias: false)
    let pixels = WindowGeometry(
      checked: [windows.outputHeight, windows.outputWidth, call.input[2] * depthMultiplier],
      kernel: 1, stride: 1, padding: .valid)
    let weights = call.parameter("pointwise_kernel") { $0.transposed([3, 2, 0, 1]) }
    let z = call.convolution(inner, pixels, groups: 1, weights, bias: usesBias)
    call.setOutput(z, .channelsFirst, activation: activation)
  }
}

extension Conv2DTranspose: ONNXLayer {
  /// The output has the size of the input of the convolution that it transposes, so that padding
  /// and output padding follow from the shapes.
  func export(_ call: ONNXCall) {
    let windows = WindowGeometry(
      checked: call.output, kernel: kernel, stride: stride, padding: padding)
    func ends(_ input: Int, _ output: Int, _ k: Int, _ s: Int, _ before: Int) -> (Int, Int) {
      let excess = (input - 1) * s + k - before - output
      return (max(0, excess), max(0, -excess))
    }
    let (bottom, extraHeight) = ends(
      call.input[0], call.output[0], kernel.height, stride.height, windows.padTop)
    let (right, extraWidth) = ends(
      call.input[1], call.output[1], kernel.width, stride.width, windows.padLeft)
    let weights = call.parameter("kernel") { $0.transposed([3, 2, 0, 1]) }
    let z = call.add(
      "ConvTranspose",
      [call.input(0, .channelsFirst), weights] + (usesBias ? [call.parameter("bias")] : []),
      [
        .integers("kernel_shape", [kernel.height, kernel.width]),
        .integers("strides", [stride.height, stride.width]),
        .integers("pads", [windows.padTop, windows.padLeft, bottom, right]),
        .integers("output_padding", [extraHeight, extraWidth]),
      ])
    call.setOutput(z, .channelsFirst, activation: activation)
  }
}

extension MaxPool2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let windows = WindowGeometry(
      checked: call.input, kernel: pool, stride: stride, padding: padding)
    let y = call.add("MaxPool", [call.input(0, .channelsFirst)], attributes(windows))
    call.setOutput(y, .channelsFirst)
  }
}

extension AveragePool2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    let windows = WindowGeometry(
      checked: call.input, kernel: pool, stride: stride, padding: padding)
    let y = call.add(
      "AveragePool", [call.input(0, .channelsFirst)],
      attributes(windows) + [.integer("count_include_pad", 0)])
    call.setOutput(y, .channelsFirst)
  }
}

extension ONNXCall {
  /// A reduction of all axes but the channels'.
  fileprivate func globalPooling(_ operation: String, keepDims: Bool) {
    let axes = Array(1..<input.rank)
    let y = add(
      operation, [self.input()],
      [.integers("axes", axes), .integer("keepdims", keepDims ? 1 : 0)])
    setOutput(y)
  }

  /// The same of images, by an operator of its own.
  fileprivate func globalImagePooling(_ operation: String, keepDims: Bool) {
    let y = add(operation, [self.input(0, .channelsFirst)])
    if keepDims {
      setOutput(y, .channelsFirst)
    } else {
      setOutput(add("Flatten", [y], [.integer("axis", 1)]))
    }
  }
}

extension GlobalAveragePooling2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    call.globalImagePooling("GlobalAveragePool", keepDims: keepDims)
  }
}

extension GlobalMaxPooling2D: ONNXLayer {
  func export(_ call: ONNXCall) {
    call.globalImagePooling("GlobalMaxPool", keepDims: keepDims)
  }
}

extension GlobalAveragePooling1D: ONNXLayer {
  func export(_ call: ONNXCall) { call.globalPooling("ReduceMean", keepDims: keepDims) }
}

extension GlobalMaxPooling1D: ONNXLayer {
  func export(_ call: ONNXCall) { call.globalPooling("ReduceMax", keepDims: keepDims) }
}
