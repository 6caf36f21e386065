internal import CPinionKernels
public import PinionTensor

/// Normalizes features by given means and variances: y = (x − μ)/max(√σ², 10⁻⁷), one μ and σ² for
/// each place of an axis. As Keras 3's `Normalization`.
///
/// - Input and output: (N, …) of the same shape.
///
/// Means and variances are hyperparameters, saved with the graph. They are given, or computed from
/// samples by ``init(adaptedTo:axis:name:)``.
public struct Normalization: Layer {
  /// The μ of each place.
  public var mean: [Float]
  /// The σ² of each place.
  public var variance: [Float]
  /// The axis, counted with the batch as axis 0, or from the end if negative. Default: the last.
  public var axis: Int
  public var name: String?

  /// A normalization by given means and variances, one of each for each place of the axis.
  public init(mean: [Float], variance: [Float], axis: Int = -1, name: String? = nil) {
    self.mean = mean
    self.variance = variance
    self.axis = axis
    self.name = name
  }

  /// A normalization by the means and the population variances of samples, (N, …), over all axes
  /// but one, in double precision. As Keras 3's `adapt`.
  ///
  /// Traps unless there are samples and the axis is one of theirs, but not the first.
  public init(adaptedTo samples: Tensor, axis: Int = -1, name: String? = nil) {
    let rank = samples.shape.rank
    let place = axis < 0 ? axis + rank : axis
    require(
      (1..<rank).contains(place) && samples.shape.elementCount > 0,
      "samples of shape \(samples.shape) have no axis \(axis)")
    let layout = AxisLayout(samples.shape, axis: place)
    let numbers = samples.elements
    let count = Double(layout.outer * layout.inner)
    var means = [Double](repeating: 0, count: layout.count)
    var variances = means
    layout.forEachRun(samples: 1) { start, c in
      for i in start..<start + layout.inner { means[c] += Double(numbers[i]) }
    }
    for c in means.indices { means[c] /= count }
    layout.forEachRun(samples: 1) { start, c in
      for i in start..<start + layout.inner {
        let d = Double(numbers[i]) - means[c]
        variances[c] += d * d
      }
    }
    self.init(
      mean: means.map { Float($0) }, variance: variances.map { Float($0 / count) }, axis: axis,
      name: name)
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try SampleAxes.validate([axis], of: inputs[0])
    let count = AxisLayout(inputs[0], axes: SampleAxes.range([axis], of: inputs[0])).count
    try LayerError.require(
      mean.count == count && variance.count == count, "\(count) means and variances",
      received: "\(mean.count) and \(variance.count)")
    try LayerError.require(
      mean.allSatisfy(\.isFinite) && variance.allSatisfy { $0.isFinite && $0 >= 0 },
      "finite means, and finite variances that are not negative",
      received: "\(mean) and \(variance)")
    return inputs[0]
  }

  /// y = (x − μ)·f, dx = dy·f, in place.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .inPlace
    program.backwardReads = []
    let layout = AxisLayout(pass.inputs[0], axes: SampleAxes.range([axis], of: pass.inputs[0]))
    let centers = mean
    let zeros = [Float](repeating: 0, count: mean.count)
    let factors = variance.map { Float(1 / max(Double($0).squareRoot(), 1e-7)) }
    program.forward = [
      .samples { context in
        Self.scale(
          context.inputs[0], centers, factors, into: context.output, layout, context.sampleCount)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        Self.scale(context.outputGradient, zeros, factors, into: dx, layout, context.sampleCount)
      }
    ]
    return program
  }

  /// y ← (x − center)·factor.
  private static func scale(
    _ x: MemoryView<Float>, _ centers: [Float], _ factors: [Float], into y: MemoryView<Float>,
    _ layout: AxisLayout, _ samples: Int
  ) {
    let rows = samples * layout.outer
    require(
      x.count == rows * layout.count * layout.inner && y.count == x.count,
      "values of another length")
    centers.withUnsafeBufferPointer { centers in
      factors.withUnsafeBufferPointer { factors in
        guard let centers = centers.baseAddress, let factors = factors.baseAddress else { return }
        guard layout.inner == 1 else {
          layout.forEachRun(samples: samples) { start, c in
            pinion_normalize(
              x.base + start, layout.inner, centers[c], factors[c], 0, y.base + start)
          }
          return
        }
        for row in 0..<rows {
          let (from, to) = (x.base + row * layout.count, y.base + row * layout.count)
          for c in 0..<layout.count { to[c] = (from[c] - centers[c]) * factors[c] }
        }
      }
    }
  }
}

/// y = scale·x + offset, such as to scale pixels in 0…255 to 0…1 (`Rescaling(1 / 255)`) or to −1…1
/// (`Rescaling(1 / 127.5, offset: -1)`). As Keras 3's `Rescaling`.
public struct Rescaling: Layer {
  /// The factor.
  public var scale: Float
  /// Default: 0.
  public var offset: Float
  public var name: String?

  public init(_ scale: Float, offset: Float = 0, name: String? = nil) {
    self.scale = scale
    self.offset = offset
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    try LayerError.require(
      scale.isFinite && offset.isFinite, "scale and offset must be finite",
      received: "\(scale) and \(offset)")
    return inputs[0]
  }

  /// y = scale·x + offset, dx = scale·dy, in place.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    program.outputMemory = .inPlace
    program.backwardReads = []
    program.forward = [
      .samples { context in
        let (x, y) = (context.inputs[0], context.output)
        require(x.count == y.count, "input and output differ in length")
        pinion_normalize(x.base, x.count, 0, scale, offset, y.base)
      }
    ]
    program.backward = [
      .samples { context in
        guard let dx = context.inputGradients[0] else { return }
        let dy = context.outputGradient
        require(dx.count == dy.count, "gradients differ in length")
        pinion_normalize(dy.base, dy.count, 0, scale, 0, dx.base)
      }
    ]
    return program
  }
}
