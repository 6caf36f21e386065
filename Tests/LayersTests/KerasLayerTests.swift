import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Outputs, gradients and moving statistics of single layers against Keras's, within 1e-5: the norm
/// of the difference over the norm, and the norm of the difference alone where the true values are
/// zero.
@Suite struct KerasLayerTests {
  static let cases: [KerasLayerFixture] = load()

  private static func load() -> [KerasLayerFixture] {
    do {
      return try ["layers", "convolutions", "function_layers"].flatMap {
        try Fixture.load($0, as: [KerasLayerFixture].self)
      }
    } catch {
      Issue.record(error)
      return []
    }
  }

  /// Keras has none, or its numbers are elsewhere.
  private static let others: Set = [
    // DropPath and ClassToken are not in Keras.
    "StochasticDepth", "ClassToken",
    // Keras's Embedding of 0, 1, …, and the identity with a loss: in `KerasTrajectoryTests`.
    "PositionEmbedding", "ActivityRegularization",
  ]

  @Test func fixturesCoverEveryLayer() throws {
    let compared = try Set(Self.cases.map { "\(type(of: try $0.makeLayer()))" })
    let layers = TypeRegistry.standard.all.filter { $0 is any Layer.Type }.map { "\($0)" }
    #expect(Set(layers).subtracting(compared) == Self.others)
    #expect(Self.cases.count > 100)
  }

  @Test(arguments: cases, [1, 3]) func agrees(fixture: KerasLayerFixture, threads: Int) throws {
    let run = try KerasLayerRun(fixture, threads: threads)
    let isDifferentiated = run.isTraining
    for _ in 0..<fixture.calls { run.run() }
    #expect(relativeDifference(run.workspace.outputs().array, fixture.output.data) < 1e-5)
    for state in fixture.stateAfter {
      #expect(relativeDifference(run.parameter(state.name), state.data) < 1e-5, "\(state.name)")
    }
    guard isDifferentiated else { return }
    for gradient in fixture.weightGradients {
      #expect(
        relativeDifference(run.gradient(gradient.name), gradient.data) < 1e-5, "\(gradient.name)")
    }
    for (found, expected) in zip(run.inputGradients, fixture.inputGradients) {
      #expect(relativeDifference(found, expected.data) < 1e-5)
    }
  }
}
