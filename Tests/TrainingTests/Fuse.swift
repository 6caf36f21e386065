import Pinion

/// A layer that multiplies by a factor until it has run a number of training steps, then yields
/// NaN: in its output, or in its factor's gradient.
struct Fuse: Layer {
  var limit: Float
  var spoilsGradient = false
  var name: String?

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [
      Parameter("factor", shape: [1], initializer: .ones),
      Parameter("count", shape: [1], initializer: .zeros, isTrainable: false),
    ]
  }

  /// In one piece, as it counts its calls.
  func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.forward = [.pieces(1)]
    return execution
  }

  func forward(_ context: LayerContext) {
    let (x, y, factor) = (context.inputs[0], context.output, context.parameters[0][0])
    let isBlown = context.parameters[1][0] >= limit
    if context.mode == .training { context.parameters[1][0] += 1 }
    for i in x.indices { y[i] = isBlown && !spoilsGradient ? .nan : factor * x[i] }
  }

  func backward(_ context: LayerContext) {
    let (x, dy, factor) = (context.inputs[0], context.outputGradient, context.parameters[0][0])
    for i in x.indices { context.gradients[0][0] += dy[i] * x[i] }
    if spoilsGradient, context.parameters[1][0] > limit { context.gradients[0][0] = .nan }
    if let dx = context.inputGradients[0] { for i in x.indices { dx[i] = factor * dy[i] } }
  }
}
