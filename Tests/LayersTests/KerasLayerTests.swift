import LayerCases
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// The layers of the table against Keras's numbers in double precision (`make_layers.py`): outputs,
/// gradients and moving statistics within 1e-5, the norm of the difference over the norm, and the
/// norm of the difference alone where the true values are zero; ten training steps.
@Suite struct KerasLayerTests {
  static let fixtures: [String: KerasLayerFixture] = {
    do {
      return Dictionary(
        try Fixture.load("layers", as: [KerasLayerFixture].self).map { ($0.key, $0) }
      ) { first, _ in first }
    } catch {
      Issue.record(error)
      return [:]
    }
  }()

  /// Keras has none, or reads them otherwise.
  private static func isOutsideKeras(_ row: LayerCase) -> Bool {
    row.layer is PositionEmbedding || row.layer is ClassToken
      // Attention to positions along another number of axes.
      || Set(row.inputs.map(\.rank)).count > 1 && row.layer is MultiHeadAttention
  }

  /// The rows that Keras has.
  static let rows = LayerCase.all.filter { !isOutsideKeras($0) }

  @Test func everyRowHasNumbers() {
    #expect(Set(Self.rows.map(\.key)) == Set(Self.fixtures.keys))
    #expect(Self.rows.count > 400 && Self.rows.count > LayerCase.all.count - 5)
    #expect(Set(LayerCase.all.map(\.key)).count == LayerCase.all.count)
  }

  @Test(arguments: rows, [1, 3]) func agrees(row: LayerCase, threads: Int) throws {
    let fixture = try #require(Self.fixtures[row.key])
    let run = try KerasLayerRun(row, fixture, threads: threads)
    for _ in 0..<row.calls { run.run() }
    #expect(relativeDifference(run.workspace.outputs().array, fixture.output.data) < 1e-5)
    for state in fixture.stateAfter {
      #expect(relativeDifference(run.parameter(state.name), state.data) < 1e-5, "\(state.name)")
    }
    guard run.isBackward else { return }
    for gradient in fixture.weightGradients {
      #expect(
        relativeDifference(run.gradient(gradient.name), gradient.data) < 1e-5, "\(gradient.name)")
    }
    for (found, expected) in zip(run.inputGradients, fixture.inputGradients) {
      #expect(relativeDifference(found, expected.data) < 1e-5)
    }
  }

  /// Every trained layer takes ten steps of gradient descent with momentum as in Keras.
  @Test(arguments: rows) func trainsAsKeras(row: LayerCase) throws {
    let fixture = try #require(Self.fixtures[row.key])
    let isTrained = row.isTraining && !fixture.weightGradients.isEmpty
    #expect(fixture.losses.count == (isTrained ? 10 : 0))
    guard isTrained else { return }
    let run = try KerasLayerRun(row, fixture, loss: .meanSquaredError, threads: 2)
    let found = run.train(steps: 10, rate: fixture.rate, momentum: 0.9)
    for (step, (loss, expected)) in zip(found, fixture.losses).enumerated() {
      #expect(abs(loss - expected) <= 1e-5 * expected, "step \(step): \(loss), \(expected)")
    }
  }
}
