import Foundation
import PinionTensor
import Testing

@testable import PinionData

@Suite struct AugmentedDatasetTests {
  /// Images that all differ, in two classes; the first half belongs to class 0.
  func images(_ count: Int, shape: Shape = [6, 5, 3]) throws -> ImageDataset {
    let bytes = (0..<count * shape.elementCount).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 1) }
    return try ImageDataset(
      pixels: bytes, imageShape: shape, labels: (0..<count).map { 2 * $0 / max(count, 1) },
      classNames: ["first", "second"], encoding: .oneHot)
  }

  @AugmentationBuilder static var everything: [any AugmentationStep] {
    RandomRotation(15)
    RandomZoom(0.1)
    RandomShear(x: 0.1, y: 0.1)
    RandomTranslation(height: 0.1, width: 0.1)
    RandomFlip(.horizontal)
    MixUp(alpha: 0.4)
    RandomBrightness(0.2)
    RandomContrast(0.2)
    PadAndCrop(1)
    CutMix()
    Cutout(2)
  }

  /// The samples of an epoch by their index, as a loader gives them.
  func epoch(
    _ epoch: Int?, of dataset: some Dataset, order: [Int]? = nil, batchSize: Int = 7,
    threads: Int = 1
  ) throws -> [Int: [Float]] {
    let loader = try BatchLoader(
      dataset, batchSize: batchSize, pool: ThreadPool(threads: threads))
    try loader.startEpoch(order: order, epoch: epoch)
    let (size, targets) = (dataset.inputShape.elementCount, dataset.targetShape.elementCount)
    var samples: [Int: [Float]] = [:]
    while let batch = try loader.next() {
      for row in 0..<batch.count {
        let index = batch.indices.lowerBound + row
        samples[order?[index] ?? index] =
          batch.input[row * size..<(row + 1) * size].array
          + batch.target[row * targets..<(row + 1) * targets].array
      }
    }
    return samples
  }

  @Test(arguments: [1, 2, 3])
  func samplesDependOnSeedEpochAndIndexAlone(threads: Int) throws {
    let dataset = try images(60).augmented(seed: 3) { Self.everything }
    let expected = try epoch(4, of: dataset, batchSize: 60)
    #expect(expected.count == 60)
    for round in 0..<3 {
      let order = BatchLoader.shuffledOrder(count: 60, seed: 9, epoch: round)
      #expect(try epoch(4, of: dataset, order: order, threads: threads) == expected)
    }
    #expect(try epoch(4, of: dataset, batchSize: 33, threads: threads) == expected)
    let others = [
      try epoch(5, of: dataset),
      try epoch(4, of: images(60).augmented(seed: 4) { Self.everything }),
    ]
    for other in others {
      #expect((0..<60).count { other[$0] != expected[$0] } > 55)
    }
  }

  @Test func imagesInAnEpochAreAugmentedDifferently() throws {
    let same = try ImageDataset(
      pixels: [UInt8](repeating: 0, count: 40) + [UInt8](repeating: 255, count: 0),
      imageShape: [1, 1, 1], labels: [UInt8](repeating: 0, count: 40), classNames: ["one"])
    let values = try epoch(0, of: same.augmented { RandomBrightness(0...1) })
    #expect(Set(values.values).count > 35)
  }

  @Test func whoeverDoesNotTrainSeesTheImagesAsTheyAre() throws {
    let base = try images(20)
    let dataset = try base.augmented { Self.everything }
    #expect(try epoch(nil, of: dataset) == epoch(nil, of: base))
    #expect(try epoch(0, of: base) == epoch(nil, of: base))
    #expect(dataset.input(3) == base.input(3))
    #expect(dataset.count == 20 && dataset.classNames == ["first", "second"])
  }

  // Only one interpolation: the second rotation restores what the first moves outside of the image
  // or blurs.
  @Test func neighboringMapsAreCombined() throws {
    let base = try images(5)
    let back = try base.augmented {
      RandomTranslation(height: 1...1, width: 0.5...0.5, fill: .constant(value: 0))
      RandomTranslation(height: -1 ... -1, width: -0.5 ... -0.5, fill: .constant(value: 0))
    }
    #expect(try epoch(0, of: back) == epoch(nil, of: base))
    let apart = try base.augmented {
      RandomTranslation(height: 1...1, width: 0...0, fill: .constant(value: 0))
      RandomBrightness(0)
      RandomTranslation(height: -1 ... -1, width: 0...0, fill: .constant(value: 0))
    }
    #expect(try #require(epoch(0, of: apart)[2]).prefix(90).allSatisfy { $0 == 0 })
    // Maps with different fills are not combined.
    let different = try base.augmented {
      RandomTranslation(height: 1...1, width: 0...0, fill: .constant(value: 0.5))
      RandomTranslation(height: -1 ... -1, width: 0...0, fill: .constant(value: 1))
    }
    #expect(try #require(epoch(0, of: different)[2]).prefix(90).allSatisfy { $0 == 1 })
  }

  @Test func theStepsHaveNumbersOfTheirOwn() throws {
    let dataset = try ImageDataset(
      pixels: [0], imageShape: [1, 1, 1], labels: [0], classNames: ["one"])
    let twice = try dataset.augmented {
      for _ in 0..<2 { RandomBrightness(0...0.5) }
    }
    let once = try dataset.augmented { RandomBrightness(0...0.5) }
    #expect(try #require(epoch(0, of: twice)[0])[0] != 2 * #require(epoch(0, of: once)[0])[0])
  }

  @Test func targetsAreMixedAsTheImages() throws {
    // White images of class 1, black ones of class 0.
    let dataset = try ImageDataset(
      pixels: (0..<40).map { $0 < 20 ? 0 : 255 }, imageShape: [1, 1, 1],
      labels: (0..<40).map { $0 < 20 ? 0 : 1 }, classNames: ["black", "white"], encoding: .oneHot)
    let mixed = try epoch(0, of: dataset.augmented { MixUp(alpha: 1) })
    for sample in mixed.values {
      #expect(abs(sample[0] - sample[2]) < 1e-6)
      #expect(abs(sample[1] + sample[2] - 1) < 1e-6)
    }
    #expect(mixed.values.contains { $0[0] > 0.2 && $0[0] < 0.8 })
  }

  // Otherwise training would use images of the validation part.
  @Test func aPartMixesAmongItself() throws {
    let base = try images(40)
    let mixing = try base.augmented { MixUp(alpha: 1) }
    let scaling = try Standardization(fitting: base)
    let parts: [any Dataset] = try [
      mixing.split(validation: 0.5).training,
      mixing.prefix(30).subset(Array(0..<30)).prefix(20),
      mixing.standardized(by: scaling).split(validation: 0.5).training,
      mixing.augmented { CutMix() }.split(validation: 0.5).training,
      mixing.subset(Array((0..<40).reversed())).subset(20..<40),
    ]
    for part in parts {
      #expect(part.count == 20)
      for number in 0..<5 {
        for sample in try epoch(number, of: part).values {
          #expect(abs(sample[sample.count - 2] - 1) < 1e-6)
          #expect(sample[sample.count - 1] == 0)
        }
      }
    }
    #expect(try epoch(0, of: mixing).values.contains { $0[91] > 0 && $0[91] < 1 })
  }

  @Test func whatDoesNotFitIsAnError() throws {
    let indices = try ImageDataset(
      pixels: [1, 2], imageShape: [1, 1, 1], labels: [0, 1], classNames: ["a", "b"])
    #expect(
      throws: ArgumentError(
        place: "the targets to mix by MixUp", expected: "one-hot ones, of shape (classes,)",
        found: "the shape (1,)")
    ) { try indices.augmented { MixUp() } }
    #expect(throws: ArgumentError.self) { try indices.augmented { CutMix() } }
    let error = #expect(throws: ArgumentError.self) {
      try CountingDataset(count: 3).augmented { RandomFlip() }
    }
    #expect(error?.found == "(2,)")
    struct Neither: AugmentationStep {}
    #expect(throws: ArgumentError.self) { try indices.augmented(by: Augmentation([Neither()])) }
  }

  struct Negative: ImageAugmentation {
    func apply(
      to image: ImageView, scratch: MemoryView<Float>, random: inout RandomStream.Generator
    ) {
      scratch.copy(from: image.pixels)
      for i in image.pixels.indices { image.pixels[i] = 1 - scratch[i] }
    }
  }

  @Test func usersOwnStandBesideOurs() throws {
    let base = try images(3)
    let dataset = try base.augmented { Negative() }
    let sample = try #require(epoch(0, of: dataset)[1])
    #expect(Array(sample.prefix(90)) == base.input(1).map { 1 - $0 })
  }

  @Test func augmentationsAreSaved() throws {
    let augmentation = Augmentation {
      Self.everything
      RandomZoom(height: 0...0.1, width: 0...0.2, fill: .constant(value: 0.5))
      Negative()
    }
    let data = try JSONEncoder().encode(augmentation)
    let decoder = JSONDecoder()
    decoder.userInfo[.typeRegistry] = TypeRegistry(TypeRegistry.augmentationTypes)
    #expect(throws: DecodingError.self) { try decoder.decode(Augmentation.self, from: data) }
    decoder.userInfo[.typeRegistry] = TypeRegistry(TypeRegistry.augmentationTypes)
      .adding(Negative.self)
    #expect(try decoder.decode(Augmentation.self, from: data) == augmentation)
    #expect(augmentation.steps.count == 13)
  }

  @Test func emptyDataMayBeAugmented() throws {
    #expect(try epoch(0, of: images(0).augmented { Self.everything }).isEmpty)
    let nothing = try images(4).augmented(by: Augmentation([]))
    #expect(try epoch(1, of: nothing) == epoch(nil, of: images(4)))
  }
}
