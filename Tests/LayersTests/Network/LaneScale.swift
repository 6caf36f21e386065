import PinionTensor

@testable import PinionLayers

/// y[i] = a·x[i], whose parameter's gradient is gathered image by image in lanes, in phases that
/// may be cut differently.
///
/// With `phases` = 2 the input's gradient comes first and the parameter's then.
struct LaneScale: Layer {
  var phases = 1
  /// The least number of images of each phase.
  var minima = [1, 1]

  func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }

  func parameters(for inputs: [Shape]) -> [Parameter] {
    [
      Parameter("factor", shape: [inputs[0].last ?? 1], initializer: .ones),
      Parameter("count", shape: [1], initializer: .zeros, isTrainable: false),
    ]
  }

  func program(for pass: LayerPass) -> LayerProgram {
    var program = LayerProgram(pass)
    let (factor, phases) = (program.parameter("factor"), phases)
    program.forward = [
      .samples { context in
        let (x, y, a) = (context.inputs[0], context.output, context[factor])
        for i in x.indices { y[i] = a[i % a.count] * x[i] }
      }
    ]
    program.backward = (0..<phases).map { phase in
      .samples(minimum: minima[phase]) { context in
        let (x, dy, a) = (context.inputs[0], context.outputGradient, context[factor])
        if phase == 0, let dx = context.inputGradients[0] {
          for i in x.indices { dx[i] = a[i % a.count] * dy[i] }
        }
        guard phase == phases - 1 else { return }
        for i in x.indices { context.gradient(of: factor)[i % a.count] += dy[i] * x[i] }
      }
    }
    return program
  }
}
