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
  func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    let (factor, count) = (program.parameter("factor"), program.parameter("count"))
    let (limit, spoilsGradient) = (limit, spoilsGradient)
    program.forward = [
      .pieces(1) { context in
        let (x, y, factor) = (context.inputs[0], context.output, context[factor][0])
        let isBlown = context[count][0] >= limit
        if pass.mode == .training { context[count][0] += 1 }
        for i in x.indices { y[i] = isBlown && !spoilsGradient ? .nan : factor * x[i] }
      }
    ]
    program.backward = [
      .samples { context in
        let (x, dy, a) = (context.inputs[0], context.outputGradient, context[factor][0])
        let gradient = context.gradient(of: factor)
        for i in x.indices { gradient[0] += dy[i] * x[i] }
        if spoilsGradient, context[count][0] > limit { gradient[0] = .nan }
        if let dx = context.inputGradients[0] { for i in x.indices { dx[i] = a * dy[i] } }
      }
    ]
    return program
  }
}
