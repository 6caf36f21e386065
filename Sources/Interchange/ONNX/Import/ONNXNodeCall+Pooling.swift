internal import PinionLayers
internal import PinionTensor

extension ONNXNodeCall {
  func pooling() throws -> ONNXValue {
    let isMaximum = node.operation == "MaxPool"
    // A mean counts all of a padding node, but perhaps not the node's own padding.
    let countsPads =
      node.integer("count_include_pad") == 1
      || node.string("auto_pad")?.hasPrefix("SAME") != true
        && node.integers("pads")?.allSatisfy { $0 == 0 } != false
    var windows = try windows(kernel: nil) { isMaximum ? $0 < -1e30 : $0 == 0 && countsPads }
    guard windows.dilation == 1 else { throw Unsupported(reason: "dilations") }
    if node.integer("ceil_mode") == 1 {
      let (height, width) = windows.output
      // One more window for the rest, unless it would begin in the node's padding at the end.
      func missing(
        _ size: Int, _ pads: Int, own: Int, _ k: Int, _ s: Int, _ count: Int
      ) -> Int {
        let rest = size + pads - (count - 1) * s - k
        return rest > 0 && count * s < size + pads - own ? s - rest : 0
      }
      let bottom = missing(
        windows.image.sizes[1], windows.pads.top + windows.pads.bottom,
        own: windows.pads.bottom - windows.frame.bottom, windows.kernel.height,
        windows.stride.height, height)
      let right = missing(
        windows.image.sizes[2], windows.pads.left + windows.pads.right,
        own: windows.pads.right - windows.frame.right, windows.kernel.width,
        windows.stride.width, width)
      guard isMaximum || bottom == 0 && right == 0 else {
        throw Unsupported(reason: "ceil_mode with windows beyond the image")
      }
      windows.pads.bottom += bottom
      windows.pads.right += right
    }
    let sizes = [windows.image.sizes[0], windows.output.0, windows.output.1]
    let y: ONNXValue
    if isMaximum {
      // Pinion pads with −∞; zeros are equivalent if no value is negative.
      guard windows.padding != nil || windows.image.isNonNegative else {
        throw Unsupported(
          reason: "the padding \(windows.pads.edges) of values that may be negative")
      }
      let (tensor, padding) = try framed(windows)
      let layer = MaxPool2D(
        windows.kernel, stride: windows.stride, padding: padding,
        name: name(or: "max_pooling2d"))
      y = result(sizes, order: ONNXValue.channelsLast, .tensor(layer(tensor)))
    } else {
      let includesPads = node.integer("count_include_pad") == 1 || !windows.frame.isZero
      guard windows.padding != nil || includesPads else {
        throw Unsupported(reason: "the padding \(windows.pads.edges), not counted")
      }
      var (tensor, padding) = (try importer.tensor(windows.image), windows.padding ?? .valid)
      if includesPads, !windows.pads.isZero {
        let frame = ZeroPadding2D(windows.pads.edges, name: importer.unique("zero_padding2d"))
        (tensor, padding) = (frame(tensor), .valid)
      }
      let layer = AveragePool2D(
        windows.kernel, stride: windows.stride, padding: padding,
        name: name(or: "average_pooling2d"))
      y = result(sizes, order: ONNXValue.channelsLast, .tensor(layer(tensor)))
    }
    y.isNonNegative = windows.image.isNonNegative
    return y
  }

  /// Means and maxima of all pixels, or means in the formula of a normalization.
  func reduction() throws -> ONNXValue {
    let x = try input()
    let rank = x.sizes.count
    let isMean = node.operation == "GlobalAveragePool" || node.operation == "ReduceMean"
    let isReduction = node.operation.hasPrefix("Reduce")
    var axes = Array(1..<max(rank, 1))
    if isReduction {
      axes = try integers("axes", 1).map { try $0.map { try sampleAxis($0, rank) } } ?? []
      axes.sort()
    }
    let keepDims = !isReduction || (node.integer("keepdims") ?? 1) == 1
    guard !axes.isEmpty else { throw Unsupported(reason: "no axes, or those of the batch") }
    let sizes = (0..<rank).compactMap { axis in
      axes.contains(axis) ? (keepDims ? 1 : nil) : x.sizes[axis]
    }
    if isMean, keepDims, let term = mean(x, axes) {
      return result(sizes, order: x.order, .term(term))
    }
    let channel = (0..<rank).first { !axes.contains($0) }
    guard let channel, axes.count == rank - 1, rank == 2 || rank == 3 else {
      // Perhaps that of a normalization.
      guard isMean, keepDims else { throw Unsupported(reason: "the axes \(axes)") }
      return result(sizes, order: x.order, .term(.mean(x.original, axes: axes)))
    }
    let order = rank == 3 && channel == 0 ? ONNXValue.channelsLast : axes + [channel]
    let image = try importer.aligned(x, to: order)
    let y = result(
      sizes, order: keepDims ? order : [0], .pooled(image, isMaximum: !isMean))
    y.isNonNegative = x.isNonNegative
    return y
  }

  /// The mean of squares; nil for other values.
  private func mean(_ x: ONNXValue, _ axes: [Int]) -> ONNXTerm? {
    guard case .term(.square(let base)) = x.source else { return nil }
    if case .term(.centered(let inner, axes)) = base.source {
      return .moment(inner, axes: axes, isCentered: true, epsilon: 0)
    }
    return .moment(base, axes: axes, isCentered: false, epsilon: 0)
  }
}
