import Foundation
import PinionData
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct StandardizationTests {
  func dataset(_ tensor: FixtureTensor) throws -> ArrayDataset {
    try ArrayDataset(
      inputs: tensor.data, inputShape: Shape(Array(tensor.shape.dropFirst())),
      targets: [Float](repeating: 0, count: tensor.shape[0]), targetShape: [1])
  }

  // One channel has a mean ten thousand times its deviation, one is constant.
  @Test func numbersAreScikitLearns() throws {
    let fixture = try AugmentationFixture.load().standardization
    let dataset = try dataset(fixture.inputs)
    let scaling = try Standardization(fitting: dataset)
    for channel in 0..<3 {
      #expect(abs(Double(scaling.mean[channel]) / fixture.mean[channel] - 1) < 1e-7)
      #expect(
        abs(Double(scaling.standardDeviation[channel]) / fixture.standardDeviation[channel] - 1)
          < 1e-6)
    }
    #expect(scaling.standardDeviation[2] == 1)
    let scaled = try dataset.standardized(by: scaling)
    let values = (0..<dataset.count).flatMap { scaled.input($0) }
    // The subtraction of two numbers near 100 leaves 0.0005 of their rounding.
    #expect(largestDifference(values, fixture.expected.data) < 2e-3)
    let exact = stride(from: 0, to: values.count, by: 3)
    #expect(
      largestDifference(exact.map { values[$0] }, exact.map { fixture.expected.data[$0] }) < 1e-6)
    #expect(scaled.target(2) == [0])
  }

  @Test func anAugmentedImageIsStandardizedAfterwards() throws {
    let base = try ImageDataset(
      pixels: [0, 255], imageShape: [1, 1, 1], labels: [0, 0], classNames: ["a"])
    let dataset = try base.augmented { RandomBrightness(0.5...0.5) }
      .standardized(by: Standardization(mean: [0.5], standardDeviation: [0.25]))
    let loader = try BatchLoader(dataset)
    try loader.startEpoch(epoch: 0)
    #expect(try #require(try loader.next()).input.array == [0, 2])
    try loader.startEpoch()
    #expect(try #require(try loader.next()).input.array == [-2, 2])
  }

  // Squares overflow in single precision from 10¹⁹ on, differences from 1.7·10³⁸ on.
  @Test(arguments: [Float(1e18), 1e20, 1e30, 3.4e38]) func anyFiniteNumbers(scale: Float) throws {
    let values: [Float] = [-1, 1, 0.5, 1, 1, 0.25, -1, 1]
    let base = try ArrayDataset(
      inputs: values.flatMap { [$0 * scale, $0] }, inputShape: [2, 2],
      targets: [0, 0, 0, 0], targetShape: [1])
    let scaling = try Standardization(fitting: base)
    #expect(abs(scaling.mean[0] / scale / scaling.mean[1] - 1) < 1e-6)
    #expect(abs(scaling.standardDeviation[0] / scale / scaling.standardDeviation[1] - 1) < 1e-6)
    let scaled = try base.standardized(by: scaling)
    for index in 0..<4 {
      let input = scaled.input(index)
      #expect(abs(input[0] - input[1]) < 1e-6 && abs(input[2] - input[3]) < 1e-6)
    }
  }

  @Test func numbersAreSaved() throws {
    let scaling = try Standardization(mean: [0.5, 1], standardDeviation: [0.25, 2])
    let data = try JSONEncoder().encode(scaling)
    #expect(try JSONDecoder().decode(Standardization.self, from: data) == scaling)
  }

  @Test func whatMakesNoSenseIsAnError() throws {
    #expect(throws: ArgumentError.self) {
      try Standardization(fitting: CountingDataset(count: 0))
    }
    #expect(throws: ArgumentError.self) { try Standardization(mean: [], standardDeviation: []) }
    #expect(throws: ArgumentError.self) { try Standardization(mean: [1], standardDeviation: []) }
    for (mean, deviation) in [(0, 0), (0, -1), (Float.nan, 1), (0, Float.nan), (0, .infinity)] {
      let error = #expect(throws: ArgumentError.self) {
        try Standardization(mean: [mean], standardDeviation: [deviation])
      }
      #expect(error?.place == "channel 0")
    }
    let two = try Standardization(fitting: CountingDataset(count: 3))
    let images = try ImageDataset(
      pixels: [0], imageShape: [1, 1, 1], labels: [0], classNames: ["a"])
    let error = #expect(throws: ArgumentError.self) { try images.standardized(by: two) }
    #expect(error?.found == "the shape (1, 1, 1)")
  }
}
