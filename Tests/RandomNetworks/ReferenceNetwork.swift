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
  var traces: [Trace] = []

  /// The values that a node keeps for its backward pass.
  struct Trace {
    /// The argument of the activation.
    var argument: [Number] = []
    /// The factors of a dropout.
    var mask: [Number] = []
    /// The positions of a pooling's maxima.
    var origins: [Int] = []
    var mean: [Number] = []
    var variance: [Number] = []
  }

  init(_ network: RandomNetwork, weights: Weights) {
    self.network = network
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
    traces = []
    margin = .infinity
    for node in graph.nodes { forward(node, step: step) }
  }

  private func forward(_ node: Graph.Node, step: Int?) {
    let (x, shape) = (values[node.inputs[0]], shapes[node.inputs[0]])
    var trace = Trace()
    switch graph.layer(of: node).layer {
    case let layer as Conv2D:
      let windows = ReferenceWindows(shape, layer.kernel, layer.stride, layer.padding)
      trace.argument = convolve(x, node, windows, filters: layer.filters)
      shapes.append([windows.outputHeight, windows.outputWidth, layer.filters])
      values.append(activate(trace.argument, layer.activation, width: layer.filters))
    case let layer as Dense:
      trace.argument = multiply(x, node, units: layer.units)
      shapes.append(shape.dropLast() + [layer.units])
      values.append(activate(trace.argument, layer.activation, width: layer.units))
    case let layer as Activation:
      trace.argument = x
      shapes.append(shape)
      values.append(activate(x, layer.function, width: shape[shape.count - 1]))
    case let layer as MaxPool2D:
      let windows = ReferenceWindows(shape, layer.pool, layer.stride, layer.padding)
      shapes.append([windows.outputHeight, windows.outputWidth, shape[2]])
      values.append(pool(x, windows, &trace))
    case let layer as BatchNormalization:
      shapes.append(shape)
      values.append(normalize(x, layer, node, shape, isTraining: step != nil, &trace))
    case let layer as Dropout:
      shapes.append(shape)
      trace.mask = step.map { mask(of: layer, node, elements: x.count / batch, step: $0) } ?? []
      values.append(trace.mask.isEmpty ? x : zip(x, trace.mask).map { $0 * $1 })
    case is Flatten:
      shapes.append([shape.reduce(1, *)])
      values.append(x)
    case is Add:
      shapes.append(shape)
      var sum = x
      for input in node.inputs.dropFirst() {
        for (i, term) in values[input].enumerated() { sum[i] += term }
      }
      values.append(sum)
    default: fatalError("a reference of \(graph.layer(of: node).typeName)")
    }
    traces.append(trace)
  }

  /// Computes the loss of the last run.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func evaluateLoss(targets: [Float]) {
    _ = evaluate(
      targets.map { Number($0) }, fromLogits: endsWithSoftmax && isFromProbabilities)
  }

  /// Computes the loss of the last run and all gradients, and ``magnitudes`` if `withMagnitudes`.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func backward(targets: [Float], withMagnitudes: Bool = false) {
    gradients = [:]
    magnitudes = [:]
    var slopes = [[Number]](repeating: [], count: values.count)
    let startsAtLogits = endsWithSoftmax && isFromProbabilities
    slopes[graph.outputs[0]] = evaluate(targets.map { Number($0) }, fromLogits: startsAtLogits)
    for (index, node) in graph.nodes.enumerated().reversed() where !slopes[node.output].isEmpty {
      let dx = backward(
        index, node, slopes[node.output],
        skipsActivation: startsAtLogits && node.output == graph.outputs[0],
        withMagnitudes: withMagnitudes)
      for input in node.inputs {
        if slopes[input].isEmpty {
          slopes[input] = dx
        } else {
          for i in dx.indices { slopes[input][i] += dx[i] }
        }
      }
    }
  }

  private func backward(
    _ index: Int, _ node: Graph.Node, _ dy: [Number], skipsActivation: Bool, withMagnitudes: Bool
  ) -> [Number] {
    let (x, shape, trace) = (values[node.inputs[0]], shapes[node.inputs[0]], traces[index])
    func slope(_ function: any ActivationFunction, width: Int) -> [Number] {
      skipsActivation
        ? dy : activationGradient(dy, function, trace.argument, values[node.output], width: width)
    }
    switch graph.layer(of: node).layer {
    case let layer as Conv2D:
      let windows = ReferenceWindows(shape, layer.kernel, layer.stride, layer.padding)
      let dz = slope(layer.activation, width: layer.filters)
      return convolutionGradients(
        x, dz, node, windows, filters: layer.filters, withMagnitudes: withMagnitudes)
    case let layer as Dense:
      let dz = slope(layer.activation, width: layer.units)
      return productGradients(x, dz, node, units: layer.units, withMagnitudes: withMagnitudes)
    case let layer as Activation: return slope(layer.function, width: shape[shape.count - 1])
    case is MaxPool2D:
      var dx = [Number](repeating: 0, count: x.count)
      for (i, origin) in trace.origins.enumerated() { dx[origin] += dy[i] }
      return dx
    case let layer as BatchNormalization:
      return normalizationGradients(x, dy, layer, node, shape, trace)
    case is Dropout: return trace.mask.isEmpty ? dy : zip(dy, trace.mask).map { $0 * $1 }
    default: return dy
    }
  }

  /// The factors of all dropouts in a step, by layer name.
  @specialized(where Number == Double)
  @specialized(where Number == Float)
  package func dropoutFactors(step: Int) -> [String: [Number]] {
    var result: [String: [Number]] = [:]
    for node in graph.nodes {
      guard let layer = graph.layer(of: node).layer as? Dropout else { continue }
      let elements = node.outputShape.elementCount
      result[node.name] = mask(of: layer, node, elements: elements, step: step)
    }
    return result
  }

  /// The factors of a dropout: elements whose random word reaches the rate are kept.
  private func mask(of layer: Dropout, _ node: Graph.Node, elements: Int, step: Int) -> [Number] {
    guard layer.rate > 0 else { return [] }
    let stream = RandomStream(seed: UInt64(network.number), purpose: "layer/" + node.name)
      .substream(step)
    let blocks = (elements + 3) / 4
    let threshold = UInt32(min(layer.rate * 4_294_967_296, 4_294_967_295))
    return (0..<batch * elements).map { i in
      let (sample, element) = i.quotientAndRemainder(dividingBy: elements)
      let word = stream.bits(at: UInt64(sample * blocks + element / 4))[element % 4]
      return word < threshold ? 0 : Number(1 / (1 - layer.rate))
    }
  }
}
