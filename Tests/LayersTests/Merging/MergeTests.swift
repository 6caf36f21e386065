import PinionTensor
import Testing

@testable import PinionLayers

/// The layers that merge inputs element by element against their twin in double precision, on
/// equal shapes and on all kinds of broadcasting.
@Suite struct MergeTests {
  struct Kind: CustomTestStringConvertible {
    let layer: any Layer
    let f: @Sendable ([Double]) -> Double
    let df: @Sendable ([Double]) -> [Double]

    var testDescription: String { "\(type(of: layer))" }
  }

  static let kinds = [
    Kind(layer: Add(), f: { $0.reduce(0, +) }, df: { $0.map { _ in 1 } }),
    Kind(layer: Subtract(), f: { $0[0] - $0[1] }, df: { _ in [1, -1] }),
    Kind(
      layer: Multiply(), f: { $0.reduce(1, *) },
      df: { values in
        values.indices.map { index in
          values.enumerated().reduce(1.0) { $1.offset == index ? $0 : $0 * $1.element }
        }
      }),
    Kind(
      layer: Average(), f: { $0.reduce(0, +) / Double($0.count) },
      df: { values in values.map { _ in 1 / Double(values.count) } }),
    Kind(layer: Maximum(), f: { $0.max()! }, df: { first($0, $0.max()!) }),
    Kind(layer: Minimum(), f: { $0.min()! }, df: { first($0, $0.min()!) }),
  ]

  /// 1 for the first of the values that is `chosen`, else 0.
  private static func first(_ values: [Double], _ chosen: Double) -> [Double] {
    let place = values.firstIndex(of: chosen)
    return values.indices.map { $0 == place ? 1 : 0 }
  }

  static let shapes: [[Shape]] = [
    [[7], [7]], [[5, 4, 3], [5, 4, 3]], [[5, 4, 16], [1, 1, 16]], [[5, 4, 33], [33]],
    [[5, 4, 7], [5, 4, 1]], [[5, 1, 7], [1, 4, 1]], [[1], [3, 4]], [[2, 1, 3, 1], [1, 4, 1, 5]],
    [[4, 1, 6], [4, 5, 6]], [[1, 1, 1], [1, 1, 1]], [[60, 50], [60, 1]], [[3_000], [3_000]],
    [[2, 3, 4], [2, 3, 4], [2, 1, 4], [4]], [[], [3]],
  ]

  @Test(arguments: kinds, [1, 5]) func equalsItsTwin(kind: Kind, batch: Int) throws {
    for shapes in Self.shapes where kind.layer.inputCount.contains(shapes.count) {
      let run = try LayerRun(kind.layer, shapes, batch: batch, areWhole: true)
      run.run()
      let twin = NaiveMerge(inputs: shapes, output: run.graph.outputShape)
      let values = run.inputs.map { $0.view.array.map(Double.init) }
      let expected = twin.forward(values, samples: batch, kind.f)
      #expect(relativeError(run.outputs, expected) < 1e-6, "\(shapes)")
      let gradients = twin.backward(
        values, outputGradient: run.outputGradient, samples: batch, kind.df)
      for (found, expected) in zip(run.inputGradients, gradients) {
        #expect(relativeError(found, expected) < 1e-5, "\(shapes)")
      }
    }
  }

  /// The order of the inputs does not matter, nor whether another one is broadcast.
  @Test(arguments: [Maximum() as any Layer, Minimum(), Add(), Multiply()])
  func notANumberWins(layer: any Layer) throws {
    for shapes: [Shape] in [[[6], [6]], [[3, 2], [2]], [[3, 2], [3, 1]]] {
      for poisoned in 0...1 {
        let run = try LayerRun(layer, shapes, batch: 1)
        run.inputs[poisoned].view[0] = .nan
        run.run()
        #expect(run.outputs[0].isNaN && !run.outputs[run.outputs.count - 1].isNaN)
        guard layer is Maximum || layer is Minimum else { continue }
        #expect(run.inputGradients[poisoned][0] != 0)
      }
    }
  }
}
