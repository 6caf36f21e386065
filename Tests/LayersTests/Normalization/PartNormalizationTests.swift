import PinionTensor
import Testing

@testable import PinionLayers

/// Normalizations of parts of a sample that have one value each.
@Suite struct PartNormalizationTests {
  /// The output does not depend on the value, so that the gradient is exactly 0: optimizers would
  /// amplify rounding errors.
  @Test(arguments: [1, 3]) func overOneValue(threads: Int) throws {
    let examples: [(any Layer, Shape)] = [
      (UnitNormalization(), [1]), (UnitNormalization(), [40, 1]),
      (UnitNormalization(axis: 1), [1, 33]), (UnitNormalization(axes: [1, 2]), [1, 1, 5]),
      (LayerNormalization(), [9, 1]), (LayerNormalization(axis: 1), [1, 33]),
      (GroupNormalization(groups: -1), [33]),
    ]
    for (layer, shape) in examples {
      for scale: Float in [1, 1e-11, 1e25] {
        let run = GraphRun(try Graph(layer, on: shape), batch: 33, threads: threads)
        let x = run.inputs.view
        for i in x.indices { x[i] = scale * (x[i] < 0 ? x[i] - 1 : x[i] + 1) }
        let signs = x.array.map { $0 < 0 ? -1.0 : 1 }
        run.run()
        let gradient = run.inputGradient
        #expect(gradient.count == signs.count)
        #expect(gradient.allSatisfy { $0 == 0 }, "\(layer) on \(shape), \(scale)")
        if layer is UnitNormalization { #expect(relativeError(run.outputs, signs) <= 2e-7) }
      }
    }
  }

  /// Below the smallest divisor, 10⁻¹², a single value is not ±1, but 10¹²·x.
  @Test func overOneValueBelowTheDivisor() throws {
    let values: [Float] = [0, 1e-13, -5e-13]
    let run = GraphRun(try Graph(UnitNormalization(), on: [1]), batch: values.count)
    for (i, value) in values.enumerated() { run.inputs.view[i] = value }
    run.run()
    #expect(relativeError(run.outputs, [0, 0.1, -0.5]) <= 2e-7)
    #expect(relativeError(run.inputGradient, run.outputGradient.map { $0 * 1e12 }) <= 5e-7)
  }
}
