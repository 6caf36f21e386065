import FoundationEssentials
import PinionTensor
import Testing

@testable import PinionLayers

/// Graphs within graphs, and parts of graphs.
@Suite struct GroupTests {
  private func block(_ name: String = "block") throws -> Sequential {
    try Sequential(input: [4], name: name) {
      Dense(4, activation: .relu)
      Dense(4)
    }
  }

  @Test func chainsInChains() throws {
    let block = try block()
    let other = try self.block()
    let graph = try Sequential(input: [2, 2]) {
      Flatten()
      block
      Dropout(0.5)
      block
      for _ in 0..<2 { other }
      Dense(4)
    }.graph
    #expect(
      graph.layers.map(\.name) == [
        "flatten", "block/dense", "block/dense_1", "dropout", "block_1/dense", "block_1/dense_1",
        "dense",
      ])
    #expect(
      graph.nodes.map(\.name) == [
        "flatten", "block/dense", "block/dense_1", "dropout", "block/dense[1]", "block/dense_1[1]",
        "block_1/dense", "block_1/dense_1", "block_1/dense[1]", "block_1/dense_1[1]", "dense",
      ])
    #expect(graph.parameterCounts.total == 5 * 20)
    let weights = Weights(graph: graph, seed: 1)
    #expect(weights["block/dense/kernel"]?.count == 16 && weights.entries.count == 10)
    #expect(weights.entries.map(\.role) == (0..<10).map { $0 % 2 == 0 ? .kernel : .bias })
    #expect(graph.groups.map(\.name) == ["block", "block_1"])
    #expect(graph.groups[0].graph == block.graph)
    #expect(graph.value(named: "block") == graph.nodes[2].output)
    #expect(graph.value(named: "block/dense") == graph.nodes[1].output)
    #expect(graph.value(named: "none") == nil)
  }

  @Test func graphsInGraphsInGraphs() throws {
    let inner = try block()
    let middle = try Sequential(input: [4], name: "middle") {
      inner
      inner
    }
    let (x, y) = (Input([4], name: "x"), Input([4], name: "y"))
    let graph = try Graph(inputs: [x, y], outputs: [middle(y), middle(x)])
    #expect(graph.layers.map(\.name) == ["middle/block/dense", "middle/block/dense_1"])
    #expect(graph.nodes.count == 8 && graph.parameterCounts.total == 40)
    #expect(
      graph.outputs.map { graph[$0].name } == [
        "middle/block/dense_1[1]", "middle/block/dense_1[3]",
      ])
  }

  @Test func errors() throws {
    let block = try block()
    let wide = Input([5])
    let error = #expect(throws: GraphError.self) { try Graph(input: wide, output: block(wide)) }
    let text = "\(try #require(error))"
    #expect(
      text.contains("\"block\" (Sequential)") && text.contains("(4,)") && text.contains("(5,)"))
    let input = Input([4])
    #expect(
      throws: GraphError.inputCount(name: "block", type: "Sequential", expected: 1...1, received: 2)
    ) {
      try Graph(input: input, output: block.graph(input, input))
    }
    // One set of weights, updated and not.
    let dense = Dense(4)
    let chain = try Sequential(input: [4], name: "chain") { dense }
    #expect(throws: GraphError.frozenAndTrainable("chain/dense")) {
      try Graph(input: input, output: chain.graph.freezing()(chain(input)))
    }
    #expect(throws: GraphError.frozenAndTrainable("dense")) {
      try Graph(input: input, output: chain.graph.freezing()(dense(input)))
    }
    let other = Dense(2)
    let broad = try Sequential(input: [5], name: "broad") { other }
    let places = [Input([4]), Input([5])]
    let shape = #expect(throws: GraphError.self) {
      try Graph(inputs: places, outputs: [other(places[0]), broad(places[1])])
    }
    #expect("\(try #require(shape))".contains("a shared layer has the parameters of its first use"))
    let fork = try Graph(inputs: [input], outputs: [dense(input), Dense(2)(input)], name: "fork")
    #expect(throws: GraphError.outputCount(name: "fork", 2)) {
      try Sequential(input: [4]) { fork }
    }
    #expect(throws: GraphError.notAnInput) {
      try Graph(input: dense(input), output: Dense(2)(dense(input)))
    }
    #expect(throws: GraphError.invalidName("a/b")) {
      let named = try Sequential(input: [4], name: "a/b") { Dense(4) }
      return try Sequential(input: [4]) { named }
    }
  }

  /// A layer inside and outside of nested graphs, in either order, and in two of them: one set of
  /// weights under the name of the first use, as in Keras.
  @Test func layersOfGroupsAreShared() throws {
    let dense = Dense(4, activation: .tanh)
    let chain = try Sequential(input: [4], name: "chain") {
      dense
      Dense(4)
    }
    let second = try Sequential(input: [4], name: "second") {
      Dense(4)
      dense
    }
    let input = Input([4])
    let cases: [(Graph, layers: [String], nodes: [String])] = [
      (
        try Graph(input: input, output: dense(chain(input))), ["chain/dense", "chain/dense_1"],
        ["chain/dense", "chain/dense_1", "chain/dense[1]"]
      ),
      (
        try Graph(input: input, output: chain(dense(input))), ["dense", "chain/dense_1"],
        ["dense", "dense[1]", "chain/dense_1"]
      ),
      (
        try Graph(input: input, output: second(chain(input))),
        ["chain/dense", "chain/dense_1", "second/dense"],
        ["chain/dense", "chain/dense_1", "second/dense", "chain/dense[1]"]
      ),
      (
        try Graph(input: input, output: chain(dense(second(chain(input))))),
        ["chain/dense", "chain/dense_1", "second/dense"],
        [
          "chain/dense", "chain/dense_1", "second/dense", "chain/dense[1]", "chain/dense[2]",
          "chain/dense[3]", "chain/dense_1[1]",
        ]
      ),
    ]
    for (graph, layers, nodes) in cases {
      #expect(graph.layers.map(\.name) == layers)
      #expect(graph.nodes.map(\.name) == nodes)
      #expect(graph.parameterCounts.total == 20 * layers.count)
      let check = try checkGradients(of: graph)
      #expect(check.isPassed, "\(check)")
      // What is saved and read, and what is extracted, is the same graph.
      let read = try Graph(configuration: graph.configuration())
      #expect(read == graph)
      let last = try #require(graph.nodes.last?.name)
      let part = try graph.extracting(outputs: [last])
      #expect(part.layers.map(\.name) == layers && part.nodes.map(\.name) == nodes)
      #expect(try Graph(configuration: part.configuration()) == part)
      #expect(graph.summary(expandingNested: true).contains("Total params: \(20 * layers.count) "))
      // Freezing one place freezes the layer.
      let frozen = try graph.freezing("chain")
      #expect(
        frozen.layers.map(\.isTrainable)
          == layers.map { !["dense", "chain/dense", "chain/dense_1"].contains($0) })
      #expect(
        frozen.groups[0].graph.layers.allSatisfy { !$0.isTrainable }
          == (frozen.groups[0].name == "chain"))
      #expect(try frozen.unfreezing() == graph)
      // The weights of the nested graph alone.
      let (network, source) = (Network(graph, seed: 1), Network(chain, seed: 2))
      try network.copyWeights(from: source, into: "chain")
      #expect(
        network.weights["\(layers[0])/kernel"]?.array == source.weights["dense/kernel"]?.array)
    }
  }

  @Test func brokenSharingIsRefused() throws {
    let dense = Dense(4)
    let chain = try Sequential(input: [4], name: "chain") { dense }
    let input = Input([4])
    for (graph, old, new) in [
      (
        try Graph(input: input, output: dense(chain(input))), "\"name\":\"chain/dense\"",
        "\"name\":\"chain/other\""
      ),
      (
        try Graph(input: input, output: chain(dense(input))), "{\"dense\":\"dense\"}",
        "{\"dense\":\"other\"}"
      ),
      (
        try Graph(input: input, output: chain(dense(input))), "{\"dense\":\"dense\"}",
        "{\"other\":\"dense\"}"
      ),
      (try Graph(input: input, output: chain(dense(input))), "\"units\":4", "\"units\":5"),
    ] {
      let text = String(decoding: try graph.configuration(), as: UTF8.self)
      #expect(text.contains(old), "\(text)")
      #expect(throws: GraphError.self) {
        try Graph(configuration: Data(text.replacing(old, with: new, maxReplacements: 1).utf8))
      }
    }
  }

  @Test func freezing() throws {
    let block = try block()
    let graph = try Sequential(input: [4]) {
      block
      BatchNormalization()
      Dense(2)
    }.graph
    let frozen = try graph.freezing("block", "batch_normalization")
    #expect(frozen.layers.map(\.isTrainable) == [false, false, false, true])
    #expect(frozen.groups[0].graph.layers.map(\.isTrainable) == [false, false])
    #expect(frozen.parameterCounts == (40 + 16 + 10, 10, 56))
    #expect(
      try frozen.unfreezing("block/dense").layers.map(\.isTrainable) == [true, false, false, true])
    #expect(try frozen.unfreezing() == graph && frozen != graph)
    #expect(throws: GraphError.unknownName("bloc")) { try graph.freezing("bloc") }
    // The optimizer's buffer holds the rest alone.
    let weights = Weights(graph: frozen, seed: 3)
    #expect(weights.trainable.count == 10 && weights.nonTrainable.count == 56)
    #expect(weights.entries.filter(\.isTrainable).map(\.name) == ["dense/kernel", "dense/bias"])
    let all = Weights(graph: graph, seed: 3)
    for entry in weights.entries {
      #expect(weights.view(of: entry).array == all[entry.name]?.array)
    }
    // A frozen graph in another one stays so.
    let nested = try Sequential(input: [4]) {
      try block.graph.freezing()
      Dense(1)
    }
    #expect(nested.graph.parameterCounts.trainable == 5)
  }

  @Test func parts() throws {
    let graph = try SummaryTests.several()
    let part = try graph.extracting(outputs: ["backbone/wide", "shared[1]"], name: "part")
    #expect(part.name == "part" && part.inputs.map { part[$0].name } == ["left"])
    #expect(part.outputs.map { part[$0].name } == ["backbone/wide", "shared[1]"])
    #expect(part.layers.map(\.name) == ["backbone/wide", "backbone/narrow", "shared"])
    #expect(part.layers.map(\.isTrainable) == [false, false, true])
    #expect(part.groups.isEmpty)
    #expect(try Graph(configuration: part.configuration()) == part)
    let names = Weights(graph: part, seed: 0).entries.map(\.name)
    let all = Weights(graph: graph, seed: 0).entries.map(\.name)
    #expect(names == Array(all.prefix(6)))
    // Whole groups stay groups.
    let whole = try graph.extracting(outputs: ["total"])
    #expect(whole.groups.map(\.name) == ["backbone"] && whole.inputs.count == 2)
    #expect(whole.groups[0] == graph.groups[0])
    #expect(try graph.extracting(outputs: ["backbone"]).groups.isEmpty)
    #expect(try graph.extracting(outputs: ["total", "fork/hidden", "fork/last"]) == graph)
    for name in ["left", "right"] {
      #expect(throws: GraphError.notConnected) { try graph.extracting(outputs: [name]) }
    }
    #expect(throws: GraphError.unknownName("fork")) { try graph.extracting(outputs: ["fork"]) }
    #expect(throws: GraphError.duplicateName("total")) {
      try graph.extracting(outputs: ["total", "total"])
    }
    #expect(throws: GraphError.empty) { try graph.extracting(outputs: []) }
  }

  /// Graphs that can be built can be saved and read.
  @Test func nestingIsBounded() throws {
    func around(_ graph: Graph) throws -> Graph {
      let input = Input(graph.inputShape)
      return try Graph(input: input, output: graph(input))
    }
    var graph = try Sequential(input: [3]) { Dense(2) }.graph
    for _ in 0..<16 { graph = try around(graph) }
    #expect(try Graph(configuration: graph.configuration()) == graph)
    let error = #expect(throws: GraphError.self) { try around(graph) }
    #expect(error?.description.contains("at most 16 levels deep") == true)
  }
}
