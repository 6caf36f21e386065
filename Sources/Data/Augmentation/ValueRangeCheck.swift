internal import PinionTensor

/// Checks images and constants against the range that an augmentation declares.
enum ValueRangeCheck {
  /// Number of samples of a data set of unknown range that are checked before training.
  private static let sampleLimit = 64
  /// Tolerance as a part of the range's width, for the rounding of interpolation and mixing.
  private static let tolerance: Float = 1e-4

  /// Throws unless each step's range is valid, equals the data set's range or, where that is not
  /// known, those of earlier steps, and contains the constants that earlier steps fill in.
  static func validate(
    _ steps: [any AugmentationStep], _ dataset: any Dataset, input: Int
  ) throws(ArgumentError) {
    // The data set declares the range of its first input alone.
    let known = input == 0 ? dataset.valueRange : nil
    var declared: (step: String, range: ClosedRange<Float>)?
    var constants: [(step: String, value: Float)] = []
    for step in steps {
      let name = type(of: step).typeName
      for value in (step as? any ConstantFilling)?.constants ?? [] {
        if let known { try check(constant: value, of: name, in: known) }
        constants.append((name, value))
      }
      guard let range = (step as? any RangedAugmentation)?.valueRange else { continue }
      guard range.lowerBound < range.upperBound, (range.upperBound - range.lowerBound).isFinite
      else {
        throw ArgumentError(
          place: "the value range of \(name)",
          expected: "two finite numbers, the first the smaller", found: "\(range)")
      }
      for (step, value) in constants { try check(constant: value, of: step, in: range) }
      if let known {
        guard known == range else {
          throw ArgumentError(
            place: "the value range of \(name)", expected: "\(known), the range of the images",
            found: "\(range)")
        }
      } else if let declared {
        guard declared.range == range else {
          throw ArgumentError(
            place: "the value range of \(name)",
            expected: "\(declared.range), as \(declared.step)'s", found: "\(range)")
        }
      } else if input == 0 {
        try check(dataset, range, before: name)
      }
      declared = (name, range)
    }
  }

  private static func check(
    constant value: Float, of name: String, in range: ClosedRange<Float>
  ) throws(ArgumentError) {
    guard !range.contains(value) else { return }
    throw ArgumentError(
      place: "the fill constant of \(name)", expected: "a value in \(range), as the images'",
      found: "\(value)")
  }

  /// Checks up to ``sampleLimit`` samples at equal distances. Unreadable ones are left to training.
  private static func check(
    _ dataset: any Dataset, _ range: ClosedRange<Float>, before name: String
  ) throws(ArgumentError) {
    let buffer = AlignedBuffer(count: dataset.inputShape.elementCount)
    let number = min(dataset.count, sampleLimit)
    for part in 0..<number {
      let index = part * dataset.count / number
      guard (try? dataset.copyInput(at: index, into: buffer.view)) != nil else { continue }
      try check(buffer.view, range, before: name, sample: index)
    }
  }

  /// Throws if a value is NaN or outside the range by more than the tolerance for rounding.
  static func check(
    _ values: MemoryView<Float>, _ range: ClosedRange<Float>, before name: String,
    sample: Int? = nil
  ) throws(ArgumentError) {
    let allowance = tolerance * (range.upperBound - range.lowerBound)
    let (lower, upper) = (range.lowerBound - allowance, range.upperBound + allowance)
    let numbers = unsafe values.base
    var outside: Int32 = 0
    // A comparison with NaN is false.
    for i in 0..<values.count {
      unsafe outside |= numbers[i] >= lower && numbers[i] <= upper ? 0 : 1
    }
    guard outside != 0,
      let element = values.indices.first(where: {
        unsafe !(numbers[$0] >= lower && numbers[$0] <= upper)
      })
    else { return }
    throw ArgumentError(
      place: "element \(element)" + (sample.map { " of sample \($0)" } ?? "") + ", before \(name)",
      expected: "a value in the declared range \(range)", found: unsafe "\(numbers[element])")
  }
}

/// A step that may replace pixels by a constant.
protocol ConstantFilling: AugmentationStep {
  /// The constants, or the bounds of their range.
  var constants: [Float] { get }
}

extension ConstantFilling where Self: GeometricAugmentation {
  var constants: [Float] { sampling.fill?.constants ?? [] }
}

extension RandomRotation: ConstantFilling {}
extension RandomZoom: ConstantFilling {}
extension RandomShear: ConstantFilling {}
extension RandomTranslation: ConstantFilling {}
extension PadAndCrop: ConstantFilling {}
extension Cutout: ConstantFilling {
  var constants: [Float] { [value] }
}
extension RandomErasing: ConstantFilling {
  var constants: [Float] {
    switch fill {
    case .constant(let value): [value]
    case .uniform(let range): [range.lowerBound, range.upperBound]
    }
  }
}
extension RandAugment: ConstantFilling {
  var constants: [Float] { fill.constants }
}
extension TrivialAugmentWide: ConstantFilling {
  var constants: [Float] { fill.constants }
}

extension FillMode {
  fileprivate var constants: [Float] {
    if case .constant(let value) = self { [value] } else { [] }
  }
}
