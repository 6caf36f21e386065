import PinionTensor
import Testing

@testable import PinionLayers

/// Drawing graphs: names, order, and depth.
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
    // `dense_2` is taken when its turn comes.
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

  /// A layer that several read is drawn once, inputs before those who read them.
  @Test func sharedValues() throws {
    let input = Input([3])
    let shared = Dense(3, name: "shared")(input)
    let output = Add()(Dense(3)(shared), shared, Dense(3)(shared), input)
    let graph = try Graph(input: input, output: output)
    #expect(graph.nodes.map(\.name) == ["shared", "dense", "dense_1", "add"])
    #expect(graph.nodes.map(\.inputs) == [[0], [1], [1], [2, 1, 3, 0]])
    #expect(try Graph(input: input, output: output) == graph)
  }

  /// One value looks like one set of weights, and is refused where it would get several.
  @Test func aLayerThatOccursTwiceIsRefused() throws {
    let input = Input([4])
    let cases: [(layer: any Layer, type: String)] = [
      (Dense(4), "Dense"), (Dense(4, activation: .relu, name: "mine"), "Dense"),
      (BatchNormalization(), "BatchNormalization"),
    ]
    for (layer, type) in cases {
      let name = layer.name ?? (type == "Dense" ? "dense" : "batch_normalization")
      let expected = GraphError.repeatedLayer(name: name, type: type)
      let copy = layer
      #expect(throws: expected) { try Graph(input: input, output: layer(copy(layer(input)))) }
      #expect(throws: expected) {
        try Graph(input: input, output: Add()(layer(input), layer(Activation(.tanh)(input))))
      }
      #expect(throws: expected) { try Sequential(input: [4]) { [layer, Dropout(0.5), layer] } }
      #expect(expected.description.contains("\(type)(…)(x) and \(type)(…)(y)"))
    }
    let convolution = Conv2D(3, kernel: 1)
    #expect(throws: GraphError.repeatedLayer(name: "conv2d", type: "Conv2D")) {
      try Sequential(input: [4, 4, 3]) { for _ in 0..<2 { convolution } }
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

  /// A layer of a user's is recognized if it stores an identity.
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
    #expect(throws: GraphError.repeatedLayer(name: "marked", type: "Marked")) {
      try Sequential(input: [4]) { [marked, marked] }
    }
    #expect(try Sequential(input: [4]) { [marked, Marked()] }.graph.nodes.count == 2)
  }

  /// Drawing does not recurse, nor does anything that is done with a graph.
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

  /// Nor does releasing: a frame for each of so many layers would not fit any thread's stack.
  @Test func deepDrawingsAreReleased() {
    var output: SymbolicTensor? = Input([2])
    for _ in 0..<500_000 { output = Flatten()(output!) }
    output = nil
    #expect(output == nil)
  }

  /// Half of what is released is still held elsewhere, and stays whole.
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

  /// Each value read twice: as many paths as no walk without memory survives.
  @Test func manyPaths() throws {
    let input = Input([2])
    var output = input
    for _ in 0..<200 { output = Add()(output, output) }
    let graph = try Graph(input: input, output: output)
    #expect(graph.nodes.count == 200)
  }
}
