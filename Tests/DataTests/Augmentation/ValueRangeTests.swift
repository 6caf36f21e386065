import Foundation
import PinionTensor
import Testing

@testable import PinionData

/// Augmentations that cut values off say at which range, and refuse images of another one.
@Suite struct ValueRangeTests {
  /// Images (2, 2, 1) with values around the given ones.
  func images(_ values: [Float]) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: values.flatMap { [Float](repeating: $0, count: 4) }, inputShape: [2, 2, 1],
      targets: values.map { _ in 0 }, targetShape: [1])
  }

  func inputs(_ dataset: some Dataset, epoch: Int = 0) throws -> [Float] {
    let loader = try BatchLoader(dataset, batchSize: 8, pool: ThreadPool(threads: 2))
    try loader.startEpoch(epoch: epoch)
    var values: [Float] = []
    while let batch = try loader.next() { values += batch.input.array }
    return values
  }

  // The last two are Keras's for `value_range=(0, 255)` and `(-1, 1)`.
  @Test func theRangeIsThatOfTheImages() throws {
    let bytes = try images([100, 250, 3])
    let bright = try bytes.augmented { RandomBrightness(0.5...0.5, valueRange: 0...255) }
    #expect(try Set(inputs(bright)) == [227.5, 255, 130.5])
    let row = try ArrayDataset(
      inputs: [0, 255, 100, 45], inputShape: [2, 2, 1], targets: [0], targetShape: [1])
    let plain = try row.augmented { RandomContrast(0.5...0.5, valueRange: 0...255) }
    #expect(try inputs(plain) == [0, 255, 100, 17.5])
    let brighter = try row.augmented { RandomBrightness(0.3...0.3, valueRange: 0...255) }
    #expect(try inputs(brighter) == [76.5, 255, 176.5, 121.5])
    let signed = try ArrayDataset(
      inputs: [-1, 0.5, 1, 0], inputShape: [2, 2, 1], targets: [0], targetShape: [1]
    ).augmented { RandomBrightness(-0.25 ... -0.25, valueRange: -1...1) }
    #expect(try inputs(signed) == [-1, 0, 0.5, -0.5])
  }

  @Test func imagesOfAnotherRangeAreRefusedBeforehand() throws {
    for step: any AugmentationStep in [RandomBrightness(0.2), RandomContrast(0.2)] {
      let name = type(of: step).typeName
      let augmentation = Augmentation([step])
      let error = #expect(throws: ArgumentError.self) {
        try images([0.5, 255, 0]).augmented(by: augmentation)
      }
      #expect(
        error
          == ArgumentError(
            place: "element 0 of sample 1, before \(name)",
            expected: "a value in the declared range 0.0...1.0", found: "255.0"))
      let bytes = try ImageDataset(
        pixels: [0, 255, 3, 9], imageShape: [2, 2, 1], labels: [0], classNames: ["one"])
      let scaling = try Standardization(fitting: bytes)
      #expect(throws: ArgumentError.self) {
        try bytes.standardized(by: scaling).augmented(by: augmentation)
      }
      #expect(throws: ArgumentError.self) { try images([.nan]).augmented(by: augmentation) }
      #expect(try bytes.prefix(1).augmented(by: augmentation).valueRange == 0...1)
    }
    let bytes = try ImageDataset(
      pixels: [0, 255, 3, 9], imageShape: [2, 2, 1], labels: [0], classNames: ["one"])
    // Shifts of up to 51 would make them black and white.
    #expect(
      throws: ArgumentError(
        place: "the value range of RandomBrightness",
        expected: "0.0...1.0, the range of the images",
        found: "0.0...255.0")
    ) { try bytes.prefix(1).augmented { RandomBrightness(0.2, valueRange: 0...255) } }
    // Unknown, and 0...1 in all images: each step alone would take them.
    #expect(
      throws: ArgumentError(
        place: "the value range of RandomContrast", expected: "0.0...1.0, as RandomBrightness's",
        found: "0.0...255.0")
    ) {
      try images([0.5, 1, 0]).augmented {
        RandomBrightness(0.2)
        RandomContrast(0.2, valueRange: 0...255)
      }
    }
    for range: ClosedRange<Float> in [
      1...1, 0 ... .infinity, -.greatestFiniteMagnitude ... .greatestFiniteMagnitude,
    ] {
      #expect(throws: ArgumentError.self) {
        try images([0]).augmented { RandomContrast(0.1, valueRange: range) }
      }
    }
  }

  /// Images that were not checked before, or that an earlier step changed.
  @Test func imagesOfAnotherRangeAreRefusedAsTheyCome() throws {
    var values = [Float](repeating: 0.5, count: 200)
    values[101] = -3
    let augmented = try images(values).augmented { RandomBrightness(0.1) }
    let error = #expect(throws: SampleError.self) { try inputs(augmented) }
    #expect(
      error
        == SampleError(
          index: 101,
          underlying: ArgumentError(
            place: "element 0, before RandomBrightness",
            expected: "a value in the declared range 0.0...1.0", found: "-3.0")))
    let part = try augmented.subset(90..<110).standardized(
      by: Standardization(mean: [0], standardDeviation: [1]))
    #expect(throws: SampleError.self) { try inputs(part) }
    #expect(try inputs(augmented.subset(0..<100)).count == 400)
    let doubled = try images([0.4, 0.6]).augmented {
      Doubled()
      RandomContrast(0.1)
    }
    let other = #expect(throws: SampleError.self) { try inputs(doubled) }
    #expect(other?.index == 1)
    #expect(
      (other?.underlying as? ArgumentError)?.place == "element 0, before RandomContrast")
    // As they always are, and by rounding outside.
    #expect(try inputs(images([1.000_01, -0.000_01]).augmented { RandomContrast(0.1) }).count == 8)
  }

  struct Doubled: ImageAugmentation {
    func apply(
      to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
    ) {
      for i in image.pixels.indices { image.pixels[i] *= 2 }
    }
  }

  @Test func constantsLieInTheRange() throws {
    let bytes = try ImageDataset(
      pixels: [0, 255, 3, 9], imageShape: [2, 2, 1], labels: [0], classNames: ["one"])
    let steps: [any AugmentationStep] = [
      Cutout(1, value: 128), PadAndCrop(1, fill: .constant(value: -1)),
      RandomTranslation(height: 0.1, width: 0.1, fill: .constant(value: 2)),
      RandomRotation(3, fill: .constant(value: 255)),
    ]
    for step in steps {
      let error = #expect(throws: ArgumentError.self) {
        try bytes.augmented(by: Augmentation([step]))
      }
      #expect(error?.place == "the fill constant of \(type(of: step).typeName)")
      #expect(throws: ArgumentError.self) {
        try images([0.5]).augmented(by: Augmentation([step, RandomBrightness(0.1)]))
      }
      // The range of the values is unknown.
      _ = try images([0.5]).augmented(by: Augmentation([step]))
    }
    let own = try images([200]).augmented {
      Cutout(1, value: 128)
      RandomContrast(0.1, valueRange: 0...255)
    }
    #expect(try inputs(own).count == 4)
  }

  @Test func rangesAreSaved() throws {
    func steps(_ json: String) throws -> Augmentation {
      let decoder = JSONDecoder()
      decoder.userInfo[.typeRegistry] = TypeRegistry(TypeRegistry.augmentationTypes)
      return try decoder.decode(Augmentation.self, from: Data(json.utf8))
    }
    let augmentation = Augmentation {
      RandomBrightness(0.2)
      RandomContrast(0.3, valueRange: -1...1)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let json = String(decoding: try encoder.encode(augmentation), as: UTF8.self)
    #expect(try steps(json) == augmentation)
    #expect(json.components(separatedBy: "valueRange").count == 2)
    // As they were saved before ranges could be declared.
    let old = json.replacing(",\"valueRange\":[-1,1]", with: "")
    #expect(old != json)
    let read = try steps(old)
    #expect((read.steps[1] as? RandomContrast)?.valueRange == 0...1)
    #expect((read.steps[0] as? RandomBrightness) == RandomBrightness(0.2))
    #expect(throws: DecodingError.self) {
      try steps(json.replacing("[-1,1]", with: "[1,-1]"))
    }
  }
}
