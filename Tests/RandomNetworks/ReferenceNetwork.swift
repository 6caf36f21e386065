import PinionLayers
import PinionTensor

/// A graph computed by plain loops in any precision, with gradients: the reference for networks.
///
/// It shares neither arithmetic nor shapes with the library, so that no error is common to both. In
/// single precision it shows the rounding errors of plain loops.
package final class ReferenceNetwork<Number: BinaryFloatingPoint> {
  /// Trainable and non-trainable parameters by name.
  package var parameters: [String: [Number]] = [:]
  /// The graph's input and the output of each node in the last run.
  package private(set) var values: [[Number]] = []
  /// The shapes of these values without the batch.
  package private(set) var shapes: [[Int]] = []
  /// The mean loss of the last run.
  package internal(set) var loss = 0.0
  /// The gradients of the trainable parameters in the last run.
  package internal(set) var gradients: [String: [Number]] = [:]
  /// Σ |terms| of each gradient element, to which rounding errors are proportional: 0 if all terms
  /// are zero.
  package internal(set) var magnitudes: [String: [Number]] = [:]
  /// The smallest distance to a kink of a rectifier or maximum in the last run, relative to the
  /// largest value of the layer.
  package internal(set) var margin = Double.infinity

  let network: RandomNetwork
  var graph: Graph { network.graph }
  var batch: Int { network.batch }
  /// The argument of the last node's activation.
  var lastArgument: [Number] = []
  /// Whether the loss is computed from the argument of the last activation, whose backward pass is
  /// left out.
  let startsAtLogits: Bool
  var withMagnitudes = false

  /// The call of a layer.
  struct Call {
    let node: Graph.Node
    let inputs: [[Number]]
    let shapes: [[Int]]
    /// The number of the training step; nil for inference.
    let step: Int?

    var x: [Number] { inputs[0] }
    var shape: [Int] { shapes[0] }
  }

  /// The results of a layer.
  struct Result {
    let shape: [Int]
    let values: [Number]
    /// dx of each input from dy; records the gradients of parameters.
    let backward: ([Number]) -> [[Number]]
  }

  private var results: [Result] = []

  init(_ network: RandomNetwork, weights: Weights) {
    self.network = network
    let link = network.loss.logitsLink
    let graph = network.graph
    let last = graph.layer(of: graph.nodes[graph.nodes.count - 1]).layer
    startsAtLogits = link != nil && last.trailingActivation?.logitsLink == link
    for entry in weights.entries {
      parameters[entry.name] = weights.view(of: entry).array.map { Number($0) }
    }
  }

  /// The outputs of the last run; probabilities if the graph ends with a softmax.
  package var outputs: [Number] { values[values.count - 1] }

  /// Runs the forward pass.
  ///
  /// - Parameter step: The number of the training step, which determines dropouts; nil for
  ///   inference.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func run(_ inputs: [Float], step: Int?) {
    values = [inputs.map { Number($0) }]
    shapes = [Array(graph.inputShape)]
    results = []
    margin = .infinity
    for node in graph.nodes {
      let call = Call(
        node: node, inputs: node.inputs.map { values[$0] }, shapes: node.inputs.map { shapes[$0] },
        step: step)
      let layer = graph.layer(of: node).layer
      guard
        let result = product(layer, call) ?? normalization(layer, call) ?? shaping(layer, call)
          ?? pooling(layer, call) ?? merging(layer, call) ?? noise(layer, call)
          ?? attention(layer, call) ?? activation(layer, call)
      else { fatalError("a reference of \(graph.layer(of: node).typeName)") }
      results.append(result)
      values.append(result.values)
      shapes.append(result.shape)
    }
  }

  /// Computes the loss of the last run, and how far it is from its kinks.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func evaluateLoss(targets: [Float]) {
    let targets = targets.map { Number($0) }
    _ = evaluate(targets)
    noteKinks(targets: targets)
  }

  /// Computes the loss of the last run and all gradients, and ``magnitudes`` if `withMagnitudes`.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func backward(targets: [Float], withMagnitudes: Bool = false) {
    gradients = [:]
    magnitudes = [:]
    self.withMagnitudes = withMagnitudes
    var slopes = [[Number]](repeating: [], count: values.count)
    slopes[graph.outputs[0]] = evaluate(targets.map { Number($0) })
    for (index, node) in graph.nodes.enumerated().reversed() {
      // A value that the output does not depend on has no node.
      let dy = slopes[node.output]
      let all = results[index].backward(dy)
      for (input, dx) in zip(node.inputs, all) {
        if slopes[input].isEmpty {
          slopes[input] = dx
        } else {
          for i in dx.indices { slopes[input][i] += dx[i] }
        }
      }
    }
  }

  // MARK: What layers share

  func parameter(_ call: Call, _ name: String) -> [Number]? {
    parameters[call.node.name + "/" + name]
  }

  /// Adds a term to the gradient of a parameter's element.
  struct Sum {
    var values, magnitudes: [Number]

    init(count: Int) {
      values = [Number](repeating: 0, count: count)
      magnitudes = values
    }

    mutating func add(_ term: Number, at i: Int) {
      values[i] += term
      magnitudes[i] += term.magnitude
    }
  }

  func record(_ call: Call, _ name: String, _ sum: Sum) {
    gradients[call.node.name + "/" + name] = sum.values
    magnitudes[call.node.name + "/" + name] = sum.magnitudes
  }

  /// Notes the distance of values to kinks other than those met exactly.
  func noteKinks(_ z: [Number], at kinks: [Number] = [0]) {
    for kink in kinks {
      var (least, largest) = (Number.infinity, Number(0))
      for value in z where value != kink {
        least = min(least, (value - kink).magnitude)
        largest = max(largest, value.magnitude)
      }
      if largest > 0 { margin = min(margin, Double(least / largest)) }
    }
  }
}
