import PinionTensor
import Testing

@testable import PinionData

@Suite struct ImageAugmentationTests {
  @Test func brightnessStaysIn0To1() {
    let bright = TestImage([1, 2, 1], [0.25, 0.75]).applying(RandomBrightness(0.5...0.5))
    #expect(bright == [0.75, 1])
    let dark = TestImage([1, 2, 1], [0.25, 0.75]).applying(RandomBrightness(-0.5 ... -0.5))
    #expect(dark == [0, 0.25])
  }

  @Test func contrastMovesEachChannelAboutItsMean() {
    // Means 0.5 and 0.25.
    let image = TestImage([1, 2, 2], [0.25, 0, 0.75, 0.5])
    #expect(image.applying(RandomContrast(-0.5 ... -0.5)) == [0.375, 0.125, 0.625, 0.375])
  }

  @Test func cutoutsCoverSquaresAroundAllPixels() {
    var corners: Set<[Int]> = []
    for stream in 0..<500 {
      let image = TestImage([5, 6, 2], [Float](repeating: 1, count: 60))
      let values = image.applying(Cutout(3, value: 0.5), stream: UInt64(stream))
      let covered = (0..<30).filter { values[2 * $0] == 0.5 }
      #expect(covered.allSatisfy { values[2 * $0 + 1] == 0.5 })
      let rows = Set(covered.map { $0 / 6 })
      let columns = Set(covered.map { $0 % 6 })
      #expect(covered.count == rows.count * columns.count)
      #expect((2...3).contains(rows.count) && (2...3).contains(columns.count))
      corners.insert([rows.min() ?? -1, rows.count, columns.min() ?? -1, columns.count])
    }
    // The square's centre is each of the 30 pixels.
    #expect(corners.count == 30)
  }

  @Test func cutoutsMayBeLargerThanTheImage() {
    for stream in 0..<20 {
      let values = TestImage([3, 2, 1]).applying(Cutout(9), stream: UInt64(stream))
      #expect(values == [Float](repeating: 0, count: 6))
    }
  }

  @Test func mixUpIsTheWeightedMean() {
    for stream in 0..<UInt64(50) {
      let image = TestImage([2, 2, 1], [0, 0.25, 0.5, 1])
      let other = TestImage([2, 2, 1], [1, 1, 1, 1])
      var random = RandomStream(seed: 0, stream: stream).generator
      let weight = MixUp(alpha: 0.4).mix(image.view, with: other.view, random: &random)
      #expect(weight >= 0 && weight <= 1)
      let expected = [0, 0.25, 0.5, 1].map { weight * $0 + (1 - weight) }
      #expect(largestDifference(image.values, expected) < 1e-6)
    }
  }

  @Test func cutMixWeighsByArea() {
    var weights: [Float] = []
    for stream in 0..<UInt64(2_000) {
      let image = TestImage([6, 9, 2], [Float](repeating: 0, count: 108))
      let other = TestImage([6, 9, 2], [Float](repeating: 1, count: 108))
      var random = RandomStream(seed: 0, stream: stream).generator
      let weight = CutMix().mix(image.view, with: other.view, random: &random)
      let replaced = (0..<54).filter { image.values[2 * $0] == 1 }
      #expect(abs(Float(54 - replaced.count) / 54 - weight) < 1e-6)
      #expect(replaced.allSatisfy { image.values[2 * $0 + 1] == 1 })
      let rows = Set(replaced.map { $0 / 9 })
      let columns = Set(replaced.map { $0 % 9 })
      #expect(replaced.count == rows.count * columns.count)
      weights.append(weight)
    }
    // From nothing to the largest rectangle but the whole, 5 × 8.
    #expect(weights.max() == 1)
    #expect((weights.min() ?? 1) < 0.3)
  }

  struct Refused: Sendable {
    let step: any AugmentationStep
    let place: String
  }

  static let refused: [Refused] = [
    .init(step: RandomRotation(.nan), place: "the angles of a rotation"),
    .init(step: RandomRotation(361), place: "the angles of a rotation"),
    .init(step: RandomZoom(-1), place: "the factors of a zoom of the height"),
    .init(
      step: RandomZoom(height: 0...0, width: 0...1.5),
      place: "the factors of a zoom of the width"),
    .init(step: RandomShear(x: 1.1), place: "the factors of a shear along rows"),
    .init(step: RandomShear(y: .infinity), place: "the factors of a shear along columns"),
    .init(
      step: RandomTranslation(height: 2, width: 0),
      place: "the factors of a translation of the height"),
    .init(
      step: RandomTranslation(height: 0, width: 0, fill: .constant(value: .nan)),
      place: "the constant outside the image"),
    .init(step: PadAndCrop(-1), place: "the padding of a crop"),
    .init(step: PadAndCrop(.max), place: "the padding of a crop"),
    .init(step: RandomBrightness(1.5), place: "the shifts of the brightness"),
    .init(step: RandomContrast(-2...0), place: "the changes of the contrast"),
    .init(step: Cutout(-1), place: "the size of a cutout"),
    .init(step: Cutout(1, value: .infinity), place: "the value of a cutout"),
    .init(step: MixUp(alpha: 0), place: "α of MixUp"),
    .init(step: CutMix(alpha: .nan), place: "α of CutMix"),
  ]

  @Test func numbersWithoutSenseAreErrors() throws {
    for refused in Self.refused {
      let error = #expect(throws: ArgumentError.self) {
        try Augmentation([refused.step]).validate(inputShape: [4, 4, 3], targetShape: [10])
      }
      #expect(error?.place == refused.place)
    }
  }
}
