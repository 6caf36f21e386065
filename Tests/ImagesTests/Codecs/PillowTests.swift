import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionImages

/// Files of many kinds that Pillow reads, including some for which libpng and libjpeg issue
/// warnings; the pixels must be equal.
@Suite struct PillowTests {
  struct Case: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let file, rgb, gray: Data
    let height, width: Int
    let upright: Data?

    var testDescription: String { name }
  }

  static let cases = (try? Fixture.load("images", as: [Case].self)) ?? []

  @Test func fixtureHasCases() { #expect(Self.cases.count > 50) }

  @Test(arguments: cases) func pixelsEqualPillow(_ example: Case) throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(example.file), to: "class/image")
    let image = try RasterImage(contentsOf: folder.url.appending(path: "class/image"))
    #expect((image.height, image.width) == (example.height, example.width))
    #expect(image.converted(channels: 3).bytes == Array(example.rgb))
    #expect(image.converted(channels: 1).bytes == Array(example.gray))
    let dataset = try ImageFolder.load(
      folder.url, height: example.height, width: example.width, onUnreadable: .fail
    ).dataset
    #expect(dataset.pixels == Array(example.rgb))
  }

  @Test(arguments: cases.filter { $0.upright != nil })
  func orientationIsAppliedOnRequest(_ example: Case) throws {
    let folder = try TemporaryFolder()
    try folder.write(Array(example.file), to: "image")
    let url = folder.url.appending(path: "image")
    let image = try RasterImage(contentsOf: url, appliesOrientation: true)
    let upright = try #require(example.upright)
    #expect(image.bytes == Array(upright))
    #expect(image.height * image.width == example.height * example.width)
    // A batch with the size of the upright image.
    let batch = try Tensor(
      imageFiles: [url], height: image.height, width: image.width, appliesOrientation: true)
    #expect(batch.elements == upright.map { Float($0) / 255 })
  }

  @Test func truncatedFilesAreRefused() throws {
    for example in Self.cases where !example.name.contains("without") {
      let file = Array(example.file)
      // After the pixels, a PNG has 20 bytes, and a JPEG at least two.
      let isPNG = example.name.hasPrefix("png")
      let tail = isPNG ? 21 : example.name.contains("bytes before") ? 70 : 6
      for count in stride(from: 10, through: file.count - tail, by: 7) {
        var sink = RasterSink()
        #expect(throws: ImageFormatError.self, "\(example.name), the first \(count) bytes") {
          try ImageDecoder(pixelLimit: nil).decode(Array(file.prefix(count)), into: &sink)
        }
      }
    }
  }

  @Test func wrongPixelChecksumIsRefused() throws {
    // Stored without compression, so that a changed byte affects the checksums only.
    var png = TestPNG.gray([[UInt8]](repeating: [1, 2, 3, 4], count: 4))
    png.level = 0
    var bytes = png.bytes
    let place = try #require(bytes.indices.last { bytes[$0...].starts(with: [1, 2, 3, 4]) })
    bytes[place] = 9
    var sink = RasterSink()
    let flaw = #expect(throws: ImageFormatError.self) {
      try ImageDecoder(pixelLimit: nil).decode(bytes, into: &sink)
    }
    #expect(flaw?.found.contains("data check") == true)
  }
}
