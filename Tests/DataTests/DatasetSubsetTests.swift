import PinionData
import PinionTensor
import Testing

@Suite struct DatasetSubsetTests {
  let whole = CountingDataset(count: 10)

  func indices(_ dataset: some Dataset) -> [Float] {
    (0..<dataset.count).map { index in
      #expect(dataset.target(index) == [2 * dataset.input(index)[0]])
      return dataset.input(index)[0]
    }
  }

  @Test func prefixHoldsTheFirstSamples() {
    #expect(indices(whole.prefix(3)) == [0, 1, 2])
    #expect(indices(whole.prefix(11)) == indices(whole))
    #expect(whole.prefix(0).count == 0)
  }

  @Test func subsetsHoldTheChosenSamples() throws {
    #expect(try indices(whole.subset(4..<7)) == [4, 5, 6])
    #expect(try indices(whole.subset([9, 0, 9])) == [9, 0, 9])
    #expect(try indices(whole.subset(4..<9).subset([4, 0]).prefix(1)) == [8])
    #expect(try whole.subset(4..<9).subset([4, 0]).inputShape == [2])
  }

  @Test func subsetsOutsideTheDataAreErrors() {
    #expect(
      throws: ArgumentError(
        place: "the subset's range", expected: "a part of 0..<10", found: "4..<11")
    ) { try whole.subset(4..<11) }
    #expect(throws: ArgumentError(place: "index 2", expected: "0...9", found: "10")) {
      try whole.subset([0, 9, 10])
    }
    #expect(throws: ArgumentError(place: "index 0", expected: "0...9", found: "-1")) {
      try whole.subset([-1])
    }
  }

  @Test func aSubsetsNamesAreItsBases() throws {
    let images = try ImageDataset(
      pixels: [1, 2], imageShape: [1, 1, 1], labels: [0, 1], classNames: ["a", "b"])
    #expect(images.prefix(1).classNames == ["a", "b"])
    #expect(images.oneHot().prefix(1).targetShape == [2])
    #expect(whole.prefix(1).classNames == nil)
  }

  // Keras: split_at = floor(n·(1 − f)); the last samples validate.
  @Test(arguments: [(10, 0.25, 7), (10, 0.1, 9), (7, 0.5, 3), (2, 0.001, 1), (60_000, 0.1, 54_000)])
  func theLastFractionValidates(count: Int, fraction: Double, boundary: Int) throws {
    let dataset = CountingDataset(count: count)
    let (training, validation) = try dataset.split(validation: fraction)
    #expect(training.count == boundary)
    #expect(validation.count == count - boundary)
    #expect(training.input(boundary - 1)[0] == Float(boundary - 1))
    #expect(validation.input(0)[0] == Float(boundary))
  }

  @Test(arguments: [0, 1, -0.1, 1.5, .nan, .infinity]) func fractionsLieBetween0And1(
    _ fraction: Double
  ) {
    let error = #expect(throws: ArgumentError.self) { try whole.split(validation: fraction) }
    #expect(error?.place == "the validation fraction")
  }

  @Test func emptyPartsAreErrors() {
    #expect(
      throws: ArgumentError(
        place: "the split of 10 samples by the validation fraction 0.95",
        expected: "at least one sample in each part",
        found: "0 for training, 10 for validation")
    ) { try whole.split(validation: 0.95) }
    #expect(throws: ArgumentError.self) { try whole.prefix(1).split(validation: 0.5) }
    #expect(throws: ArgumentError.self) { try whole.prefix(0).split(validation: 0.5) }
  }
}
