package import PinionTensor

/// A layer that ends with a bias and an activation: y = f(z + b), z linear in a parameter.
///
/// Predictions run a normalization or an activation that follows as part of it. The last axis of y,
/// of length W, has one column of the parameter for each index: element i of the parameter, in its
/// order in memory, is a factor of the terms of z[i mod W].
package protocol FoldingLayer: Layer {
  /// The name of the parameter in which z is linear. Default: `kernel`.
  var foldingParameter: String { get }

  /// Whether b is a parameter `bias`, (W,).
  var usesBias: Bool { get set }

  /// f.
  var activation: any ActivationFunction { get set }
}

extension FoldingLayer {
  package var foldingParameter: String { "kernel" }

  /// The layer with a bias and another activation.
  fileprivate func folding(_ activation: any ActivationFunction) -> Self {
    var copy = self
    copy.usesBias = true
    copy.activation = activation
    return copy
  }
}

/// A layer that may run as part of the ``FoldingLayer`` before it.
package protocol FoldedLayer: Layer {
  /// What it computes in inference, with the values of its parameters; nil if it must run by
  /// itself.
  func folded(
    for inputs: [Shape], parameter: (String) -> MemoryView<Float>
  ) -> FoldedOperation?
}

package enum FoldedOperation {
  /// y = factor·x + offset, with one factor and offset for each index of the last axis.
  case affine(factors: [Double], offsets: [Double])
  case activation(any ActivationFunction)
}

extension Network {
  /// A network of the same function up to rounding, for predictions: batch normalizations over
  /// channels are part of the kernels and biases of the layers before them, and activation layers
  /// of the layers whose output they alone read.
  ///
  /// With y = f·(z + b) + g for a normalization of factors f and offsets g, the kernel's columns
  /// are multiplied by f, and the bias is f·b + g. Outputs keep their names. The same network,
  /// sharing its weights, if there is nothing to fold.
  package func foldingNormalizations() throws -> Network {
    let chains = foldableChains()
    if chains.isEmpty { return self }
    var builder = GraphBuilder()
    var values: [ValueID: ValueID] = [:]
    var layers: [LayerID: LayerID] = [:]
    var folded: [(chain: FoldableChain, name: String)] = []
    for id in graph.inputs {
      values[id] = try builder.addInput(graph[id].shape, name: graph[id].name)
    }
    let inner = Set(chains.values.flatMap { $0.nodes.dropFirst() })
    for node in graph.nodes where !inner.contains(node.id) {
      let layer = graph.layer(of: node)
      let inputs = node.inputs.compactMap { values[$0] }
      if let chain = chains[node.id] {
        let last = graph[chain.last]
        let name = graph.layer(of: last).name
        values[last.output] = try builder.add(chain.layer, named: name, on: inputs)
        folded.append((chain, name))
      } else if let known = layers[node.layer] {
        values[node.output] = try builder.use(known, on: inputs)
      } else {
        layers[node.layer] = LayerID(builder.layers.count)
        values[node.output] = try builder.add(layer.layer, named: layer.name, on: inputs)
      }
    }
    let graph = try builder.graph(
      name: graph.name, kind: graph.kind, inputs: graph.inputs.compactMap { values[$0] },
      outputs: graph.outputs.compactMap { values[$0] })
    let network = Network(graph: graph, weights: Weights(graph: graph), classNames: classNames)
    network.copyWeights(from: self, of: folded)
    // A product of finite numbers may be infinite where the network's values are not.
    return network.weights.trainable.areFinite ? network : self
  }

  /// The layers to fold, by the first node.
  private func foldableChains() -> [NodeID: FoldableChain] {
    let consumers = graph.consumers
    var uses = Array(repeating: 0, count: graph.layers.count)
    for node in graph.nodes { uses[node.layer] += 1 }
    let entries = weights.entries(byLayerOf: graph)

    /// The only node that reads a node's output, if its layer occurs only there.
    func reader(of node: Graph.Node) -> Graph.Node? {
      guard consumers[node.output].count == 1, !graph.outputs.contains(node.output) else {
        return nil
      }
      let next = graph[consumers[node.output][0]]
      return uses[next.layer] == 1 ? next : nil
    }

    var chains: [NodeID: FoldableChain] = [:]
    for first in graph.nodes where uses[first.layer] == 1 {
      guard let layer = graph.layer(of: first).layer as? any FoldingLayer,
        layer.trailingActivation?.isIdentity == true
      else { continue }
      var chain = FoldableChain(first.id, layer: layer)
      while chain.activation == nil, let next = reader(of: graph[chain.last]),
        let follower = graph.layer(of: next).layer as? any FoldedLayer,
        let operation = follower.folded(
          for: next.inputShapes,
          parameter: { name in
            let entry = entries[next.layer].first { $0.parameter.name == name }
            return entry.map { weights.view(of: $0) } ?? .empty
          })
      {
        chain.append(next.id, operation)
      }
      if chain.nodes.count > 1 { chains[first.id] = chain }
    }
    return chains
  }

  /// Sets the weights to those of the network that this one was made of.
  private func copyWeights(
    from source: Network, of folded: [(chain: FoldableChain, name: String)]
  ) {
    let chains = Dictionary(uniqueKeysWithValues: folded.map { ($0.name, $0.chain) })
    let sources = source.weights.elements
    for entry in weights.entries {
      let (target, layer) = (weights.view(of: entry), graph[entry.layer].name)
      guard let chain = chains[layer] else {
        if let values = sources[entry.name] { target.copy(from: values) }
        continue
      }
      let first = source.graph.layer(of: source.graph[chain.nodes[0]]).name
      let values = sources["\(first)/\(entry.parameter.name)"]
      if entry.parameter.name == "bias" {
        for i in target.indices {
          target[i] = Float(chain.factor(i) * Double(values?[i] ?? 0) + chain.offset(i))
        }
      } else if let values {
        target.copy(from: values)
        guard entry.parameter.name == chain.layer.foldingParameter else { continue }
        for i in target.indices { target[i] = Float(chain.factor(i) * Double(values[i])) }
      }
    }
  }
}

/// A layer with those that run as part of it.
private struct FoldableChain {
  private let first: any FoldingLayer
  private(set) var nodes: [NodeID]
  private(set) var activation: (any ActivationFunction)?
  private var factors: [Double] = []
  private var offsets: [Double] = []

  init(_ node: NodeID, layer: any FoldingLayer) {
    nodes = [node]
    first = layer
  }

  var last: NodeID { nodes[nodes.count - 1] }

  /// The layer that runs all.
  var layer: any FoldingLayer { first.folding(activation ?? Linear()) }

  func factor(_ index: Int) -> Double { factors.isEmpty ? 1 : factors[index % factors.count] }

  func offset(_ index: Int) -> Double { offsets.isEmpty ? 0 : offsets[index] }

  mutating func append(_ node: NodeID, _ operation: FoldedOperation) {
    nodes.append(node)
    switch operation {
    case .activation(let function): activation = function
    case .affine(let factors, let offsets):
      self.offsets = factors.indices.map { factors[$0] * offset($0) + offsets[$0] }
      self.factors = factors.indices.map { factors[$0] * factor($0) }
    }
  }
}
