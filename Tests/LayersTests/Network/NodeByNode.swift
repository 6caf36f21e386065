import PinionTensor

@testable import PinionLayers

/// A training step of a graph, layer by layer, each in a graph of its own: nothing is merged,
/// shared or overwritten.
///
/// Add and the loss are written out; the loss is the cross-entropy of a softmax at the end; every
/// other layer has one input. Random numbers depend on a layer's name, which it keeps.
struct NodeByNode {
  /// The input, then each layer's output, the last without its softmax if a loss is asked for.
  private(set) var values: [[Float]]
  private(set) var losses: [Float] = []
  private(set) var gradients: [String: [Float]] = [:]
  private(set) var inputGradient: [Float] = []

  /// - Parameter labels: The classes of the images, if there is a loss, and gradients of it.
  init(_ run: GraphRun, labels: [Int]? = nil, step: Int = 0) throws {
    // nil for Add.
    var runs: [GraphRun?] = []
    values = try run.graph.run(on: [run.inputs.view.array]) { node, inputs in
      let layer = run.graph.layer(of: node).layer
      if layer is Add {
        runs.append(nil)
        return Self.sum(inputs)
      }
      let isLogits = labels != nil && node.id == run.graph.nodes.last?.id
      let single = try Self.single(
        isLogits ? layer.withoutTrailingActivation : layer, node, run)
      for (i, value) in inputs[0].enumerated() { single.inputs.view[i] = value }
      single.run(step: step)
      runs.append(single)
      return single.outputs
    }
    guard let labels else { return }
    var upstream = [[Float]](repeating: [], count: values.count)
    upstream[values.count - 1] = evaluate(labels)
    for (index, node) in run.graph.nodes.enumerated().reversed() {
      let dy = upstream[node.output]
      guard !dy.isEmpty else { continue }
      var inputGradient = dy
      if let single = runs[index] {
        // The moving averages were updated above; gradients do not depend on them.
        for (i, value) in dy.enumerated() { single.targets.view[i] = value * Float(run.batch) }
        single.run(step: step)
        inputGradient = single.inputGradient
        for entry in single.weights.entries where entry.isTrainable {
          gradients[entry.name] = single.workspace.gradients[entry.range].array
        }
      }
      for input in node.inputs {
        upstream[input] =
          upstream[input].isEmpty ? inputGradient : Self.sum([upstream[input], inputGradient])
      }
    }
    inputGradient = upstream[0]
  }

  private static func single(
    _ layer: any Layer, _ node: Graph.Node, _ run: GraphRun
  ) throws -> GraphRun {
    var builder = GraphBuilder()
    let input = try builder.addInput(node.inputShapes[0])
    let output = try builder.add(layer, named: node.name, on: [input])
    let single = GraphRun(
      try builder.graph(name: "single", inputs: [input], outputs: [output]), batch: run.batch)
    for entry in single.weights.entries {
      if let weights = run.weights[entry.name] {
        single.weights.view(of: entry).copy(from: weights)
      }
    }
    return single
  }

  /// The losses of the logits that the values end with; returns the gradient of their mean.
  private mutating func evaluate(_ labels: [Int]) -> [Float] {
    let logits = values[values.count - 1].map(Double.init)
    let classes = logits.count / labels.count
    let twin = NaiveSoftmaxCrossEntropy()
    var gradients: [Float] = []
    for (image, label) in labels.enumerated() {
      let row = Array(logits[image * classes..<(image + 1) * classes])
      let target = (0..<classes).map { $0 == label ? 1.0 : 0 }
      losses.append(Float(twin.loss(row, target: target)))
      gradients += twin.gradient(row, target: target).map { Float($0 / Double(labels.count)) }
    }
    return gradients
  }

  private static func sum(_ terms: [[Float]]) -> [Float] {
    terms.dropFirst().reduce(terms[0]) { sum, term in zip(sum, term).map { $0 + $1 } }
  }
}
