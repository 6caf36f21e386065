import PinionData
import PinionTensor
import Testing

@Suite struct AlternatelyFlippedDatasetTests {
  private static let shape: Shape = [3, 5, 2]

  private func images(_ count: Int) throws -> ImageDataset {
    let bytes = (0..<count * Self.shape.elementCount).map {
      UInt8(truncatingIfNeeded: $0 &* 37 >> 1)
    }
    return try ImageDataset(
      pixels: bytes, imageShape: Self.shape, labels: (0..<count).map { $0 % 2 },
      classNames: ["first", "second"])
  }

  /// A sample of an epoch, or outside training.
  private func sample(_ dataset: some Dataset, _ index: Int, epoch: Int?) throws -> [Float] {
    let (input, target) = (
      AlignedBuffer(count: Self.shape.elementCount), AlignedBuffer(count: 1)
    )
    let scratch = AlignedBuffer(count: dataset.scratchCount)
    try dataset.copySample(
      at: index, epoch: epoch, into: SampleView(input: input.view, target: target.view),
      scratch: scratch.view)
    return withExtendedLifetime((input, target, scratch)) { input.view.array }
  }

  private func mirrored(_ image: [Float]) -> [Float] {
    var result = image
    for y in 0..<3 {
      for x in 0..<5 {
        let (from, to) = ((y * 5 + x) * 2, (y * 5 + 4 - x) * 2)
        (result[to], result[to + 1]) = (image[from], image[from + 1])
      }
    }
    return result
  }

  @Test func everySecondEpochIsMirrored() throws {
    let base = try images(200)
    let dataset = try base.alternatelyFlipped(seed: 5)
    var first = 0
    for index in 0..<200 {
      let image = base.input(index)
      let epochs = try (0..<4).map { try sample(dataset, index, epoch: $0) }
      #expect(epochs[0] == epochs[2] && epochs[1] == epochs[3])
      #expect(Set([epochs[0], epochs[1]]) == [image, mirrored(image)])
      if epochs[0] != image { first += 1 }
      #expect(try sample(dataset, index, epoch: nil) == image && dataset.input(index) == image)
    }
    // Half of the images begin mirrored, others with another seed.
    #expect((70...130).contains(first))
    let other = try base.alternatelyFlipped(seed: 6)
    let changed = try (0..<200).count {
      try sample(other, $0, epoch: 0) != sample(dataset, $0, epoch: 0)
    }
    #expect((70...130).contains(changed))
  }

  @Test func refusesOtherThanImages() throws {
    let vectors = CountingDataset(count: 3)
    #expect(throws: ArgumentError.self) { try vectors.alternatelyFlipped() }
    let base = try images(2)
    let error = #expect(throws: ArgumentError.self) { try base.alternatelyFlipped(input: 1) }
    #expect(error?.place == "the input to flip")
  }
}
