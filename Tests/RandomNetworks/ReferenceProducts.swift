import PinionLayers

/// Convolutions and dense layers: y = x·W + b over windows or rows.
extension ReferenceNetwork {
  func product(_ layer: any Layer, _ call: Call) -> Result? {
    switch layer {
    case let layer as Conv2D:
      let windows = ReferenceWindows(
        call.shape, layer.kernel, layer.stride, layer.padding, dilation: layer.dilation)
      return convolution(
        call, ReferenceProduct(windows, groups: layer.groups, filters: layer.filters),
        layer.activation)
    case let layer as DepthwiseConv2D:
      let windows = ReferenceWindows(
        call.shape, layer.kernel, layer.stride, layer.padding, dilation: layer.dilation)
      let channels = call.shape[2]
      return convolution(
        call,
        ReferenceProduct(windows, groups: channels, filters: channels * layer.depthMultiplier),
        layer.activation)
    case let layer as SeparableConv2D:
      let windows = ReferenceWindows(
        call.shape, layer.kernel, layer.stride, layer.padding, dilation: layer.dilation)
      let channels = call.shape[2]
      let depthwise = linear(
        call, call.x,
        ReferenceProduct(windows, groups: channels, filters: channels * layer.depthMultiplier),
        kernel: "depthwise_kernel", bias: nil)
      let pointwise = linear(
        call, depthwise.values,
        ReferenceProduct(
          rows: windows.outputHeight * windows.outputWidth, channels * layer.depthMultiplier,
          layer.filters), kernel: "pointwise_kernel", bias: "bias")
      let shape = [windows.outputHeight, windows.outputWidth, layer.filters]
      return activated(call, pointwise.values, layer.activation, shape) {
        [depthwise.backward(pointwise.backward($0, nil), nil)]
      }
    case let layer as Conv2DTranspose: return transposed(layer, call)
    case let layer as Dense:
      let inputs = call.shape[call.shape.count - 1]
      let rows = call.shape.dropLast().reduce(1, *)
      let result = linear(
        call, call.x, ReferenceProduct(rows: rows, inputs, layer.units), kernel: "kernel",
        bias: "bias")
      return activated(
        call, result.values, layer.activation, call.shape.dropLast() + [layer.units]
      ) { [result.backward($0, nil)] }
    default: return nil
    }
  }

  private func convolution(
    _ call: Call, _ product: ReferenceProduct, _ function: any ActivationFunction
  ) -> Result {
    let result = linear(call, call.x, product, kernel: "kernel", bias: "bias")
    let windows = product.windows
    let shape = [windows.outputHeight, windows.outputWidth, product.filters]
    return activated(call, result.values, function, shape) { [result.backward($0, nil)] }
  }

  /// The large image of a convolution from its small one.
  private func transposed(_ layer: Conv2DTranspose, _ call: Call) -> Result {
    func side(_ n: Int, _ k: Int, _ s: Int, _ extra: Int?) -> Int {
      if let extra { return (n - 1) * s + extra + (layer.padding == .valid ? k : k % 2) }
      return layer.padding == .valid ? (n - 1) * s + max(k, s) : n * s
    }
    let shape = [
      side(call.shape[0], layer.kernel.height, layer.stride.height, layer.outputPadding?.height),
      side(call.shape[1], layer.kernel.width, layer.stride.width, layer.outputPadding?.width),
      layer.filters,
    ]
    let product = ReferenceProduct(
      ReferenceWindows(shape, layer.kernel, layer.stride, layer.padding), groups: 1,
      filters: call.shape[2])
    let (kernel, batch) = (parameter(call, "kernel") ?? [], batch)
    var z = [Number](repeating: 0, count: batch * shape.reduce(1, *))
    addBias(call, "bias", to: &z, width: layer.filters)
    product.addInputs(&z, kernel: kernel, outputs: call.x, batch: batch)
    return activated(call, z, layer.activation, shape) { [self] dz in
      recordKernel(call, "kernel", product, inputs: dz, outputs: call.x, count: kernel.count)
      recordBias(call, "bias", dz, width: layer.filters)
      var dx = [Number](repeating: 0, count: call.x.count)
      product.addOutputs(&dx, inputs: dz, kernel: kernel, batch: batch)
      return [dx]
    }
  }

  /// y = x·W + b, and dx from dy and, if terms cancelled each other in it, Σ |terms|.
  func linear(
    _ call: Call, _ x: [Number], _ product: ReferenceProduct, kernel name: String, bias: String?
  ) -> (values: [Number], backward: ([Number], _ sizes: [Number]?) -> [Number]) {
    let (kernel, batch) = (parameter(call, name) ?? [], batch)
    var y = [Number](repeating: 0, count: product.outputCount(batch: batch))
    if let bias { addBias(call, bias, to: &y, width: product.filters) }
    product.addOutputs(&y, inputs: x, kernel: kernel, batch: batch)
    return (
      y,
      { [self] dy, sizes in
        recordKernel(
          call, name, product, inputs: x, outputs: dy, sizes: sizes, count: kernel.count)
        if let bias { recordBias(call, bias, dy, sizes: sizes, width: product.filters) }
        var dx = [Number](repeating: 0, count: x.count)
        product.addInputs(&dx, kernel: kernel, outputs: dy, batch: batch)
        return dx
      }
    )
  }

  private func addBias(_ call: Call, _ name: String, to y: inout [Number], width: Int) {
    guard let bias = parameter(call, name) else { return }
    for i in y.indices { y[i] += bias[i % width] }
  }

  private func recordBias(
    _ call: Call, _ name: String, _ dy: [Number], sizes: [Number]? = nil, width: Int
  ) {
    guard parameter(call, name) != nil else { return }
    var sum = Sum(count: width)
    for (i, slope) in dy.enumerated() {
      sum.values[i % width] += slope
      sum.magnitudes[i % width] += sizes?[i] ?? slope.magnitude
    }
    record(call, name, sum)
  }

  private func recordKernel(
    _ call: Call, _ name: String, _ product: ReferenceProduct, inputs: [Number],
    outputs: [Number], sizes: [Number]? = nil, count: Int
  ) {
    var sum = Sum(count: count)
    product.addKernels(&sum.values, inputs: inputs, outputs: outputs, batch: batch)
    if withMagnitudes {
      product.addKernels(
        &sum.magnitudes, inputs: inputs.map(\.magnitude),
        outputs: sizes ?? outputs.map(\.magnitude), batch: batch)
    }
    record(call, name, sum)
  }
}

/// The sums of products between inputs, kernel and outputs of a convolution, each of which is
/// linear in the other two.
struct ReferenceProduct {
  let windows: ReferenceWindows
  let groups, filters: Int

  init(_ windows: ReferenceWindows, groups: Int, filters: Int) {
    (self.windows, self.groups, self.filters) = (windows, groups, filters)
  }

  /// Rows of `inputs` values times a matrix.
  init(rows: Int, _ inputs: Int, _ filters: Int) {
    self.init(
      ReferenceWindows([rows, 1, inputs], 1, 1, .valid), groups: 1, filters: filters)
  }

  func outputCount(batch: Int) -> Int {
    batch * windows.outputHeight * windows.outputWidth * filters
  }

  /// Calls `body` with each input, and the first of the kernel's and the output's elements that it
  /// goes with.
  @inline(__always)
  private func forEachRow(
    batch: Int, _ body: (_ input: Int, _ kernel: Int, _ output: Int) -> Void
  ) {
    let (channels, own) = (windows.channels, windows.channels / groups)
    let width = filters / groups
    windows.forEach(batch: batch) { output, input, tap in
      for c in 0..<channels {
        let first = c / own * width
        body(
          input * channels + c, (tap * own + c % own) * filters + first, output * filters + first)
      }
    }
  }

  /// y += x·W.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  func addOutputs<Number: BinaryFloatingPoint>(
    _ outputs: inout [Number], inputs: [Number], kernel: [Number], batch: Int
  ) {
    let width = filters / groups
    outputs.withUnsafeMutableBufferPointer { y in
      inputs.withUnsafeBufferPointer { x in
        kernel.withUnsafeBufferPointer { w in
          forEachRow(batch: batch) { input, row, output in
            let (value, row, target) = (x[input], w.baseAddress! + row, y.baseAddress! + output)
            for f in 0..<width { target[f] += value * row[f] }
          }
        }
      }
    }
  }

  /// x += W·y.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  func addInputs<Number: BinaryFloatingPoint>(
    _ inputs: inout [Number], kernel: [Number], outputs: [Number], batch: Int
  ) {
    let width = filters / groups
    inputs.withUnsafeMutableBufferPointer { x in
      outputs.withUnsafeBufferPointer { y in
        kernel.withUnsafeBufferPointer { w in
          forEachRow(batch: batch) { input, row, output in
            let (row, slope) = (w.baseAddress! + row, y.baseAddress! + output)
            var sum: Number = 0
            for f in 0..<width { sum += row[f] * slope[f] }
            x[input] += sum
          }
        }
      }
    }
  }

  /// W += x·y.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  func addKernels<Number: BinaryFloatingPoint>(
    _ kernel: inout [Number], inputs: [Number], outputs: [Number], batch: Int
  ) {
    let width = filters / groups
    kernel.withUnsafeMutableBufferPointer { w in
      inputs.withUnsafeBufferPointer { x in
        outputs.withUnsafeBufferPointer { y in
          forEachRow(batch: batch) { input, row, output in
            let (value, target, slope) = (x[input], w.baseAddress! + row, y.baseAddress! + output)
            for f in 0..<width { target[f] += value * slope[f] }
          }
        }
      }
    }
  }
}
