import PinionTensor

@testable import PinionLayers

/// y[i] = a·x[i], whose parameter's gradient is gathered image by image in lanes, in phases that may be cut
/// differently.
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

  func execution(for pass: LayerPass) -> Execution {
    var execution = Execution()
    execution.backward = (0..<phases).map { .images(minimum: minima[$0]) }
    return execution
  }

  func forward(_ context: LayerContext) {
    let (x, y, a) = (context.inputs[0], context.output, context.parameters[0])
    for i in x.indices { y[i] = a[i % a.count] * x[i] }
  }

  func backward(_ context: LayerContext) {
    let (x, dy, a) = (context.inputs[0], context.outputGradient, context.parameters[0])
    if context.phase == 0, let dx = context.inputGradients[0] {
      for i in x.indices { dx[i] = a[i % a.count] * dy[i] }
    }
    guard context.phase == phases - 1 else { return }
    for i in x.indices { context.gradients[0][i % a.count] += dy[i] * x[i] }
  }
}
