import Foundation
import PinionTensor
import PinionTestSupport
import Testing
import VisualizationTestSupport

@testable import PinionVisualization

@Suite struct PNGTests {
  @Test(arguments: [1, 3, 4], [(1, 1), (7, 5), (64, 33)])
  func decodingReturnsThePixels(channels: Int, sides: (Int, Int)) throws {
    let (width, height) = sides
    let random = RandomStream(seed: 1, stream: UInt64(channels * width))
    // Half noise, half gradient, so that different filters are chosen.
    let size = width * channels
    let bytes = (0..<size * height).map { (index: Int) -> UInt8 in
      let isNoise = index % size < index / size * 3
      return isNoise
        ? UInt8(truncatingIfNeeded: random.bits(at: UInt64(index)).x) : UInt8(index / 5 % 256)
    }
    let image = PixelImage(width: width, height: height, channels: channels, bytes: bytes)
    let decoded = try PNGDecoder(PNG.encode(image))
    #expect((decoded.width, decoded.height) == (width, height))
    #expect(decoded.channels == channels)
    #expect(decoded.pixels == bytes)
  }

  @Test func filtersCompressGradients() throws {
    let bytes = (0..<64 * 64).map { (index: Int) -> UInt8 in UInt8(index % 64 * 2 + index / 64) }
    let file = PNG.encode(PixelImage(width: 64, height: 64, channels: 1, bytes: bytes))
    #expect(try PNGDecoder(file).filters != [0])
    #expect(file.count < 400)
  }

  @Test func writesCompleteFiles() throws {
    let folder = try TemporaryFolder()
    let image = PixelImage(width: 2, height: 1, channels: 1, bytes: [0, 255])
    try PNG.write(image, to: folder.url.appending(path: "a.png"))
    let bytes = try Data(contentsOf: folder.url.appending(path: "a.png"))
    #expect(try PNGDecoder([UInt8](bytes)).pixels == [0, 255])
    #expect(folder.contents == ["a.png"])
  }

  @Test func dataURIContainsTheFile() throws {
    let image = PixelImage(width: 2, height: 2, channels: 3, bytes: Array(0..<12))
    let parts = image.dataURI.split(separator: ",")
    #expect(parts.first == "data:image/png;base64")
    let file = try #require(Data(base64Encoded: String(parts[1])))
    #expect(try PNGDecoder([UInt8](file)).pixels == Array(0..<12))
  }
}
