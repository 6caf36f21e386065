import Foundation
import Pinion

/// What a user does with a file of a network.
enum ModelBody {
  @Sendable static func read(_ url: URL) throws {
    var network = try Network(contentsOf: url)
    // As a predictor does, whose memory for activations the file does not bound.
    _ = try network.foldingNormalizations()
    _ = try Model(network.copy(), threads: 1)
    _ = network.summary(expandingNested: true)

    let again = url.deletingLastPathComponent().appending(path: "again")
    try network.save(to: again)
    let saved = try Network(contentsOf: again)
    try Expect.that(saved.classNames == network.classNames, "other saved classes")
    try same(saved, network, "the saved network")
    let copy = Network(network.graph, seed: 1)
    try copy.copyWeights(from: network)
    try same(copy, network, "the copied network")
    try network.loadWeights(from: url)
    try same(network, copy, "the network of the weights")
    try same(network.freezing().unfreezing(), network, "the network unfrozen")
    try checkParts(of: network, url)
  }

  /// Extracts a layer's output, and replaces the weights of a nested graph.
  private static func checkParts(of network: Network, _ url: URL) throws {
    if let name = network.graph.layers.first?.name {
      // A layer of a nested graph is no output of the outer one.
      _ = try Expect.isRefused(url) { _ = try network.extracting(outputs: [name]) }
    }
    for group in network.graph.groups {
      let part = Network(group.graph, seed: 2)
      try network.copyWeights(from: part, into: group.name)
    }
    try Expect.refusal(of: "the weights of another network", url) {
      let other = try Sequential(input: [1]) { Dense(1, name: "no layer of the file") }
      try network.copyWeights(from: Network(other))
    }
  }

  private static func same(_ a: Network, _ b: Network, _ what: String) throws {
    let (trainable, others) = (a.weights.trainable.array, a.weights.nonTrainable.array)
    // Freezing is a state of each layer, which unfreezing does not restore.
    guard trainable.count == b.weights.trainable.count else { return }
    try Expect.same(trainable, b.weights.trainable.array, what)
    try Expect.same(others, b.weights.nonTrainable.array, what)
  }

  /// Files whose lists of classes have more members, or more values, than JSON may have.
  @Sendable static func readExcessive(_ url: URL) throws {
    let graph = try String(
      decoding: Sequential(input: [1]) { Flatten() }.graph.configuration(), as: UTF8.self)
    for (part, count) in [(#"{"":0},"#, 180_000), ("0,", 1_000_000)] {
      let classes = "[" + String(repeating: part, count: count) + "0]"
      try SafeTensors.write(
        [], metadata: ["pinion.graph": graph, "pinion.classes": classes], to: url)
      try Expect.refusal(of: "a list of \(count) values", url) { _ = try Network(contentsOf: url) }
    }
  }
}
