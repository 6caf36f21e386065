import Pinion

/// A rectifier that learns its slope for negative values, one for each channel c:
/// y = x where x > 0, else a[c]·x.
///
/// - Input and output: (N, …, C) of the same shape.
/// - Parameters: `slope` (C,).
///
/// He et al. 2015, "Delving Deep into Rectifiers".
struct LearnedSlope: SamplewiseLayer {
  /// The initial value of all slopes.
  var initialSlope: Float = 0.25
  /// The layer's name; nil for one derived from its type.
  var name: String?

  func outputShape(for inputs: [Shape]) throws -> Shape {
    guard inputs[0].rank > 0 else {
      throw LayerError("an input with channels", received: "the shape \(inputs[0])")
    }
    guard initialSlope.isFinite else {
      throw LayerError("the initial slope must be finite", received: "\(initialSlope)")
    }
    return inputs[0]
  }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    let channels = inputs[0].last ?? 1
    return [Parameter("slope", shape: [channels], initializer: .constant(initialSlope))]
  }

  // y = x where x > 0, else a[c]·x
  func forward(_ context: LayerContext) {
    let (x, y, a) = (context.inputs[0], context.output, context.parameter("slope"))
    for i in x.indices { y[i] = x[i] > 0 ? x[i] : a[i % a.count] * x[i] }
  }

  // dx = dy where x > 0, else a[c]·dy; da[c] = Σ dy·x over x ≤ 0
  func backward(_ context: LayerContext) {
    let (x, dy) = (context.inputs[0], context.outputGradient)
    let (a, da) = (context.parameter("slope"), context.gradient("slope"))
    for i in x.indices where x[i] <= 0 { da[i % a.count] += dy[i] * x[i] }
    guard let dx = context.inputGradients[0] else { return }
    for i in x.indices { dx[i] = x[i] > 0 ? dy[i] : a[i % a.count] * dy[i] }
  }
}
