import PinionLayers
import PinionOptimizers
import PinionTensor
import RandomNetworks
import Testing

/// The random networks draw every type that the registry lists, and the options of layers: what is
/// not drawn, no random network tests.
@Suite struct CoverageTests {
  private let networks: [RandomNetwork]
  private let layers: [any Layer]

  init() throws {
    networks = try RandomNetworkTests.numbers.map { try RandomNetwork($0) }
    layers = networks.flatMap { $0.graph.layers.map(\.layer) }
  }

  /// Names of the registered types of a kind that are not among the drawn values.
  private func missing<Kind>(_ kind: Kind.Type, from drawn: [Any]) -> [String] {
    let names = Set(drawn.map { "\(type(of: $0))" })
    let registered = TypeRegistry.standard.all.filter { $0 is Kind }
    #expect(registered.count > 1)
    return registered.map { "\($0)" }.filter { !names.contains($0) }
  }

  @Test func everyLayerIsDrawn() {
    #expect(missing((any Layer.Type).self, from: layers) == [])
  }

  @Test func everyLossIsDrawn() {
    let losses = networks.flatMap { $0.objectives.map(\.loss) }
    #expect(missing((any Loss.Type).self, from: losses) == [])
  }

  @Test func everyActivationIsDrawn() {
    #expect(
      missing(
        (any ActivationFunction.Type).self, from: layers.compactMap(\.trailingActivation))
        == [])
  }

  @Test func everyOptimizerIsDrawn() {
    let drawn = Set(networks.map { "\(type(of: $0.optimizer))" })
    let registered = TypeRegistry.optimizerTypes.filter { $0 is any Optimizer.Type }
    // Those that wrap another one have tests of their own.
    let wrappers = registered.filter { $0 is any OptimizerWrapper.Type }
    #expect(Set(registered.map { "\($0)" }).subtracting(wrappers.map { "\($0)" }) == drawn)
  }

  @Test func everyPenaltyAndProjectionIsDrawn() {
    let parameters = networks.flatMap { $0.graph.layers.flatMap(\.trainableParameters) }
    #expect(
      missing((any Regularizer.Type).self, from: parameters.compactMap(\.regularizer)) == [])
    #expect(missing((any Constraint.Type).self, from: parameters.compactMap(\.constraint)) == [])
    let penalized = layers.filter { $0.activityRegularizer != nil }
    #expect(Set(penalized.map { "\(type(of: $0))" }).count > 4)
  }

  /// Each option occurs in two networks at least.
  @Test func optionsAreDrawn() {
    func expectDrawn(_ option: String, _ isDrawn: (any Layer) -> Bool) {
      #expect(layers.count(where: isDrawn) > 1, "\(option)")
    }
    expectDrawn("dilated Conv2D") { ($0 as? Conv2D)?.dilation ?? 1 != 1 }
    expectDrawn("dilated DepthwiseConv2D") { ($0 as? DepthwiseConv2D)?.dilation ?? 1 != 1 }
    expectDrawn("dilated SeparableConv2D") { ($0 as? SeparableConv2D)?.dilation ?? 1 != 1 }
    expectDrawn("groups") { ($0 as? Conv2D)?.groups ?? 1 > 1 }
    expectDrawn("attention with dropout") { ($0 as? MultiHeadAttention)?.dropout ?? 0 > 0 }
    let attentions = networks.flatMap { network in
      network.graph.nodes.filter { network.graph.layer(of: $0).layer is MultiHeadAttention }
    }
    for count in 1...3 {
      #expect(attentions.count { $0.inputs.count == count } > 1, "attention on \(count) values")
    }
    for (inputs, outputs) in [(1, 1), (1, 2), (2, 1), (2, 2)] {
      #expect(
        networks.count { $0.graph.inputs.count == inputs && $0.graph.outputs.count == outputs }
          > 1, "\(inputs) inputs and \(outputs) outputs")
    }
  }
}
