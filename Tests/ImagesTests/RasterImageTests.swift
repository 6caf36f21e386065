import Testing

@testable import PinionImages

@Suite struct RasterImageTests {
  func row(_ bytes: [UInt8], channels: Int = 1) -> RasterImage {
    RasterImage(height: 1, width: bytes.count / channels, channels: channels, bytes: bytes)
  }

  @Test func grayUsesLumaWeights() {
    let colors: [UInt8] = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
    #expect(row(colors, channels: 3).converted(channels: 1).bytes == [76, 150, 29, 255])
    #expect(row([7, 9]).converted(channels: 3).bytes == [7, 7, 7, 9, 9, 9])
  }

  @Test func alphaIsIgnored() {
    #expect(
      row([0, 0, 0, 255, 100, 128], channels: 2).converted(channels: 1).bytes == [0, 0, 100])
    #expect(
      row([10, 20, 30, 0, 10, 20, 30, 255], channels: 4).converted(channels: 3).bytes
        == [10, 20, 30, 10, 20, 30])
  }

  @Test func alphaIsBlendedWithWhiteOnRequest() {
    func onWhite(_ image: RasterImage, _ channels: Int) -> [UInt8] {
      image.converted(channels: channels, transparency: .onWhite).bytes
    }
    #expect(onWhite(row([0, 0, 0, 255, 100, 128], channels: 2), 1) == [255, 0, 177])
    #expect(
      onWhite(row([10, 20, 30, 0, 10, 20, 30, 255], channels: 4), 3)
        == [255, 255, 255, 10, 20, 30])
    #expect(onWhite(row([0, 0, 0, 0], channels: 4), 1) == [255])
    #expect(onWhite(row([10, 20, 30], channels: 3), 3) == [10, 20, 30])
  }

  @Test func shrinkingAveragesAreas() {
    #expect(row([0, 10, 20, 30]).resized(height: 1, width: 2).bytes == [5, 25])
    // Each pixel covers one and a half source pixels.
    #expect(row([0, 30, 90]).resized(height: 1, width: 2).bytes == [10, 70])
    #expect(row([1, 2, 3, 4, 5]).resized(height: 1, width: 1).bytes == [3])
  }

  @Test func enlargingInterpolatesLinearly() {
    #expect(row([0, 100]).resized(height: 1, width: 4).bytes == [0, 25, 75, 100])
    #expect(row([50]).resized(height: 3, width: 2).bytes == [50, 50, 50, 50, 50, 50])
  }

  @Test func axesAndChannelsAreIndependent() {
    let image = RasterImage(
      height: 2, width: 2, channels: 3, bytes: [0, 1, 2, 10, 11, 12, 20, 21, 22, 30, 31, 32])
    #expect(
      image.resized(height: 1, width: 2)
        == RasterImage(height: 1, width: 2, channels: 3, bytes: [10, 11, 12, 20, 21, 22]))
    #expect(image.resized(height: 2, width: 2) == image)
  }

  @Test(
    arguments: [
      (1, [1, 2, 3, 4, 5, 6]), (2, [3, 2, 1, 6, 5, 4]), (3, [6, 5, 4, 3, 2, 1]),
      (4, [4, 5, 6, 1, 2, 3]), (5, [1, 4, 2, 5, 3, 6]), (6, [4, 1, 5, 2, 6, 3]),
      (7, [6, 3, 5, 2, 4, 1]), (8, [3, 6, 2, 5, 1, 4]),
    ] as [(Int, [UInt8])])
  func orientationsMovePixels(tag: Int, expected: [UInt8]) throws {
    let orientation = try #require(ImageOrientation(rawValue: tag))
    for channels in 1...4 {
      func image(_ pixels: [UInt8], height: Int) -> RasterImage {
        RasterImage(
          height: height, width: 6 / height, channels: channels,
          bytes: pixels.flatMap { pixel in (0..<channels).map { 10 * pixel + UInt8($0) } })
      }
      let oriented = image([1, 2, 3, 4, 5, 6], height: 2).oriented(orientation)
      #expect(oriented == image(expected, height: orientation.swapsAxes ? 3 : 2))
    }
  }

  @Test(arguments: [(1, 1), (7, 3), (3, 7), (64, 5), (5, 64), (1000, 33)])
  func resamplingWeightsSumToOne(old: Int, new: Int) {
    let weights = ResamplingWeights(from: old, to: new)
    #expect(weights.taps.count == new)
    for tap in weights.taps {
      #expect(abs(tap.reduce(Float(0)) { $0 + weights.weights[$1] } - 1) < 1e-5)
      #expect(tap.allSatisfy { (0..<old).contains(weights.sources[$0]) })
    }
    // White stays white.
    let white = row([UInt8](repeating: 255, count: old)).resized(height: 1, width: new)
    #expect(white.bytes.allSatisfy { $0 == 255 })
  }
}
