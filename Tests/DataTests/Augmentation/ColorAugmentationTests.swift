import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionData

/// Colors, RandAugment and TrivialAugment, beside Pillow and torchvision's tables.
@Suite struct ColorAugmentationTests {
  /// `colors.json`.
  struct Expected: Decodable {
    struct Case: Decodable {
      let shape: [Int]
      let levels: [Float]
      let operations: [Operation]
    }
    struct Operation: Decodable {
      let name: String
      let number: Double
      let expected: [Float]
    }
    struct Hue: Decodable {
      let shift: Float
      let color: [Float]
      let expected: [Float]
    }
    let images: [Case]
    let hues: [Hue]
  }

  /// The change that Pillow made, and by how many levels the results may differ: Pillow rounds
  /// blends towards zero, the means and the smoothed or gray values before them to the nearest.
  func change(
    _ operation: Expected.Operation, _ shape: [Int]
  ) -> (ImageOperation.Change, tolerance: Float) {
    let number = Float(operation.number)
    func affine(xy: Double = 0, x0: Double = 0, yx: Double = 0, y0: Double = 0)
      -> (ImageOperation.Change, tolerance: Float)
    { (.geometric(ImageTransform(xy: xy, x0: x0, yx: yx, y0: y0)), 1e-3) }
    switch operation.name {
    case "brightness": return (.brightness(number), 1.01)
    case "color": return (.color(number), 1.01 + 0.51 * abs(1 - number))
    case "contrast": return (.contrast(number), 1.01 + 1.01 * abs(1 - number))
    case "sharpness": return (.sharpness(number), 1.01 + 0.51 * abs(1 - number))
    case "posterize": return (.posterize(bits: Int(number)), 1e-3)
    case "solarize": return (.solarize(threshold: (number - 0.5) / 255), 1e-3)
    case "stretchContrast": return (.stretchContrast, 1.01)
    case "equalize": return (.equalize, 1e-3)
    case "shearX": return affine(xy: operation.number, x0: operation.number / 2)
    case "shearY": return affine(yx: operation.number, y0: operation.number / 2)
    case "translateX": return affine(x0: -operation.number)
    case "translateY": return affine(y0: -operation.number)
    default:
      let turn = UnitVector(degrees: operation.number)
      return (
        .geometric(
          ImageTransform(
            xx: turn.cosine, xy: -turn.sine, yx: turn.sine, yy: turn.cosine, height: shape[0],
            width: shape[1])), 1e-3
      )
    }
  }

  @Test func operationsAreThoseOfPillow() throws {
    let sampling = ImageSampling(fill: .constant(value: 0), interpolation: .nearest)
    for image in try Fixture.load("colors", as: Expected.self).images {
      for operation in image.operations {
        let (change, tolerance) = change(operation, image.shape)
        let name = "\(operation.name) \(operation.number) of \(image.shape)"
        // Pillow pads rectangles that it turns by a quarter otherwise.
        if operation.number == 90, image.shape[0] != image.shape[1] { continue }
        for range in [0...255, 0...1] as [ClosedRange<Float>] {
          let unit = range.upperBound / 255
          let test = TestImage(image.shape, image.levels.map { $0 * unit })
          change.apply(to: test.view, scratch: test.scratchView, sampling, range)
          let expected = operation.expected.map { $0 * unit }
          #expect(largestDifference(test.values, expected) < tolerance * unit, "\(name)")
        }
      }
    }
  }

  @Test func operationsKeepToOtherRanges() throws {
    let sampling = ImageSampling(fill: .constant(value: -1), interpolation: .nearest)
    let image = try #require(try Fixture.load("colors", as: Expected.self).images.first)
    for operation in image.operations where operation.number != 90 {
      let change = change(operation, image.shape).0
      let black = ImageSampling(fill: .constant(value: 0), interpolation: .nearest)
      let unit = TestImage(image.shape, image.levels.map { $0 / 255 })
      change.apply(to: unit.view, scratch: unit.scratchView, black, 0...1)
      let signed = TestImage(image.shape, image.levels.map { $0 / 127.5 - 1 })
      change.apply(to: signed.view, scratch: signed.scratchView, sampling, -1...1)
      let difference = largestDifference(signed.values, unit.values.map { 2 * $0 - 1 })
      #expect(difference < 1e-5, "\(operation.name) \(operation.number)")
      #expect(signed.values.allSatisfy { (-1...1).contains($0) })
    }
  }

  @Test func huesTurnAsThoseOfHSV() throws {
    for hue in try Fixture.load("colors", as: Expected.self).hues {
      let image = TestImage([1, 1, 3], hue.color.map { $0 / 255 })
      ColorKernel.changeHue(image.view, by: hue.shift, 0...1)
      #expect(largestDifference(image.values, hue.expected) < 2e-6, "\(hue)")
    }
  }

  // torchvision's `_augmentation_space`: bins 0, 9 and 30 of 31, for an image of 40 × 60 pixels.
  @Test func strengthsAreThoseOfTorchvision() {
    let image = TestImage([40, 60, 1])
    func changes(_ operation: ImageOperation, _ limits: ImageOperation.Limits)
      -> [ImageOperation.Change]
    {
      [0, 9, 30].map {
        operation.change(Double($0) / 30, isNegative: false, limits: limits, image.view)
      }
    }
    func bits(_ changes: [ImageOperation.Change]) -> [Int] {
      changes.map { if case .posterize(let bits) = $0 { bits } else { -1 } }
    }
    #expect(bits(changes(.posterize, .randAugment)) == [8, 7, 4])
    #expect(bits(changes(.posterize, .trivialAugmentWide)) == [8, 6, 2])
    func transforms(_ changes: [ImageOperation.Change]) -> [ImageTransform] {
      changes.map { if case .geometric(let map) = $0 { map } else { ImageTransform() } }
    }
    func largest(_ numbers: [Double], _ expected: [Double]) -> Double {
      zip(numbers, expected).map { abs($0 - $1) }.max() ?? 1
    }
    #expect(largest(transforms(changes(.shearX, .randAugment)).map(\.xy), [0, 0.09, 0.3]) < 1e-12)
    #expect(
      largest(transforms(changes(.shearY, .trivialAugmentWide)).map(\.yx), [0, 0.297, 0.99])
        < 1e-12)
    // 150 / 331 · 60 = 27.19, · 0.3 = 8.16; 150 / 331 · 40 = 18.13, · 0.3 = 5.44.
    #expect(transforms(changes(.translateX, .randAugment)).map(\.x0) == [0, -8, -27])
    #expect(transforms(changes(.translateY, .randAugment)).map(\.y0) == [0, -5, -18])
    #expect(transforms(changes(.translateX, .trivialAugmentWide)).map(\.x0) == [0, -9, -32])
    let turns = transforms(changes(.rotate, .randAugment)).map { asin($0.yx) * 180 / .pi }
    #expect(largest(turns, [0, 9, 30]) < 1e-9)
    let wide = transforms(changes(.rotate, .trivialAugmentWide)).map { acos($0.xx) * 180 / .pi }
    #expect(largest(wide, [0, 40.5, 135]) < 1e-9)
    #expect(changes(.color, .randAugment) == [.color(1), .color(1.27), .color(1.9)])
    #expect(
      ImageOperation.sharpness.change(
        0.3, isNegative: true, limits: .trivialAugmentWide, image.view) == .sharpness(1 - 0.297))
    let thresholds: [ImageOperation.Change] = [
      .solarize(threshold: 1), .solarize(threshold: 0.7), .solarize(threshold: 0),
    ]
    #expect(changes(.solarize, .trivialAugmentWide) == thresholds)
    #expect(Set(ImageOperation.allCases).count == 14)
  }

  @Test(
    arguments: [
      ColorJitter(brightness: 0.4, contrast: 0.4, saturation: 0.4, hue: 0.2),
      RandAugment(operations: 3, magnitude: 20), TrivialAugmentWide(),
      RandomErasing(fill: .uniform(0.25...0.75)),
    ] as [any ImageAugmentation])
  func imagesStayInRangeAndDependOnTheStream(step: any ImageAugmentation) throws {
    try step.validate(imageShape: [16, 19, 3])
    let original = TestImage([16, 19, 3]).values
    var results: [[Float]] = []
    for stream in 0..<UInt64(60) {
      let values = TestImage([16, 19, 3]).applying(step, stream: stream)
      #expect(values == TestImage([16, 19, 3]).applying(step, stream: stream))
      #expect(values.allSatisfy { (0...1).contains($0) })
      results.append(values)
    }
    #expect(Set(results).count > 20)
    #expect(results.contains { $0 != original })
  }

  @Test func jitterOfNothingAndOfOneThing() {
    let colors: [Float] = [0.5, 0.25, 0.75, 0.1, 0.2, 0.3]
    for stream in 0..<UInt64(10) {
      let same = TestImage([1, 2, 3], colors).applying(ColorJitter(), stream: stream)
      #expect(largestDifference(same, colors) < 1e-6)
      var jitter = ColorJitter()
      jitter.brightness = RandomRange(-0.5 ... -0.5)
      let dark = TestImage([1, 2, 3], colors).applying(jitter, stream: stream)
      #expect(largestDifference(dark, colors.map { $0 / 2 }) < 1e-6)
      jitter = ColorJitter()
      jitter.saturation = RandomRange(-1 ... -1)
      let gray = TestImage([1, 2, 3], colors).applying(jitter, stream: stream)
      #expect(gray[0] == gray[1] && gray[1] == gray[2])
      #expect(abs(gray[0] - (0.299 * 0.5 + 0.587 * 0.25 + 0.114 * 0.75)) < 1e-6)
    }
  }

  // Values are cut off at different places if contrast comes first, which gives 0 and 1.
  @Test func jitterIsInRandomOrder() {
    var jitter = ColorJitter()
    jitter.brightness = RandomRange(1...1)
    jitter.contrast = RandomRange(1...1)
    let results = (0..<UInt64(40)).map {
      TestImage([1, 2, 1], [0.25, 0.75]).applying(jitter, stream: $0)
    }
    #expect(Set(results) == [[0, 1], [0.25, 1]])
  }

  @Test func erasuresAreRectanglesInside() {
    var areas: [Int] = []
    var corners: Set<Int> = []
    for stream in 0..<UInt64(600) {
      let image = TestImage([12, 15, 2], [Float](repeating: 1, count: 360))
      let values = image.applying(RandomErasing(fill: .constant(0.5)), stream: stream)
      let erased = (0..<180).filter { values[2 * $0] == 0.5 }
      #expect(erased.allSatisfy { values[2 * $0 + 1] == 0.5 })
      let (rows, columns) = (Set(erased.map { $0 / 15 }), Set(erased.map { $0 % 15 }))
      #expect(erased.count == rows.count * columns.count)
      guard let first = erased.first else { continue }
      areas.append(erased.count)
      corners.insert(first)
      #expect((rows.max() ?? 0) - first / 15 == rows.count - 1)
      #expect((columns.max() ?? 0) - first % 15 == columns.count - 1)
      let ratio = Double(rows.count) / Double(columns.count)
      #expect((0.15...6).contains(ratio))
    }
    // Half of 600 are expected, with a deviation of 12. Areas are 3.6 to 59.4, to rounding.
    #expect((240...360).contains(areas.count))
    #expect(areas.allSatisfy { (2...70).contains($0) })
    #expect(corners.count > 60)
    let all = TestImage([6, 6, 1]).applying(
      RandomErasing(probability: 1, area: 0.25...0.25, ratio: 1...1))
    #expect(all.count { $0 == 0 } == 9)
    let none = TestImage([6, 6, 1])
    #expect(none.values == none.applying(RandomErasing(probability: 0)))
    // No rectangle is smaller than the image.
    #expect(TestImage([6, 6, 1]).applying(RandomErasing(area: 1...1, ratio: 1...1)) == none.values)
  }

  @Test func whatCannotBeAppliedIsAnError() throws {
    let wrong: [any AugmentationStep] = [
      RandomErasing(probability: .nan), RandomErasing(probability: 1.1),
      RandomErasing(area: -0.1...0.5), RandomErasing(area: 0.5...2),
      RandomErasing(ratio: 0...1), RandomErasing(fill: .constant(.nan)),
      RandomErasing(fill: .uniform(0 ... .infinity)), ColorJitter(brightness: 1.5),
      ColorJitter(contrast: 1.5), ColorJitter(saturation: 2), ColorJitter(hue: 0.6),
      RandAugment(operations: -1), RandAugment(magnitude: 31), RandAugment(magnitude: -1),
      RandAugment(fill: .constant(value: .nan)), TrivialAugmentWide(fill: .constant(value: .nan)),
    ]
    for step in wrong {
      #expect(throws: ArgumentError.self, "\(step)") { try step.validate(imageShape: [8, 8, 3]) }
    }
    for step in [ColorJitter(), RandAugment(), TrivialAugmentWide()] as [any AugmentationStep] {
      #expect(throws: ArgumentError.self) { try step.validate(imageShape: [8, 8, 2]) }
      try step.validate(imageShape: [8, 8, 1])
    }
  }

  @Test func stepsAreSaved() throws {
    let augmentation = Augmentation {
      RandomErasing(probability: 0.25, fill: .uniform(-1...1))
      ColorJitter(brightness: 0.1, contrast: 0.2, saturation: 0.3, hue: 0.1, valueRange: -1...1)
      RandAugment(operations: 1, magnitude: 5, interpolation: .bilinear)
      TrivialAugmentWide(fill: .reflect)
    }
    let data = try JSONEncoder().encode(augmentation)
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = TypeRegistry(TypeRegistry.augmentationTypes)
    #expect(try decoder.decode(Augmentation.self, from: data) == augmentation)
  }
}
