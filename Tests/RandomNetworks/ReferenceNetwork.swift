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
  /// The total loss of the last run, penalties included.
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
  /// The output whose loss is computed.
  var output = 0
  /// The argument of the activation of each output's node.
  var arguments: [[Number]]
  /// Whether the loss of an output is computed from the argument of its activation, whose backward
  /// pass is left out.
  let areFromArguments: [Bool]
  /// The penalties on outputs of layers in the last run.
  var outputPenalty = 0.0
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
  /// The regularizers of parameters by name, and the parameters' shapes.
  private(set) var regularizers: [String: (regularizer: any Regularizer, shape: [Int])] = [:]

  init(_ network: RandomNetwork, weights: Weights) {
    self.network = network
    let graph = network.graph
    arguments = graph.outputs.map { _ in [] }
    areFromArguments = zip(graph.outputs, network.objectives).map { output, objective in
      guard let link = objective.loss.logitsLink, let node = graph[output].producer else {
        return false
      }
      return graph.layer(of: graph[node]).layer.trailingActivation?.logitsLink == link
    }
    for entry in weights.entries {
      parameters[entry.name] = weights.view(of: entry).array.map { Number($0) }
      if entry.isTrainable, let regularizer = entry.parameter.regularizer {
        regularizers[entry.name] = (regularizer, Array(entry.shape))
      }
    }
  }

  /// An output of the last run; probabilities if it is that of a softmax.
  package func outputs(_ index: Int) -> [Number] { values[graph.outputs[index]] }

  /// The output whose loss is computed, and the size of its last axis.
  var outputs: [Number] { outputs(output) }
  var width: Int { shapes[graph.outputs[output]].last ?? 1 }
  var lastArgument: [Number] { arguments[output] }
  var startsAtLogits: Bool { areFromArguments[output] }

  /// Runs the forward pass.
  ///
  /// - Parameter step: The number of the training step, which determines dropouts; nil for
  ///   inference.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func run(_ inputs: [[Float]], step: Int?) {
    values = inputs.map { $0.map { Number($0) } }
    shapes = graph.inputShapes.map { Array($0) }
    results = []
    margin = .infinity
    outputPenalty = 0
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
      penalize(result.values, by: layer.activityRegularizer)
      values.append(result.values)
      shapes.append(result.shape)
    }
  }

  /// Computes the loss of the last run, and how far it is from its kinks.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func evaluateLoss(targets: [[Float]]) {
    let targets = targets.map { $0.map { Number($0) } }
    _ = evaluate(targets)
    for index in targets.indices {
      output = index
      noteKinks(targets: targets[index])
    }
  }

  /// Computes the loss of the last run and all gradients, and ``magnitudes`` if `withMagnitudes`.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func backward(targets: [[Float]], withMagnitudes: Bool = false) {
    gradients = [:]
    magnitudes = [:]
    self.withMagnitudes = withMagnitudes
    var slopes = [[Number]](repeating: [], count: values.count)
    let heads = evaluate(targets.map { $0.map { Number($0) } })
    for (output, gradient) in zip(graph.outputs, heads) { slopes[output] = gradient }
    for (index, node) in graph.nodes.enumerated().reversed() {
      // A value that no output depends on has no node.
      var dy = slopes[node.output]
      if let regularizer = graph.layer(of: node).layer.activityRegularizer {
        addPenaltySlopes(of: values[node.output], by: regularizer, to: &dy)
      }
      let all = results[index].backward(dy)
      for (input, dx) in zip(node.inputs, all) {
        if slopes[input].isEmpty {
          slopes[input] = dx
        } else {
          for i in dx.indices { slopes[input][i] += dx[i] }
        }
      }
    }
    addParameterPenalties()
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
