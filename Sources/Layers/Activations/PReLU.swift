public import PinionTensor

/// A parametric rectifier, whose slopes below zero are learned: y = x for x > 0, else α·x. Its
/// derivative at 0 is taken as α.
///
/// - Input and output: (N, …) of the same shape.
/// - Parameters: `alpha`, of the shape of a sample, but 1 along axes that share the slopes.
///
/// For one slope for each channel of an image: `PReLU(sharedAxes: [1, 2])`. As Keras 3's `PReLU`
/// (He et al. 2015).
public struct PReLU: Layer {
  /// Axes along which the slopes are the same, counted with the batch as axis 0. Default: none.
  public var sharedAxes: [Int]
  /// The initial values of α. Default: zeros.
  @Configured public var alphaInitializer: any Initializer
  public var name: String?
  public private(set) var identity = LayerIdentity()

  public init(
    sharedAxes: [Int] = [], alphaInitializer: some Initializer = .zeros, name: String? = nil
  ) {
    self.sharedAxes = sharedAxes
    _alphaInitializer = Configured(wrappedValue: alphaInitializer)
    self.name = name
  }

  public func outputShape(for inputs: [Shape]) throws -> Shape {
    let rank = inputs[0].rank
    try LayerError.require(
      rank > 0, "an input with at least one axis", received: "the shape \(inputs[0])")
    try LayerError.require(
      sharedAxes.allSatisfy { (1...rank).contains($0) }, "shared axes in 1...\(rank)",
      received: "\(sharedAxes)")
    return inputs[0]
  }

  /// α.
  public func parameters(for inputs: [Shape]) -> [Parameter] {
    let sides = inputs[0].enumerated().map { sharedAxes.contains($0 + 1) ? 1 : $1 }
    return [Parameter("alpha", shape: Shape(sides), erased: alphaInitializer)]
  }

  /// y = x for x > 0, else α·x; dx = dy, else α·dy; dα = Σ dy·x over x ≤ 0.
  public func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    let alpha = program.parameter("alpha")
    let runs = SlopeRuns(pass.inputs[0], sharedAxes: sharedAxes)
    program.forward = [
      .samples { context in
        let (x, y, a) = (context.inputs[0], context.output, context[alpha])
        require(x.count == y.count, "input and output differ in length")
        runs.forEach(samples: context.sampleCount) { start, slope in
          let (x, y, a) = (x.base + start, y.base + start, a.base + slope)
          if runs.isShared {
            let a = a[0]
            for i in 0..<runs.length { y[i] = x[i] > 0 ? x[i] : a * x[i] }
          } else {
            for i in 0..<runs.length { y[i] = x[i] > 0 ? x[i] : a[i] * x[i] }
          }
        }
      }
    ]
    program.backward = [
      .samples { context in
        let (x, dy, a) = (context.inputs[0], context.outputGradient, context[alpha])
        require(x.count == dy.count, "input and gradient differ in length")
        if context.pass.isTrainable {
          let da = context.gradient(of: alpha)
          runs.forEach(samples: context.sampleCount) { start, slope in
            let (x, dy, da) = (x.base + start, dy.base + start, da.base + slope)
            if runs.isShared {
              var sum: Float = 0
              for i in 0..<runs.length { sum += x[i] > 0 ? 0 : dy[i] * x[i] }
              da[0] += sum
            } else {
              for i in 0..<runs.length { da[i] += x[i] > 0 ? 0 : dy[i] * x[i] }
            }
          }
        }
        guard let dx = context.inputGradients[0] else { return }
        runs.forEach(samples: context.sampleCount) { start, slope in
          let (x, dy, dx, a) = (
            x.base + start, dy.base + start, dx.base + start, a.base + slope
          )
          if runs.isShared {
            let a = a[0]
            for i in 0..<runs.length { dx[i] = x[i] > 0 ? dy[i] : a * dy[i] }
          } else {
            for i in 0..<runs.length { dx[i] = x[i] > 0 ? dy[i] : a[i] * dy[i] }
          }
        }
      }
    ]
    return program
  }
}

/// A sample as runs of values whose slopes are contiguous or equal.
private struct SlopeRuns: Sendable {
  let length: Int
  /// Whether the values of a run have the same slope.
  let isShared: Bool
  /// The first slope of each run.
  private let slopes: [Int]

  init(_ shape: Shape, sharedAxes: [Int]) {
    let areShared = (1...shape.rank).map { sharedAxes.contains($0) }
    let last = areShared[shape.rank - 1]
    // The axes at the end that are all shared, or all not.
    let outer = (areShared.lastIndex { $0 != last } ?? -1) + 1
    isShared = last
    length = shape[outer...].reduce(1, *)
    // The stride of each axis in the slopes.
    var steps = [Int](repeating: 0, count: shape.rank)
    var size = 1
    for axis in shape.indices.reversed() where !areShared[axis] {
      steps[axis] = size
      size *= shape[axis]
    }
    slopes = (0..<shape[..<outer].reduce(1, *)).map { run in
      var (rest, slope) = (run, 0)
      for axis in (0..<outer).reversed() {
        slope += rest % shape[axis] * steps[axis]
        rest /= shape[axis]
      }
      return slope
    }
  }

  @inline(__always)
  func forEach(samples: Int, _ body: (_ start: Int, _ slope: Int) -> Void) {
    var start = 0
    for _ in 0..<samples {
      for slope in slopes {
        body(start, slope)
        start += length
      }
    }
  }
}
