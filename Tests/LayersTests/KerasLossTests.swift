import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Losses and their gradients against Keras's.
@Suite struct KerasLossTests {
  struct Case: Decodable, CustomTestStringConvertible {
    let name: String
    let loss: String
    let fromLogits: Bool
    let labelSmoothing: Double?
    let input: FixtureTensor
    let labels: [Int]?
    let targets: FixtureTensor?
    let values: [Float]
    let value: Float
    let gradient: FixtureTensor

    var testDescription: String { name }
  }

  static let cases: [Case] = load()

  private static func load() -> [Case] {
    do {
      return try Fixture.load("losses", as: [Case].self)
    } catch {
      Issue.record(error)
      return []
    }
  }

  @Test func thereAreCases() { #expect(Self.cases.count >= 20) }

  @Test(arguments: cases) func agrees(fixture: Case) throws {
    let isSparse = fixture.loss.hasPrefix("Sparse")
    let loss: any Loss =
      isSparse
      ? SparseCategoricalCrossEntropy(fromLogits: fixture.fromLogits)
      : CategoricalCrossEntropy(
        labelSmoothing: fixture.labelSmoothing ?? 0, fromLogits: fixture.fromLogits)
    let (rows, classes) = (fixture.input.shape[0], fixture.input.shape[1])
    let outputs = buffer(fixture.input.data)
    let targets = buffer(
      isSparse ? (fixture.labels ?? []).map(Float.init) : try #require(fixture.targets).data)
    let (losses, gradients) = (
      AlignedBuffer(count: rows), AlignedBuffer(count: rows * classes)
    )
    loss.evaluate(
      LossContext(
        outputs: outputs.view, targets: targets.view, areLogits: false, losses: losses.view,
        gradients: gradients.view, gradientScale: 1 / Float(rows), classes: classes))
    #expect(relativeDifference(losses.view.array, fixture.values) < 1e-5)
    #expect(relativeDifference(gradients.view.array, fixture.gradient.data) < 1e-5)
    let mean = losses.view.array.reduce(0, +) / Float(rows)
    #expect(abs(mean - fixture.value) <= 1e-5 * abs(fixture.value))
  }

  private func buffer(_ values: [Float]) -> AlignedBuffer {
    let buffer = AlignedBuffer(count: values.count)
    for (i, value) in values.enumerated() { buffer.view[i] = value }
    return buffer
  }
}
