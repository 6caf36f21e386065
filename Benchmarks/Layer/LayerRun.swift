import BenchmarkSupport
import PinionLayers
import PinionTensor

/// A network of one layer, ready to run forward only, backward to the weights, and backward to the
/// input.
struct LayerRun {
  private let layer: LayerCase
  private let batch: Int
  private let pool: ThreadPool
  private let inputs: Tensor
  private let workspaces: [Workspace]

  init(_ layer: LayerCase, batch: Int, pool: ThreadPool) throws {
    self.layer = layer
    self.batch = batch
    self.pool = pool
    let graph = try Sequential(input: layer.inputShape) { layer.layer }.graph
    let weights = Weights(graph: graph, seed: 0)
    inputs = .uniform(
      in: -1..<1, shape: layer.inputShape.prepending(batch),
      from: RandomStream(seed: 0, purpose: "inputs"))
    func request(backward: Bool, toInput: Bool = false) -> Plan.Request {
      Plan.Request(
        mode: .training, batch: batch, loss: backward ? ConstantGradientLoss() : nil,
        isBackward: backward, wantsInputGradients: toInput)
    }
    var requests = [request(backward: false), request(backward: true, toInput: true)]
    if layer.hasTwoGradients { requests.insert(request(backward: true), at: 1) }
    workspaces = requests.map {
      Workspace(plan: Plan(graph: graph, request: $0), weights: weights, pool: pool)
    }
  }

  /// The cost of each pass, as the difference between runs with and without it.
  func results(stopwatch: Stopwatch, limits: Limits) -> [LayerResult] {
    let target = AlignedBuffer(count: batch)
    let times = inputs.read { inputs in
      stopwatch.seconds(
        ofEach: workspaces.map { workspace in
          { calls in
            for step in 0..<calls {
              workspace.run(inputs: inputs, targets: target.view, seed: 0, step: step)
            }
          }
        })
    }
    let passes: [LayerResult.Pass] =
      layer.hasTwoGradients ? [.forward, .weightGradient, .inputGradient] : [.forward, .backward]
    return passes.enumerated().map { index, pass in
      let seconds = times.map { index == 0 ? $0[0] : $0[index] - $0[index - 1] }
      return LayerResult(
        layer, pass, threads: pool.threadCount, batch: batch, seconds: seconds, limits: limits)
    }
  }
}

/// A loss of minimal cost, so that a network of one layer has a backward pass.
struct ConstantGradientLoss: Loss {
  func validate(output: Shape, target: Shape) throws {}

  func evaluate(_ context: LossContext) {
    context.losses.fill(0)
    context.gradients?.fill(context.gradientScale)
  }
}
