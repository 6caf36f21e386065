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

  /// The layers whose fixtures are only in function_layers.json.
  private static let functionLayers: Set = [
    "PReLU", "LayerNormalization", "GroupNormalization", "RMSNormalization", "UnitNormalization",
    "Normalization", "Rescaling", "SpatialDropout2D", "GaussianNoise", "GaussianDropout",
  ]

  @Test func fixturesCoverFunctionLayers() {
    #expect(Self.functionLayers.isSubset(of: Self.cases.map(\.layer)))
  }

  @Test func fixturesCoverEveryLayer() {
    let layers = Set(Self.cases.map(\.layer)).subtracting(Self.functionLayers)
    #expect(
      layers == [
        "Dense", "Conv2D", "MaxPooling2D", "Flatten", "Dropout", "BatchNormalization", "Activation",
        "Add", "Conv2DTranspose", "DepthwiseConv2D", "SeparableConv2D",
        "AveragePooling2D", "GlobalAveragePooling1D", "GlobalAveragePooling2D",
        "GlobalMaxPooling1D", "GlobalMaxPooling2D",
        "ZeroPadding2D", "Cropping2D", "UpSampling2D", "Reshape", "Permute", "RepeatVector",
        "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot",
        "Embedding", "MultiHeadAttention",
      ])
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
