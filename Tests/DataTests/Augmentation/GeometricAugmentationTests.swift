import Foundation
import PinionTensor
import Testing

@testable import PinionData

@Suite struct GeometricAugmentationTests {
  @Test func fixedParametersAgreeWithKeras() throws {
    let cases = try AugmentationFixture.load().keras
    #expect(cases.count == 2 * (3 * 2 * 3 + 2))
    for sample in cases {
      let image = TestImage(sample.image)
      let (fill, interpolation) = (
        try AugmentationFixture.fill(sample.fill), sample.interpolation
      )
      let ranges = sample.numbers.map { $0...$0 }
      let step: any ImageAugmentation =
        switch sample.layer {
        case "rotation":
          RandomRotation(ranges[0], fill: fill, interpolation: interpolation)
        case "zoom":
          RandomZoom(
            height: ranges[0], width: ranges[1], fill: fill, interpolation: interpolation)
        case "translation":
          RandomTranslation(
            height: ranges[0], width: ranges[1], fill: fill, interpolation: interpolation)
        case "brightness": RandomBrightness(ranges[0])
        default: RandomContrast(ranges[0])
        }
      // Keras's coordinates are single-precision.
      #expect(
        largestDifference(image.applying(step), sample.expected.data) < 5e-6,
        "\(sample.layer), \(sample.fill), \(sample.interpolation), \(sample.image.shape)")
    }
  }

  @Test(arguments: [[1, 1, 1], [1, 1, 3], [1, 7, 1], [5, 1, 3], [7, 4, 3], [32, 32, 3]])
  func identityParametersLeaveTheImage(shape: [Int]) {
    let steps: [any ImageAugmentation] = [
      RandomRotation(0), RandomRotation(360...360), RandomZoom(0), RandomShear(),
      RandomTranslation(height: 0, width: 0), PadAndCrop(0), RandomBrightness(0),
      RandomContrast(0), Cutout(0),
    ]
    for step in steps {
      let image = TestImage(shape)
      let before = image.values
      #expect(image.applying(step) == before, "\(step)")
    }
  }

  @Test func anImageOfOnePixelStaysWhatItIs() {
    for step in [RandomRotation(77...77), RandomRotation(-180...180)] {
      let image = TestImage([1, 1, 3], [0.25, 0.5, 0.75])
      #expect(largestDifference(image.applying(step), [0.25, 0.5, 0.75]) < 1e-6)
    }
  }

  @Test func shearsKeepTheCentre() {
    var random = RandomStream(seed: 0, stream: 0).generator
    let transform = RandomShear(x: 0.5...0.5, y: 0...0).transform(
      height: 5, width: 7, random: &random)
    #expect(transform == ImageTransform(xy: 0.5, x0: -1))
  }

  @Test func translationsMoveDownAndToTheRight() {
    let image = TestImage([3, 2, 1], [1, 2, 3, 4, 5, 6])
    let moved = image.applying(
      RandomTranslation(height: 1.0 / 3...1.0 / 3, width: 0.5...0.5, fill: .constant(value: 9)))
    #expect(largestDifference(moved, [9, 9, 9, 1, 9, 3]) < 1e-5)
  }

  /// The maps of a thousand streams.
  func transforms(
    _ step: some GeometricAugmentation, height: Int = 10, width: Int = 20
  ) -> [ImageTransform] {
    (0..<UInt64(4_000)).map { stream in
      var random = RandomStream(seed: 5, stream: stream).generator
      return step.transform(height: height, width: width, random: &random)
    }
  }

  /// Whether numbers are spread evenly over a range, as far as their extremes and first two moments
  /// tell.
  func isUniform(_ values: [Double], _ range: ClosedRange<Double>) -> Bool {
    let width = range.upperBound - range.lowerBound
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count
    let middle = (range.lowerBound + range.upperBound) / 2
    // Five standard errors of either.
    return values.allSatisfy { range.contains($0) }
      && abs(mean - middle) < 5 * width / (12 * count).squareRoot()
      && abs(variance - width * width / 12) < 5 * width * width / (180 * count).squareRoot()
  }

  @Test func parametersAreSpreadEvenly() {
    let angles = transforms(RandomRotation(15)).map { atan2($0.yx, $0.xx) * 180 / Double.pi }
    #expect(isUniform(angles, -15...15))
    let zooms = transforms(RandomZoom(height: 0.1...0.3, width: -0.2...0.4))
    #expect(isUniform(zooms.map { $0.yy - 1 }, 0.1...0.3))
    #expect(isUniform(zooms.map { $0.xx - 1 }, -0.2...0.4))
    #expect(transforms(RandomZoom(0.3)).allSatisfy { $0.xx == $0.yy })
    let shears = transforms(RandomShear(x: 0.2, y: 0.4))
    #expect(isUniform(shears.map(\.xy), -0.2...0.2))
    #expect(isUniform(shears.map(\.yx), -0.4...0.4))
    let moves = transforms(RandomTranslation(height: 0.1, width: 0.3))
    #expect(isUniform(moves.map(\.y0), -1...1))
    #expect(isUniform(moves.map(\.x0), -6...6))
    // The two are independent.
    let covariance = moves.reduce(0) { $0 + $1.x0 * $1.y0 } / 4_000
    #expect(abs(covariance) < 5 * 2 / 4_000.0.squareRoot())
  }

  @Test func cropsAreEquallyLikely() {
    var counts = [Int](repeating: 0, count: 25)
    for transform in transforms(PadAndCrop(2)) {
      #expect(transform.isOnGrid && transform.xx == 1 && transform.yy == 1)
      counts[(Int(transform.y0) + 2) * 5 + Int(transform.x0) + 2] += 1
    }
    // 160 expected in each; five standard deviations.
    #expect(counts.allSatisfy { abs($0 - 160) < 63 })
  }

  @Test func everySecondImageIsFlipped() {
    func shares(_ direction: RandomFlip.Direction) -> [Double] {
      let maps = transforms(RandomFlip(direction))
      return [false, true].flatMap { isVertical in
        [false, true].map { isHorizontal in
          let matching = maps.count { ($0.xx < 0) == isHorizontal && ($0.yy < 0) == isVertical }
          return Double(matching) / 4_000
        }
      }
    }
    func isClose(_ shares: [Double], _ expected: [Double]) -> Bool {
      zip(shares, expected).allSatisfy { $1 == 0 ? $0 == 0 : abs($0 - $1) < 0.04 }
    }
    #expect(isClose(shares(.horizontal), [0.5, 0.5, 0, 0]))
    #expect(isClose(shares(.vertical), [0.5, 0, 0.5, 0]))
    #expect(isClose(shares(.horizontalAndVertical), [0.25, 0.25, 0.25, 0.25]))
  }

  @Test func flipsMirrorPixels() throws {
    let values = (0..<4).map { stream in
      TestImage([2, 3, 1], [1, 2, 3, 4, 5, 6])
        .applying(RandomFlip(.horizontalAndVertical), stream: UInt64(stream))
    }
    let all: [[Float]] = [
      [1, 2, 3, 4, 5, 6], [3, 2, 1, 6, 5, 4], [4, 5, 6, 1, 2, 3], [6, 5, 4, 3, 2, 1],
    ]
    #expect(values.allSatisfy { all.contains($0) })
  }
}
