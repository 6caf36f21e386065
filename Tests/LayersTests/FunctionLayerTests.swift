import Foundation
import PinionTensor
import Testing

@testable import PinionLayers

/// PReLU and the normalizations other than `BatchNormalization`: comparison with the naive twins,
/// neighbors, and saving.
@Suite struct FunctionLayerTests {
  struct Case: CustomTestStringConvertible {
    let layer: any Layer
    let shape: Shape
    var testDescription: String { "\(layer) on \(shape)" }

    init(_ layer: some Layer, _ shape: Shape) {
      self.layer = layer
      self.shape = shape
    }
  }

  static let cases = [
    Case(LayerNormalization(), [7]), Case(LayerNormalization(epsilon: 1e-5), [3, 33]),
    Case(LayerNormalization(axis: 1), [3, 4, 5]), Case(LayerNormalization(axis: 2), [3, 4, 5]),
    Case(LayerNormalization(axes: [1, 2, 3]), [3, 4, 5]),
    Case(LayerNormalization(axes: [2, 1], center: false), [3, 4, 5]),
    Case(LayerNormalization(scale: false), [3, 5]),
    Case(GroupNormalization(groups: 2), [3, 4, 6]),
    Case(GroupNormalization(groups: -1), [3, 4, 5]),
    Case(GroupNormalization(groups: 1, center: false, scale: false), [3, 4, 5]),
    Case(GroupNormalization(groups: 2, axis: 1), [4, 3, 5]),
    Case(GroupNormalization(groups: 3, axis: 2), [4, 3, 5]),
    Case(GroupNormalization(groups: 4), [8]),
    Case(RMSNormalization(), [3, 7]), Case(RMSNormalization(axis: 1), [3, 7]),
    Case(UnitNormalization(), [3, 7]), Case(UnitNormalization(axes: [1, 2]), [3, 7]),
    Case(Rescaling(-2, offset: 0.5), [3, 7]),
    Case(Normalization(mean: [1, -2, 0], variance: [0.25, 1, 4]), [5, 3]),
    Case(Normalization(mean: [1, -2, 0], variance: [0.25, 1, 4], axis: 1), [3, 5]),
    Case(PReLU(alphaInitializer: .constant(0.25)), [3, 4, 5]),
    Case(PReLU(sharedAxes: [1, 2]), [3, 4, 5]), Case(PReLU(sharedAxes: [3]), [3, 4, 5]),
    Case(PReLU(sharedAxes: [2]), [3, 4, 5]),
    Case(SpatialDropout2D(0.4), [3, 4, 5]), Case(GaussianNoise(0.5), [3, 5]),
    Case(GaussianDropout(0.3), [3, 5]), Case(StochasticDepth(0.4), [3, 5]),
  ]

  /// In one pass over few samples or many, and beside other layers, frozen or not.
  @Test(arguments: cases) func neighborsAndFreezing(example: Case) throws {
    let first = example.shape
    let graph = try Sequential(input: first) {
      [Activation(.tanh), example.layer, Flatten(), Dense(3)]
    }
    .graph
    let names = graph.layers.map(\.name)
    for frozen in [graph, try graph.freezing(names[1])] {
      let (run, other) = (
        GraphRun(frozen, batch: 9, threads: 2),
        GraphRun(frozen, batch: 9, keepsValues: true)
      )
      run.run()
      other.run()
      #expect(run.outputs == other.outputs)
      #expect(run.gradients == other.gradients && run.inputGradient == other.inputGradient)
      let outputs = run.outputs
      #expect(outputs.allSatisfy { $0.isFinite })
    }
  }

  @Test(arguments: cases) func notANumberStays(example: Case) throws {
    let run = GraphRun(try Graph(example.layer, on: example.shape), batch: 3, mode: .inference)
    run.inputs.view[example.shape.elementCount] = .nan
    run.run()
    let size = example.shape.elementCount
    let holdsNaN = (0..<3).map { sample in
      run.outputs[sample * size..<(sample + 1) * size].contains(where: \.isNaN)
    }
    #expect(holdsNaN == [false, true, false])
  }

  // MARK: Beside the twin

  @Test(
    arguments: [(0, 1), (1_000, 0.1), (-3, 0.01), (0, 1e-4), (0, 1e25), (1e30, 1e29)]
      as [(Float, Float)])
  func normalizations(center: Float, spread: Float) throws {
    for sides in [
      [1, 1, 1], [3, 5, 6], [2, 9, 33], [1, 1, 4_500], [12, 10, 48], [5, 7, 16], [1, 17, 1_024],
    ] {
      let (h, w, c) = (sides[0], sides[1], sides[2])
      let indices = Array(0..<h * w * c)
      let groups = [6, 3, 4, 16, 1].first { c % $0 == 0 } ?? 1
      let examples: [(any Layer, parts: [Int], places: [Int], Bool)] = [
        (LayerNormalization(), indices.map { $0 / c }, indices.map { $0 % c }, true),
        (
          LayerNormalization(axis: 1), indices.map { $0 % (w * c) }, indices.map { $0 / (w * c) },
          true
        ),
        (LayerNormalization(axes: [1, 2, 3]), indices.map { _ in 0 }, indices, true),
        (
          GroupNormalization(groups: groups), indices.map { $0 % c / (c / groups) },
          indices.map { $0 % c }, true
        ),
        (
          GroupNormalization(groups: h, axis: 1), indices.map { $0 / (w * c) },
          indices.map { $0 / (w * c) }, true
        ),
        (
          RMSNormalization(epsilon: 0.001), indices.map { $0 / c }, indices.map { $0 % c }, false
        ),
      ]
      for (layer, parts, places, isCentered) in examples {
        let run = GraphRun(try Graph(layer, on: Shape(sides)), batch: 3, threads: 2)
        for i in run.inputs.view.indices {
          run.inputs.view[i] = center + spread * run.inputs.view[i]
        }
        run.run()
        let twin = NaivePartNormalization<Double>(
          parts: parts, places: places, epsilon: 0.001, isCentered: isCentered)
        check(run, twin, "\(layer) on \(sides)")
      }
    }
  }

  /// Equal values near the largest float: the mean is exact, and no sum overflows, whatever lies
  /// beside a row that is not whole vectors.
  @Test(arguments: [1, 5, 16, 17, 40]) func equalHugeValues(width: Int) throws {
    let examples: [(LayerNormalization, place: (Int) -> Int)] = [
      (LayerNormalization(), { $0 % width }), (LayerNormalization(axis: 1), { $0 / width % 3 }),
      (LayerNormalization(axes: [1, 2]), { $0 % (3 * width) }),
    ]
    for (layer, place) in examples {
      let run = GraphRun(try Graph(layer, on: [3, width]), batch: 9, threads: 2)
      run.inputs.view.fill(3e38)
      run.run()
      let beta = run.parameter("/beta")
      let expected = run.outputs.indices.map { beta[place($0)] }
      #expect(run.outputs == expected)
      #expect(run.inputGradient.allSatisfy { $0.isFinite })
      #expect(run.gradient("/gamma").allSatisfy { $0 == 0 })
    }
  }

  private func check(_ run: GraphRun, _ twin: NaivePartNormalization<Double>, _ name: String) {
    let size = twin.parts.count
    let scale = isEmpty(run.parameter("/gamma")) ? run.parameter("/scale") : run.parameter("/gamma")
    let gamma = scale.map(Double.init)
    let beta =
      isEmpty(run.parameter("/beta"))
      ? gamma.map { _ in 0 } : run.parameter("/beta").map(Double.init)
    var (y, dx) = ([Double](), [Double]())
    var (dGamma, dBeta) = (gamma.map { _ in 0.0 }, gamma.map { _ in 0.0 })
    var terms = 0.0
    for sample in 0..<3 {
      let range = sample * size..<(sample + 1) * size
      let x = run.inputs.view.array[range].map(Double.init)
      let dy = Array(run.outputGradient[range])
      y += twin.forward(x, gamma: gamma, beta: beta)
      let gradients = twin.backward(x, gamma: gamma, outputGradient: dy)
      dx += gradients.input
      for c in gamma.indices {
        dGamma[c] += gradients.gamma[c]
        dBeta[c] += gradients.beta[c]
      }
      let factors = twin.normalized(x).factors
      for i in dy.indices {
        let term = factors[twin.parts[i]] * gamma[twin.places[i]] * dy[i]
        terms += term * term
      }
    }
    #expect(relativeError(run.outputs, y) < 1e-5, "\(name)")
    // Sums that may cancel are measured by their terms.
    #expect(relativeError(run.inputGradient, dx, floor: terms.squareRoot()) < 1e-5, "\(name)")
    let found = isEmpty(run.gradient("/gamma")) ? run.gradient("/scale") : run.gradient("/gamma")
    #expect(relativeError(found, dGamma, floor: norm(run.outputGradient)) < 1e-5, "\(name)")
    if !isEmpty(run.gradient("/beta")) {
      #expect(relativeError(run.gradient("/beta"), dBeta) < 1e-5, "\(name)")
    }
  }

  private func isEmpty(_ values: [Float]) -> Bool { values.isEmpty }

  @Test func parametersAndRoles() throws {
    let graph = try Sequential(input: [4, 5, 6]) {
      LayerNormalization(axes: [2, 3])
      GroupNormalization(groups: 2)
      RMSNormalization()
      PReLU(sharedAxes: [1, 2])
    }.graph
    let parameters = graph.layers.flatMap(\.parameters)
    #expect(
      parameters.map { "\($0.name) \($0.shape) \($0.role)" } == [
        "gamma (5, 6) normalization", "beta (5, 6) normalization", "gamma (6,) normalization",
        "beta (6,) normalization", "scale (6,) normalization", "alpha (1, 1, 6) other",
      ])
  }

  @Test func adaptedNormalization() throws {
    let samples = Numbers(4 * 3 * 5, "samples", in: -2..<7)
    let layer = Normalization(adaptedTo: Tensor(copying: samples.view, shape: [4, 3, 5]))
    let run = GraphRun(try Graph(layer, on: [3, 5]), batch: 4, mode: .inference)
    run.inputs.view.copy(from: samples.view)
    run.run()
    for c in 0..<5 {
      let values = stride(from: c, to: 60, by: 5).map { Double(run.outputs[$0]) }
      #expect(abs(values.reduce(0, +)) < 1e-5)
      #expect(abs(values.reduce(0) { $0 + $1 * $1 } / 12 - 1) < 1e-5)
    }
    let byAxis = Normalization(adaptedTo: Tensor(copying: samples.view, shape: [4, 3, 5]), axis: 1)
    #expect(byAxis.mean.count == 3 && byAxis.axis == 1)
  }

  /// A part all of whose values are the same, and lengths of zero.
  @Test func constants() throws {
    for layer in [
      LayerNormalization(), GroupNormalization(groups: 1), RMSNormalization(), UnitNormalization(),
    ] as [any Layer] {
      let run = GraphRun(try Graph(layer, on: [8]), batch: 2, noise: 0)
      run.inputs.view.fill(0)
      run.run()
      #expect(run.outputs.allSatisfy { $0 == 0 } && run.inputGradient.allSatisfy(\.isFinite))
    }
    // Squares that single precision does not hold.
    for size in [1e-25, 1e25] as [Float] {
      let run = GraphRun(try Graph(UnitNormalization(), on: [4]), batch: 1)
      run.inputs.view.fill(size)
      run.run()
      let expected: Float = size < 1e-12 / 2 ? size * 1e12 : 0.5
      #expect(run.outputs.allSatisfy { abs($0 / expected - 1) < 1e-6 })
    }
  }

  // MARK: Saving, errors

  /// A graph with every layer, function and initializer of this suite, none with its defaults.
  static func everything() throws -> Graph {
    let input = Input([6, 4, 6])
    let first = PReLU(sharedAxes: [1, 2], alphaInitializer: .constant(0.125))(
      Rescaling(0.5, offset: -1)(input))
    let second = GroupNormalization(
      groups: 3, axis: 1, epsilon: 1e-4, center: false, scale: false)(
        SpatialDropout2D(0.25)(first))
    let third = LayerNormalization(
      axes: [2, 3], epsilon: 1e-5, center: false, scale: false)(GaussianNoise(0.5)(second))
    let fourth = StochasticDepth(0.375)(GaussianDropout(0.25)(third))
    let fifth = UnitNormalization(axes: [1, 2])(RMSNormalization(axis: 1, epsilon: 1e-4)(fourth))
    let normal = Normalization(
      mean: [1, 2, 3, 4, 5, 6], variance: [1, 2, 3, 4, 5, 6], axis: 1)(fifth)
    var value = Conv2D(6, kernel: 3, padding: .same, kernelInitializer: .dirac(groups: 2))(normal)
    let functions: [any ActivationFunction] = [
      ELU(alpha: 0.5), CELU(alpha: 2), SELU(), GELU(approximate: true), SiLU(), Mish(), Softplus(),
      Softsign(), Exponential(), HardSigmoid(), HardSwish(), ReLU6(), LogSoftmax(),
    ]
    for function in functions {
      var layer = Activation(.linear)
      layer.function = function
      value = layer(value)
    }
    let initializers: [any Initializer] = [
      Orthogonal(gain: 2), IdentityInitializer(gain: 2),
      RandomNormal(mean: 1, standardDeviation: 2),
      TruncatedNormal(mean: 1, standardDeviation: 2), RandomUniform(from: 1, to: 2),
    ]
    for initializer in initializers {
      var layer = Dense(6)
      layer.kernelInitializer = initializer
      value = layer(value)
    }
    return try Graph(input: input, output: value, name: "functions")
  }

  @Test func roundTrip() throws {
    let graph = try Self.everything()
    let data = try graph.configuration()
    let read = try Graph(configuration: data)
    #expect(read == graph)
    #expect(try read.configuration() == data)
    let (weights, other) = (Weights(graph: graph, seed: 1), Weights(graph: read, seed: 1))
    withExtendedLifetime((weights, other)) {
      #expect(weights.trainable.array == other.trainable.array)
    }
  }

  @Test func refusals() {
    let bad: [(any Layer, Shape)] = [
      (LayerNormalization(axis: 0), [3]), (LayerNormalization(axis: 2), [3]),
      (LayerNormalization(axis: .min), [3]), (LayerNormalization(axis: .max), [3]),
      (LayerNormalization(axes: []), [3]), (LayerNormalization(axes: [1, 3]), [3, 4, 5]),
      (LayerNormalization(axes: [1, 1]), [3, 4, 5]), (LayerNormalization(), []),
      (LayerNormalization(epsilon: 0), [3]), (GroupNormalization(groups: 2), [3]),
      (GroupNormalization(groups: 0), [3]), (GroupNormalization(groups: -2), [4]),
      (GroupNormalization(groups: 1, epsilon: .nan), [3]), (RMSNormalization(epsilon: -1), [3]),
      (RMSNormalization(axis: 3), [3]), (UnitNormalization(axis: 2), [3]),
      (Rescaling(.nan), [3]), (Rescaling(1, offset: .infinity), [3]),
      (Normalization(mean: [1], variance: [1]), [3]),
      (Normalization(mean: [1], variance: [-1]), [1]),
      (Normalization(mean: [.nan], variance: [1]), [1]), (PReLU(sharedAxes: [0]), [3]),
      (PReLU(sharedAxes: [2]), [3]), (PReLU(), []),
    ]
    for (layer, shape) in bad {
      #expect(throws: GraphError.self, "\(layer)") { try Graph(layer, on: shape) }
    }
  }
}
