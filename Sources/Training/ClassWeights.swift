internal import PinionData
internal import PinionTensor

/// Factors of the weights of samples by their class, as Keras's `class_weight`: a class without one
/// has 1.
///
/// ```swift
/// try model.fit(training, classWeight: [0: 1, 1: 8.5])
/// try model.fit(training, classWeight: .balanced)
/// ```
/// The class is the target's index, rounded, or the largest element of a one-hot or soft target,
/// after augmentation; of a target with more than that, as of a `Distillation`, the index that
/// comes first. A data set's own weights are multiplied with the factors; Keras refuses
/// both.
public struct ClassWeights: Sendable, Equatable {
  private enum Storage: Equatable {
    case given([Int: Float])
    case balanced
  }

  private let storage: Storage

  private init(_ storage: Storage) { self.storage = storage }

  /// Factors by class index.
  public init(_ weights: [Int: Float]) { storage = .given(weights) }

  /// The factors of the classes 0, 1, ….
  public init(_ weights: [Float]) {
    self.init(Dictionary(uniqueKeysWithValues: weights.enumerated().map { ($0, $1) }))
  }

  /// N / (C · n) for a class with n of the N samples, so that the C classes that occur count the
  /// same: scikit-learn's `balanced`.
  public static let balanced = ClassWeights(.balanced)

  /// The factors for a data set.
  ///
  /// Throws ``TrainingError/argument(_:expected:found:)`` if a factor is negative or not finite or
  /// its class not one of the output's, or the classes cannot be counted.
  func factors(for dataset: any Dataset, classes: Int) throws -> [Int: Float] {
    // One output unit distinguishes two classes.
    let classes = Swift.max(2, classes)
    switch storage {
    case .given(let weights):
      for (index, weight) in weights.sorted(by: { $0.key < $1.key }) {
        guard (0..<classes).contains(index), weight >= 0, weight.isFinite else {
          throw TrainingError.argument(
            "classWeight",
            expected: "factors of classes in 0...\(classes - 1), 0 or more, finite",
            found: "\(index): \(weight)")
        }
      }
      return weights
    case .balanced:
      guard let counts = try dataset.classCounts() else {
        throw TrainingError.argument(
          "classWeight", expected: "targets that are class indices or one-hot, to count",
          found: "others")
      }
      let present = counts.filter { $0 > 0 }.count
      let total = Double(counts.reduce(0, +))
      return Dictionary(
        uniqueKeysWithValues: counts.enumerated().filter { $1 > 0 }.map { index, count in
          (index, Float(total / (Double(present) * Double(count))))
        })
    }
  }
}

extension ClassWeights: ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  public init(arrayLiteral elements: Float...) { self.init(elements) }

  /// Traps if a class occurs twice.
  public init(dictionaryLiteral elements: (Int, Float)...) {
    self.init(Dictionary(uniqueKeysWithValues: elements))
  }
}

/// A data set whose samples' weights are multiplied with a factor of their class.
struct ClassWeightedDataset: WrappingDataset {
  /// The factors, sorted by class.
  struct Factors: Sendable, CustomStringConvertible {
    let values: [Int: Float]
    /// The number of classes of the output.
    let classes: Int

    var description: String {
      values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }

    /// The factor of the class of a target, 1 if it is none.
    func factor(of target: MemoryView<Float>) -> Float {
      var best = 0
      if target.count == 1 || (classes > 1 && target.count == 1 + classes) {
        guard let index = Int(exactly: target[0].rounded(.toNearestOrEven)) else { return 1 }
        best = index
      } else {
        for index in target.indices where target[index] > target[best] { best = index }
      }
      return values[best] ?? 1
    }
  }

  let base: any Dataset
  let weights: Factors

  /// Throws ``TrainingError/argument(_:expected:found:)`` unless samples have one target, of one
  /// class, and the factors are valid.
  init(_ base: any Dataset, _ weights: ClassWeights, classes: Int) throws {
    guard base.targetShapes.count == 1, base.targetShape.rank <= 1 else {
      throw TrainingError.argument(
        "classWeight", expected: "samples with one target, of one class",
        found: "targets of the shapes "
          + base.targetShapes.map { "\($0)" }.joined(separator: ", "))
    }
    self.base = base
    self.weights = Factors(
      values: try weights.factors(for: base, classes: classes), classes: classes)
  }

  var hasWeights: Bool { true }

  func weight(at index: Int) throws -> Float {
    let target = AlignedBuffer(count: targetShape.elementCount)
    try copyTarget(at: index, into: target.view)
    return try base.weight(at: index) * weights.factor(of: target.view)
  }

  func copySample(
    at index: Int, epoch: Int?, into sample: SampleView, scratch: MemoryView<Float>
  ) throws {
    // A base without weights leaves it.
    sample.weight = 1
    try base.copySample(at: index, epoch: epoch, into: sample, scratch: scratch)
    sample.weight *= weights.factor(of: sample.target)
  }
}
