internal import Glibc
public import PinionTensor

/// α · T² · KL(softmax(t / T) ‖ softmax(z / T)) + (1 − α) · CE along the last axis, with the logits
/// t of a teacher, the logits z of the student and the cross-entropy of the true class (Hinton et
/// al. 2015); the mean over the other axes of a sample.
///
/// A target holds the class index, followed by the teacher's logits: (…, 1 + C) for outputs (…, C).
/// ```swift
/// let logits = try teacher.predict(images)  // (N, C), of a last layer without activation
/// let targets = labels.indices.flatMap { index in
///   [Float(labels[index])] + logits.elements[index * C..<(index + 1) * C]
/// }
/// let data = try ArrayDataset(
///   inputs: pixels, inputShape: [28, 28, 1], targets: targets, targetShape: [1 + C])
/// ```
/// Classification metrics use the index. Augmented images keep the teacher's logits for the
/// original image. A network that ends with a softmax is trained from its logits; for other
/// probabilities, log p is used as z, with p clipped to at least 10⁻⁷. A target that is not a class
/// index gives NaN.
public struct Distillation: Loss {
  /// T, positive.
  public var temperature: Double
  /// α, in 0…1: the weight of the teacher's term.
  public var alpha: Double
  /// Whether the network's outputs are logits instead of probabilities.
  public var fromLogits: Bool

  public init(temperature: Double = 2, alpha: Double = 0.5, fromLogits: Bool = false) {
    self.temperature = temperature
    self.alpha = alpha
    self.fromLogits = fromLogits
  }

  public var logitsLink: LogitsLink? { fromLogits ? nil : .softmax }
  public var takesLogits: Bool { fromLogits }
  public var comparesClasses: Bool { true }

  public func validate(output: Shape, target: Shape) throws {
    try CrossEntropy.validateClasses(of: output)
    let expected = Shape(Array(output.dropLast()) + [1 + output[output.rank - 1]])
    try LayerError.require(
      target == expected,
      "distillation needs targets of shape \(expected), a class index and the teacher's logits, "
        + "for outputs of shape \(output)",
      received: "targets of shape \(target)")
    try LayerError.require(
      temperature > 0 && temperature.isFinite, "the temperature of a distillation must be positive",
      received: "\(temperature)")
    try LayerError.require(
      (0...1).contains(alpha), "alpha of a distillation must be in 0...1", received: "\(alpha)")
  }

  public func evaluate(_ context: LossContext) {
    let areLogits = context.areLogits || fromLogits
    CrossEntropy.evaluate(context) { row in
      let start = row.index * (1 + context.classes)
      let targets = context.targets[start..<start + 1 + context.classes]
      guard let label = Int(exactly: targets[0]), (0..<context.classes).contains(label) else {
        row.gradients?.fill(0)
        return .nan
      }
      return loss(row, label, targets[1..<targets.count], areLogits: areLogits)
    }
  }

  private func loss(
    _ row: CrossEntropy.Row, _ label: Int, _ teacher: MemoryView<Float>, areLogits: Bool
  ) -> Double {
    let (outputs, epsilon) = (row.outputs, CrossEntropy.epsilon)
    let student = { (c: Int) in
      areLogits ? Double(outputs.base[c]) : log(Double(max(outputs.base[c], epsilon)))
    }
    let taught = SoftenedRow(count: outputs.count, scale: 1 / temperature) {
      Double(teacher.base[$0])
    }
    let soft = SoftenedRow(count: outputs.count, scale: 1 / temperature, student)
    let hard = SoftenedRow(count: outputs.count, scale: 1, student)
    var divergence = 0.0
    for c in 0..<outputs.count {
      let expected = taught.logarithm(Double(teacher.base[c]))
      let p = exp(expected)
      let difference = expected - soft.logarithm(student(c))
      // 0 · log 0 is 0.
      divergence += p == 0 ? 0 : p * difference
    }
    if let gradients = row.gradients {
      for c in 0..<outputs.count {
        let softened =
          exp(soft.logarithm(student(c))) - exp(taught.logarithm(Double(teacher.base[c])))
        let sharp = exp(hard.logarithm(student(c))) - (c == label ? 1 : 0)
        let slope = alpha * temperature * softened + (1 - alpha) * sharp
        // The derivative of log p is 1 / p where p is not clipped.
        let p = outputs.base[c]
        let inner: Float = areLogits ? 1 : p >= epsilon ? 1 / p : 0
        gradients.base[c] = row.scale * Float(slope) * inner
      }
    }
    return alpha * temperature * temperature * divergence
      - (1 - alpha) * hard.logarithm(student(label))
  }
}

/// log softmax(z · scale), z being given element by element.
private struct SoftenedRow {
  private let scale, logSum: Double

  @inline(__always)
  init(count: Int, scale: Double, _ value: (Int) -> Double) {
    var largest = value(0)
    for c in 1..<max(1, count) where value(c) > largest { largest = value(c) }
    var sum = 0.0
    for c in 0..<count { sum += exp(scale * (value(c) - largest)) }
    self.scale = scale
    logSum = scale * largest + log(sum)
  }

  @inline(__always)
  func logarithm(_ value: Double) -> Double { scale * value - logSum }
}

extension Loss where Self == Distillation {
  /// A teacher's softened probabilities, and the true classes.
  public static func distillation(
    temperature: Double = 2, alpha: Double = 0.5, fromLogits: Bool = false
  ) -> Distillation {
    Distillation(temperature: temperature, alpha: alpha, fromLogits: fromLogits)
  }
}
