import PinionTensor
import Testing

@testable import PinionLayers

/// The cross-entropies from logits against their twin in double precision, within 10⁻⁵ (see
/// `relativeError`).
@Suite struct CrossEntropyTests {
  @Test(arguments: [1, 2, 3, 10, 100], [1, 40, 1_000] as [Float]) func equalTheirTwin(
    classes: Int, size: Float
  ) {
    let images = 33
    let logits = Numbers(images * classes, "logits", in: -size..<size)
    let labels = (0..<images).map { $0 * 7 % classes }
    let rows = (0..<images).map { Array(logits.doubles[$0 * classes..<($0 + 1) * classes]) }
    for smoothing in [0, 0.1] {
      let oneHot = labels.map { label in
        (0..<classes).map { c in
          (c == label ? 1 : 0) * (1 - smoothing) + smoothing / Double(classes)
        }
      }
      let hard = labels.flatMap { label in (0..<classes).map { $0 == label ? Float(1) : 0 } }
      expect(
        CategoricalCrossEntropy(labelSmoothing: smoothing), logits, targets: hard, rows, oneHot)
      expect(
        SparseCategoricalCrossEntropy(labelSmoothing: smoothing), logits,
        targets: labels.map(Float.init), rows, oneHot)
    }
  }

  private func expect(
    _ loss: some Loss, _ logits: Numbers, targets: [Float], _ rows: [[Double]],
    _ distributions: [[Double]]
  ) {
    let (images, classes) = (rows.count, rows[0].count)
    let buffer = AlignedBuffer(count: targets.count)
    for (i, target) in targets.enumerated() { buffer.view[i] = target }
    let (losses, gradients) = (
      Numbers.poisoned(images), Numbers.poisoned(images * classes)
    )
    loss.evaluate(
      LossContext(
        outputs: logits.view, targets: buffer.view, areLogits: true, losses: losses.view,
        gradients: gradients.view, gradientScale: 1, classes: classes))
    let twin = NaiveSoftmaxCrossEntropy()
    let values = zip(rows, distributions).map { twin.loss($0, target: $1) }
    // Losses are differences of logits, so that the relative error of a loss near zero is large.
    let floor = rows.flatMap { $0 }.map(abs).max() ?? 0
    #expect(relativeError(losses.view.array, values, floor: floor) <= 1e-5)
    let expected = zip(rows, distributions).flatMap { twin.gradient($0, target: $1) }
    #expect(relativeError(gradients.view.array, expected, floor: 1) <= 1e-5)
  }
}
