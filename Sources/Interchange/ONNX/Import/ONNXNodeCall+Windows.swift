internal import PinionLayers
internal import PinionTensor

/// The padding of an image: that of a node, and that of a padding node before it.
struct ONNXPads {
  var top, left, bottom, right: Int

  var isZero: Bool { top == 0 && left == 0 && bottom == 0 && right == 0 }

  var edges: Edges2D { Edges2D(top: top, bottom: bottom, left: left, right: right) }
}

extension ONNXNodeCall {
  /// The windows of a convolution or a pooling.
  struct Windows {
    /// Channels last.
    var image: ONNXValue
    let kernel, stride, dilation: Size2D
    var pads: ONNXPads
    /// The part of the pads that is a padding node's.
    var frame = ONNXPads(top: 0, left: 0, bottom: 0, right: 0)

    /// The height and the width of the output.
    var output: (Int, Int) {
      func count(_ size: Int, _ pads: Int, _ k: Int, _ s: Int, _ d: Int) -> Int {
        (size + pads - (k - 1) * d - 1) / s + 1
      }
      return (
        count(
          image.sizes[1], pads.top + pads.bottom, kernel.height, stride.height, dilation.height),
        count(
          image.sizes[2], pads.left + pads.right, kernel.width, stride.width, dilation.width)
      )
    }

    /// Pinion's padding, if it is the same; nil otherwise.
    var padding: Padding? {
      if pads.isZero { return .valid }
      let windows = WindowGeometry(
        checked: image.shape, kernel: kernel, stride: stride, dilation: dilation, padding: .same)
      let ends = windows.padsAfter
      let output = output
      return pads.top == windows.padTop && pads.left == windows.padLeft
        && pads.bottom == ends.bottom && pads.right == ends.right
        && output == (windows.outputHeight, windows.outputWidth) ? .same : nil
    }
  }

  /// - Parameters:
  ///   - kernel: The sizes of the kernel, if they are those of a constant.
  ///   - includes: Whether a padding node with a value before the node is part of its padding.
  func windows(
    kernel: [Int]?, includingFrameOf includes: (Float) -> Bool
  ) throws -> Windows {
    let x = try input()
    guard x.sizes.count == 3 else { throw Unsupported(reason: "samples \(x.sizes), not images") }
    let kernel = kernel ?? node.integers("kernel_shape") ?? []
    let strides = node.integers("strides") ?? [1, 1]
    let dilations = node.integers("dilations") ?? [1, 1]
    let sides = 1...1 << 20
    guard
      [kernel, strides, dilations].allSatisfy({ $0.count == 2 && $0.allSatisfy(sides.contains) })
    else {
      throw Unsupported(
        reason: "kernel \(kernel), strides \(strides) and dilations \(dilations)")
    }
    var pads = node.integers("pads") ?? [0, 0, 0, 0]
    let mode = node.string("auto_pad") ?? "NOTSET"
    if mode.hasPrefix("SAME") {
      pads = [0, 0, 0, 0]
      for axis in 0..<2 {
        let (size, stride) = (x.sizes[axis + 1], strides[axis])
        let needed = (size + stride - 1) / stride * stride - stride
        let total = max(0, needed + (kernel[axis] - 1) * dilations[axis] + 1 - size)
        pads[axis] = mode == "SAME_UPPER" ? total / 2 : total - total / 2
        pads[axis + 2] = total - pads[axis]
      }
    }
    guard pads.count == 4, pads.allSatisfy({ (0...1 << 20).contains($0) }) else {
      throw Unsupported(reason: "the padding \(pads)")
    }
    var windows = Windows(
      image: x, kernel: Size2D(kernel[0], kernel[1]), stride: Size2D(strides[0], strides[1]),
      dilation: Size2D(dilations[0], dilations[1]),
      pads: ONNXPads(top: pads[0], left: pads[1], bottom: pads[2], right: pads[3]))
    if case .padded(let image, let edges, let fill) = x.source, !x.isShared,
      image.order == ONNXValue.channelsLast, includes(fill)
    {
      windows.image = image
      windows.frame = ONNXPads(
        top: edges.top, left: edges.left, bottom: edges.bottom, right: edges.right)
      windows.pads.top += edges.top
      windows.pads.left += edges.left
      windows.pads.bottom += edges.bottom
      windows.pads.right += edges.right
    }
    windows.image = try importer.aligned(windows.image, to: ONNXValue.channelsLast)
    let output = windows.output
    guard output.0 > 0, output.1 > 0 else {
      throw Unsupported(reason: "a kernel larger than its image")
    }
    return windows
  }

  /// The image padded with zeros, and the remaining padding of the layer.
  func framed(_ windows: Windows) throws -> (SymbolicTensor, Padding) {
    let image = try importer.tensor(windows.image)
    if let padding = windows.padding { return (image, padding) }
    let frame = ZeroPadding2D(windows.pads.edges, name: importer.unique("zero_padding2d"))
    return (frame(image), .valid)
  }

  func convolution() throws -> ONNXValue {
    let weights = try requiredConstant(1, "a kernel")
    guard weights.sizes.count == 4 else {
      throw Unsupported(reason: "a kernel of the shape \(weights.sizes)")
    }
    let windows = try windows(kernel: Array(weights.sizes[2...])) { $0 == 0 }
    let (filters, channels) = (weights.sizes[0], windows.image.sizes[0])
    let groups = node.integer("group") ?? 1
    guard groups > 0, filters > 0, filters % groups == 0, weights.sizes[1] * groups == channels
    else {
      throw Unsupported(
        reason: "a kernel \(weights.sizes) in \(groups) groups for \(channels) channels")
    }
    let (tensor, padding) = try framed(windows)
    let kind: ONNXWeightedLayer.Kind
    let kernel: () throws -> Tensor
    let sizes = weights.sizes
    if groups == channels, groups > 1 {
      kind = .depthwise(
        kernel: windows.kernel, stride: windows.stride, dilation: windows.dilation,
        padding: padding, multiplier: filters / channels)
      kernel = {
        try weights.tensor()?
          .reshaped(to: [channels, filters / channels, sizes[2], sizes[3]])
          .transposed([2, 3, 0, 1]) ?? Tensor(0)
      }
    } else {
      kind = .convolution(
        kernel: windows.kernel, stride: windows.stride, dilation: windows.dilation,
        padding: padding, groups: groups)
      kernel = { try weights.tensor()?.transposed([2, 3, 1, 0]) ?? Tensor(0) }
    }
    let (height, width) = windows.output
    return try weighted(
      kind, tensor, filters, weights, kernel, sizes: [filters, height, width],
      order: ONNXValue.channelsLast)
  }

  func transposedConvolution() throws -> ONNXValue {
    let x = try input()
    let weights = try requiredConstant(1, "a kernel")
    guard weights.sizes.count == 4, x.sizes.count == 3, weights.sizes[0] == x.sizes[0],
      (node.integer("group") ?? 1) == 1, (node.integers("dilations") ?? [1, 1]) == [1, 1],
      (node.string("auto_pad") ?? "NOTSET") == "NOTSET", node.integers("output_shape") == nil
    else { throw Unsupported(reason: "groups, dilations, a given shape, or no images") }
    let kernel = Array(weights.sizes[2...])
    let strides = node.integers("strides") ?? [1, 1]
    let pads = node.integers("pads") ?? [0, 0, 0, 0]
    let extra = node.integers("output_padding") ?? [0, 0]
    guard strides.count == 2, pads.count == 4, extra.count == 2,
      (strides + pads + extra + kernel).allSatisfy({ (0...1 << 20).contains($0) })
    else { throw Unsupported(reason: "strides \(strides), pads \(pads)") }
    let sizes = (0..<2).map { (axis: Int) -> Int in
      let full = (x.sizes[axis + 1] - 1) * strides[axis] + kernel[axis]
      return full - pads[axis] - pads[axis + 2] + extra[axis]
    }
    let input = try importer.tensor(importer.aligned(x, to: ONNXValue.channelsLast))
    let (size, stride) = (Size2D(kernel[0], kernel[1]), Size2D(strides[0], strides[1]))
    // The layer whose shape and padding are these.
    let shape = Shape([x.sizes[1], x.sizes[2], x.sizes[0]])
    let isZero = extra == [0, 0]
    for padding in [Padding.valid, .same] {
      for outputPadding in [nil, Size2D(extra[0], extra[1])] where isZero || outputPadding != nil {
        let layer = Conv2DTranspose(
          weights.sizes[1], kernel: size, stride: stride, padding: padding,
          outputPadding: outputPadding)
        guard let output = try? layer.outputShape(for: [shape]), output[0] == sizes[0],
          output[1] == sizes[1]
        else { continue }
        let windows = WindowGeometry(
          checked: output, kernel: size, stride: stride, padding: padding)
        guard windows.padTop == pads[0], windows.padLeft == pads[1] else { continue }
        return try weighted(
          .transposed(
            kernel: size, stride: stride, padding: padding, outputPadding: outputPadding),
          input, weights.sizes[1], weights,
          { try weights.tensor()?.transposed([2, 3, 1, 0]) ?? Tensor(0) },
          sizes: [weights.sizes[1]] + sizes, order: ONNXValue.channelsLast)
      }
    }
    throw Unsupported(reason: "pads \(pads) and output_padding \(extra)")
  }

  /// A layer with a kernel, and with the bias of the node.
  func weighted(
    _ kind: ONNXWeightedLayer.Kind, _ input: SymbolicTensor, _ width: Int,
    _ weights: ONNXConstant, _ kernel: @escaping () throws -> Tensor, sizes: [Int], order: [Int]
  ) throws -> ONNXValue {
    var bias: [Float]?
    if hasOperand(2) {
      bias = try requiredConstant(2, "a bias").reals(importer.budget)
      guard bias?.count == width else { throw Unsupported(reason: "a bias of another length") }
    }
    let name = importer.layerName(of: weights, or: ONNXWeightedLayer.base(kind))
    return result(
      sizes, order: order,
      .weighted(
        ONNXWeightedLayer(
          kind: kind, name: name, input: input, width: width, kernel: kernel, bias: bias)))
  }
}
