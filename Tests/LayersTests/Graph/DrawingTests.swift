import PinionTensor
import Testing

@testable import PinionLayers

/// Building graphs: names, order, and depth.
@Suite struct DrawingTests {
  @Test(arguments: [
    ("Dense", "dense"), ("Conv2D", "conv2d"), ("MaxPooling2D", "max_pooling2d"),
    ("BatchNormalization", "batch_normalization"), ("ReLU", "re_lu"), ("LeakyReLU", "leaky_re_lu"),
    ("InputSlice", "input_slice"), ("HTTPLayer", "http_layer"), ("A", "a"), ("AB", "ab"),
    ("Conv2DTranspose", "conv2d_transpose"), ("my_layer", "my_layer"), ("Größe", "größe"),
    ("", ""),
  ]) func snakeCase(type: String, name: String) {
    #expect(GraphBuilder.snakeCase(type) == name)
  }

  @Test func namesAreNumbered() throws {
    let model = try Sequential(input: [3]) {
      Dense(3)
      Dense(3, name: "dense_2")
      Dense(3)
      Dense(3)
      Flatten()
      Dense(3, name: "mine")
    }
    // `dense_2` is already in use.
    #expect(
      model.graph.nodes.map(\.name) == [
        "dense", "dense_2", "dense_1", "dense_3", "flatten", "mine",
      ]
    )
    let weights = Weights(graph: model.graph, seed: 1)
    #expect(Set(weights.entries.map(\.name)).count == 10)
    #expect(weights["dense_2/kernel"]?.count == 9 && weights["dense_2"] == nil)
  }

  @Test func namesAreChecked() {
    #expect(throws: GraphError.duplicateName("a")) {
      try Sequential(input: [3]) {
        Dense(3, name: "a")
        Dense(3, name: "a")
      }
    }
    // Also where the first of the two was made here.
    #expect(throws: GraphError.duplicateName("dense")) {
      try Sequential(input: [3]) {
        Dense(3)
        Flatten(name: "dense")
      }
    }
    for name in ["", "/", "a/b", "kernel/"] {
      #expect(throws: GraphError.invalidName(name)) {
        try Sequential(input: [3]) { Dense(3, name: name) }
      }
    }
  }

  /// A layer whose output several others read is added once, before them.
  @Test func sharedValues() throws {
    let input = Input([3])
    let shared = Dense(3, name: "shared")(input)
    let output = Add()(Dense(3)(shared), shared, Dense(3)(shared), input)
    let graph = try Graph(input: input, output: output)
    #expect(graph.nodes.map(\.name) == ["shared", "dense", "dense_1", "add"])
    let inputs = graph.nodes.map { $0.inputs.map { graph[$0].name } }
    #expect(
      inputs == [
        ["input_layer"], ["shared"], ["shared"], ["dense", "shared", "dense_1", "input_layer"],
      ])
    #expect(try Graph(input: input, output: output) == graph)
  }

  /// A layer has one set of weights wherever it occurs.
  @Test func aLayerThatOccursTwiceIsShared() throws {
    let input = Input([4])
    let cases: [(layer: any Layer, name: String, count: Int)] = [
      (Dense(4), "dense", 20), (Dense(4, activation: .relu, name: "mine"), "mine", 20),
      (BatchNormalization(), "batch_normalization", 16),
    ]
    for (layer, name, count) in cases {
      let copy = layer
      let graphs = try [
        Graph(input: input, output: layer(copy(layer(input)))),
        Graph(input: input, output: Add()(layer(input), layer(copy(input)))),
        Sequential(input: [4]) { [layer, layer, Dropout(0.5), layer] }.graph,
      ]
      for graph in graphs {
        let shared = graph.layers[0]
        let uses = graph.nodes.filter { $0.layer == shared.id }
        #expect(graph.parameterCounts.total == count && shared.name == name)
        #expect(uses.map(\.name) == Array([name, "\(name)[1]", "\(name)[2]"].prefix(uses.count)))
        #expect(uses.count == 3)
        #expect(graph.nodes.map { graph[$0.output].producer } == graph.nodes.map(\.id))
        let weights = Weights(graph: graph, seed: 1)
        #expect(weights.entries.count == shared.parameters.count)
        #expect(weights.entries.allSatisfy { $0.name.hasPrefix(name + "/") })
      }
    }
    // The parameters do not fit the second place.
    let wide = Input([5])
    let dense = Dense(4)
    let error = #expect(throws: GraphError.self) {
      try Graph(inputs: [input, wide], outputs: [dense(input), dense(wide)])
    }
    let text = "\(try #require(error))"
    #expect(text.contains("\"dense\" (Dense)") && text.contains("kernel (4, 4), bias (4,)"))
    #expect(text.contains("kernel (5, 4), bias (4,)"))
    // Its further uses have names, too.
    #expect(throws: GraphError.duplicateName("dense[1]")) {
      try Graph(input: input, output: dense(dense(Flatten(name: "dense[1]")(input))))
    }
  }

  @Test func severalInputsAndOutputs() throws {
    let (left, right) = (Input([4], name: "left"), Input([3]))
    let merged = Add()(Dense(5)(left), Dense(5)(right))
    let (small, large) = (Dense(1, name: "small")(merged), Dense(9, name: "large")(merged))
    let graph = try Graph(inputs: [left, right], outputs: [large, merged, small])
    #expect(graph.inputs.map { graph[$0].name } == ["left", "input_layer"])
    #expect(graph.outputs.map { graph[$0].name } == ["large", "add", "small"])
    #expect(graph.inputShapes == [[4], [3]] && graph.outputShapes == [[9], [5], [1]])
    // Outputs that do not depend on all inputs, depend on others, or occur twice.
    #expect(throws: GraphError.notConnected) {
      try Graph(inputs: [left, right], outputs: [Dense(1)(left)])
    }
    #expect(throws: GraphError.notConnected) {
      try Graph(inputs: [left, right], outputs: [merged, left])
    }
    #expect(throws: GraphError.foreignInput([3])) { try Graph(inputs: [left], outputs: [merged]) }
    #expect(throws: GraphError.duplicateName("add")) {
      try Graph(inputs: [left, right], outputs: [merged, merged])
    }
    #expect(throws: GraphError.duplicateName("left")) {
      try Graph(inputs: [left, left, right], outputs: [merged])
    }
    #expect(throws: GraphError.duplicateName("left")) {
      try Graph(input: left, output: Dense(1, name: "left")(left))
    }
    #expect(throws: GraphError.empty) { try Graph(inputs: [left], outputs: []) }
    #expect(throws: GraphError.invalidName("a/b")) {
      let input = Input([3], name: "a/b")
      return try Graph(input: input, output: Dense(1)(input))
    }
    // A layer may have the name that an input would get.
    let plain = try Graph(input: right, output: Dense(1, name: "input_layer")(right))
    #expect(plain.values.map(\.name) == ["input_layer_1", "input_layer"])
  }

  @Test func runsNodeByNode() throws {
    let (a, b) = (Input([3], name: "a"), Input([3], name: "b"))
    let dense = Dense(3)
    let sum = Add()(dense(a), b)
    let graph = try Graph(inputs: [b, a], outputs: [dense(sum), sum])
    let texts = graph.run(on: ["b", "a"]) { node, inputs in
      "\(node.name)(\(inputs.joined(separator: ", ")))"
    }
    #expect(graph.values.map { texts[$0.id] } == texts && texts.prefix(2) == ["b", "a"])
    #expect(graph.outputs.map { texts[$0] } == ["dense[1](add(dense(a), b))", "add(dense(a), b)"])
    #expect(throws: GraphError.empty) {
      try graph.run(on: [0, 0]) { _, _ throws(GraphError) in throw GraphError.empty }
    }
  }

  @Test func equalLayersAndChangedCopiesAreLegal() throws {
    let first = Dense(4, activation: .relu)
    var second = first
    second.name = "second"
    var third = first
    third.activation = Tanh()
    let activation = Activation(.relu)
    let dropout = Dropout(0.5)
    let graph = try Sequential(input: [4]) {
      first
      second
      third
      activation
      dropout
      activation
      dropout
      for _ in 0..<3 { Dense(4, activation: .relu) }
      Dense(4, activation: .relu)
    }.graph
    #expect(graph.parameterCounts.total == 7 * 20)
    #expect(Dense(4, activation: .relu) == first)
    // A saved graph knows nothing of it, and reads back as separate layers.
    let text = String(decoding: try graph.configuration(), as: UTF8.self)
    #expect(!text.contains("identity"))
    #expect(try Graph(configuration: graph.configuration()) == graph)
    // The same layer in two graphs is two layers.
    _ = try Sequential(input: [4]) { first }
    _ = try Sequential(input: [4]) { first }
  }

  /// A custom layer is recognized if it stores an identity.
  @Test func usersLayers() throws {
    struct Unmarked: SamplewiseLayer {
      func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }
      func parameters(for inputs: [Shape]) -> [Parameter] {
        [Parameter("a", shape: [1], initializer: .ones)]
      }
      func forward(_ context: LayerContext) {}
      func backward(_ context: LayerContext) {}
    }
    struct Marked: SamplewiseLayer {
      private(set) var identity = LayerIdentity()
      func outputShape(for inputs: [Shape]) -> Shape { inputs[0] }
      func parameters(for inputs: [Shape]) -> [Parameter] {
        [Parameter("a", shape: [1], initializer: .ones)]
      }
      func forward(_ context: LayerContext) {}
      func backward(_ context: LayerContext) {}
    }
    let (unmarked, marked) = (Unmarked(), Marked())
    #expect(try Sequential(input: [4]) { [unmarked, unmarked] }.graph.nodes.count == 2)
    #expect(try Sequential(input: [4]) { [unmarked, unmarked] }.graph.layers.count == 2)
    #expect(try Sequential(input: [4]) { [marked, marked] }.graph.layers.count == 1)
    #expect(try Sequential(input: [4]) { [marked, Marked()] }.graph.layers.count == 2)
  }

  /// Adding layers does not recurse, nor does anything that is done with a graph.
  @Test func deepGraphs() throws {
    let depth = 20_000
    let input = Input([2])
    var output = input
    for _ in 0..<depth { output = Activation(.relu)(output) }
    let graph = try Graph(input: input, output: output)
    #expect(graph.nodes.count == depth)
    #expect(graph.nodes[depth - 1].name == "activation_\(depth - 1)")
    #expect(try Graph(configuration: graph.configuration()) == graph)
  }

  /// Releasing is not recursive either: one frame for each layer would overflow the stack of any
  /// thread.
  @Test func deepCallsAreReleased() {
    var output: SymbolicTensor? = Input([2])
    for _ in 0..<500_000 { output = Flatten()(output!) }
    output = nil
    #expect(output == nil)
  }

  /// Half of the released values are still referenced and remain intact.
  @Test func releasesOnlyWhatNobodyHolds() throws {
    let input = Input([2])
    var middle = input
    for _ in 0..<1_000 { middle = Dense(2)(middle) }
    var ends: [SymbolicTensor] = []
    for _ in 0..<3 {
      var end = middle
      for _ in 0..<1_000 { end = Add()(end, end, middle) }
      ends.append(end)
    }
    ends.removeAll()
    #expect(try Graph(input: input, output: middle).nodes.count == 1_000)
  }

  /// Each value is read twice: the number of paths is exponential, so that a traversal must mark
  /// visited values.
  @Test func manyPaths() throws {
    let input = Input([2])
    var output = input
    for _ in 0..<200 { output = Add()(output, output) }
    let graph = try Graph(input: input, output: output)
    #expect(graph.nodes.count == 200)
  }
}
