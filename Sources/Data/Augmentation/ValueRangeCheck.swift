internal import PinionTensor

/// Finds images and constants outside the range that an augmentation declares.
enum ValueRangeCheck {
  /// Samples of a data set of unknown range that are looked at before training.
  private static let samples = 64
  /// The part of a range by which values may be outside: interpolation and mixing round.
  private static let slack: Float = 1e-4

  /// Throws unless the steps' ranges make sense, are the data set's, as far as that is known, and hold the values that steps put in.
  static func validate(
    _ steps: [any AugmentationStep], _ dataset: any Dataset
  ) throws(ArgumentError) {
    var constants: [(step: String, value: Float)] = []
    for step in steps {
      let name = type(of: step).typeName
      if let value = (step as? any ConstantFilling)?.constant {
        if let range = dataset.valueRange { try check(constant: value, of: name, in: range) }
        constants.append((name, value))
      }
      guard let range = (step as? any RangedAugmentation)?.valueRange else { continue }
      guard range.lowerBound < range.upperBound, (range.upperBound - range.lowerBound).isFinite
      else {
        throw ArgumentError(
          place: "the value range of \(name)",
          expected: "two finite numbers, the first the smaller",
          found: "\(range)")
      }
      for (step, value) in constants { try check(constant: value, of: step, in: range) }
      if let known = dataset.valueRange {
        guard known == range else {
          throw ArgumentError(
            place: "the value range of \(name)", expected: "\(known), the range of the images",
            found: "\(range)")
        }
      } else {
        try check(dataset, range, before: name)
      }
    }
  }

  private static func check(
    constant value: Float, of name: String, in range: ClosedRange<Float>
  ) throws(ArgumentError) {
    guard !range.contains(value) else { return }
    throw ArgumentError(
      place: "the constant that \(name) puts in", expected: "a value in \(range), as the images'",
      found: "\(value)")
  }

  /// Looks at some samples, all over the data set.
  private static func check(
    _ dataset: any Dataset, _ range: ClosedRange<Float>, before name: String
  ) throws(ArgumentError) {
    let buffer = AlignedBuffer(count: dataset.inputShape.elementCount)
    let number = min(dataset.count, samples)
    for part in 0..<number {
      let index = part * dataset.count / number
      dataset.copyInput(at: index, into: buffer.view)
      guard let problem = problem(buffer.view, range) else { continue }
      throw ArgumentError(
        place: "sample \(index), for \(name): \(problem.place)", expected: problem.expected,
        found: problem.found)
    }
  }

  /// What is wrong with an image, if a value is NaN or outside the range by more than rounding explains.
  static func problem(_ values: MemoryView<Float>, _ range: ClosedRange<Float>) -> ArgumentError? {
    let allowance = slack * (range.upperBound - range.lowerBound)
    let (lower, upper) = (range.lowerBound - allowance, range.upperBound + allowance)
    let numbers = values.base
    var outside: Int32 = 0
    // A comparison with NaN is false.
    for i in 0..<values.count {
      outside |= numbers[i] >= lower && numbers[i] <= upper ? 0 : 1
    }
    guard outside != 0,
      let place = values.indices.first(where: { !(numbers[$0] >= lower && numbers[$0] <= upper) })
    else { return nil }
    return ArgumentError(
      place: "element \(place)", expected: "a value in the declared range \(range)",
      found: "\(numbers[place])")
  }
}

/// A step that may put one value in the place of pixels.
protocol ConstantFilling: AugmentationStep {
  /// The value, or nil if the step puts none.
  var constant: Float? { get }
}

extension ConstantFilling where Self: GeometricAugmentation {
  var constant: Float? {
    guard case .constant(let value)? = sampling.fill else { return nil }
    return value
  }
}

extension RandomRotation: ConstantFilling {}
extension RandomZoom: ConstantFilling {}
extension RandomShear: ConstantFilling {}
extension RandomTranslation: ConstantFilling {}
extension PadAndCrop: ConstantFilling {}
extension Cutout: ConstantFilling {
  var constant: Float? { value }
}
