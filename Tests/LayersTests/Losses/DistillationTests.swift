import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionLayers

/// Distillation against its definition in double precision, and its gradient against differences.
@Suite struct DistillationTests {
  private func softmax(_ logits: [Double]) -> [Double] {
    NaiveSoftmaxCrossEntropy().probabilities(logits)
  }

  private func definition(
    _ student: [Double], _ teacher: [Double], label: Int, _ loss: Distillation
  ) -> Double {
    let t = loss.temperature
    let (p, q) = (softmax(teacher.map { $0 / t }), softmax(student.map { $0 / t }))
    var divergence = 0.0
    for (p, q) in zip(p, q) { divergence += p * log(p / q) }
    return loss.alpha * t * t * divergence - (1 - loss.alpha) * log(softmax(student)[label])
  }

  @Test(arguments: [1, 2, 7.5], [0, 0.3, 1]) func equalsItsDefinition(
    temperature: Double, alpha: Double
  ) throws {
    let loss = Distillation(temperature: temperature, alpha: alpha)
    let (students, teachers) = (
      Numbers(4 * 3, "student", in: -4..<4), Numbers(4 * 3, "teacher", in: -4..<4)
    )
    var numbers: [Float] = []
    var normalized: [Float] = []
    for row in 0..<4 {
      numbers.append(Float(row % 3))
      numbers += teachers.view.array[row * 3..<row * 3 + 3]
      normalized += softmax(Array(students.doubles[row * 3..<row * 3 + 3])).map { Float($0) }
    }
    let targets = AlignedBuffer(numbers)
    try loss.validate(output: [3], target: [4])
    let expected: [Double] = (0..<4).map { row in
      definition(
        Array(students.doubles[row * 3..<row * 3 + 3]),
        Array(teachers.doubles[row * 3..<row * 3 + 3]), label: row % 3, loss)
    }
    let probabilities = AlignedBuffer(normalized)
    for (outputs, areLogits) in [(students.view, true), (probabilities.view, false)] {
      let (losses, gradients) = (Numbers.poisoned(4), Numbers.poisoned(12))
      loss.evaluate(
        LossContext(
          outputs: outputs, targets: targets.view, areLogits: areLogits, losses: losses.view,
          gradients: gradients.view, gradientScale: 1, classes: 3))
      #expect(relativeError(losses.view.array, expected) < 1e-6)
    }
    withExtendedLifetime((targets, probabilities)) {}
    let layers: [(any ActivationFunction, Bool)] = [
      (.softmax, false), (.sigmoid, false), (.linear, true),
    ]
    for (activation, fromLogits) in layers {
      func network(_ activation: some ActivationFunction) throws -> Sequential {
        try Sequential(input: [5]) { Dense(3, activation: activation) }
      }
      let result = try checkGradients(
        of: network(activation),
        loss: Distillation(temperature: temperature, alpha: alpha, fromLogits: fromLogits),
        targets: targets.view.array, target: [4])
      #expect(result.isPassed, "\(result)")
    }
  }

  /// What PyTorch computes by `kl_div` and `cross_entropy`.
  private struct TorchCase: Decodable {
    let temperature, alpha, loss: Double
    let classes: Int
    let labels: [Int]
    let logits, teacher: [Float]
    let gradient: [Double]
  }

  private struct TorchFile: Decodable { let distillation: [TorchCase] }

  @Test func equalsPyTorch() throws {
    let cases = try Fixture.load("torch_training", as: TorchFile.self).distillation
    #expect(cases.count == 5)
    for fixture in cases {
      let (count, classes) = (fixture.labels.count, fixture.classes)
      let targets = fixture.labels.enumerated().flatMap { row, label in
        [Float(label)] + fixture.teacher[row * classes..<(row + 1) * classes]
      }
      let (outputs, all) = (AlignedBuffer(fixture.logits), AlignedBuffer(targets))
      let (losses, gradients) = (Numbers.poisoned(count), Numbers.poisoned(count * classes))
      Distillation(temperature: fixture.temperature, alpha: fixture.alpha, fromLogits: true)
        .evaluate(
          LossContext(
            outputs: outputs.view, targets: all.view, areLogits: false, losses: losses.view,
            gradients: gradients.view, gradientScale: 1 / Float(count), classes: classes))
      withExtendedLifetime((outputs, all)) {}
      let mean = losses.view.array.reduce(0) { $0 + Double($1) } / Double(count)
      #expect(abs(mean - fixture.loss) <= 1e-6 * fixture.loss)
      #expect(relativeError(gradients.view.array, fixture.gradient) < 1e-6)
    }
  }

  @Test func extremesAreFinite() {
    let loss = Distillation(temperature: 0.5)
    let outputs = AlignedBuffer([1e4, -1e4, 0])
    let targets = AlignedBuffer([1, -1e4, 1e4, 3])
    let (losses, gradients) = (Numbers.poisoned(1), Numbers.poisoned(3))
    loss.evaluate(
      LossContext(
        outputs: outputs.view, targets: targets.view, areLogits: true, losses: losses.view,
        gradients: gradients.view, gradientScale: 1, classes: 3))
    withExtendedLifetime((outputs, targets)) {}
    #expect(losses.view[0] == 0.5 * 0.25 * 40_000 + 0.5 * 20_000)
    #expect(gradients.view.array == [0.75, -0.75, 0])
  }

  @Test func whatIsRefused() {
    #expect(throws: LayerError.self) { try Distillation().validate(output: [3], target: [3]) }
    #expect(throws: LayerError.self) {
      try Distillation(temperature: 0).validate(output: [3], target: [4])
    }
    #expect(throws: LayerError.self) {
      try Distillation(alpha: 1.1).validate(output: [3], target: [4])
    }
  }
}
