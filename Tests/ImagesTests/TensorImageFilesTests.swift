import Foundation
import PinionData
import PinionImages
import PinionTensor
import PinionTestSupport
import Testing

@Suite struct TensorImageFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// An image without symmetry.
  static func file(_ number: Int, height: Int, width: Int) -> [UInt8] {
    TestPNG(
      width: width, height: height, colorType: 6,
      rows: (0..<height).map { y in
        (0..<width * 4).map { UInt8(truncatingIfNeeded: ($0 * 7 + y * 31 + number * 3) ^ (y * $0)) }
      }
    ).bytes
  }

  /// Files and folders give equal inputs, bit by bit.
  @Test(arguments: [1, 3], [RasterImage.Transparency.ignored, .onWhite])
  func fileAndFolderGiveEqualInputs(
    channels: Int, transparency: RasterImage.Transparency
  ) throws {
    let files = [(9, 13), (5, 7), (40, 3)].enumerated().map { number, size in
      Self.file(number, height: size.0, width: size.1)
    }
    for (number, file) in files.enumerated() { try folder.write(file, to: "a/\(number)") }
    let dataset = try ImageFolder.load(
      folder.url, height: 5, width: 7, channels: channels, transparency: transparency
    ).dataset
    var expected = Tensor.zeros([3, 5, 7, channels])
    let size = 5 * 7 * channels
    expected.mutate { view in
      for index in 0..<3 {
        dataset.copyInput(at: index, into: view[index * size..<(index + 1) * size])
      }
    }
    let urls = (0..<3).map { folder.url.appending(path: "a/\($0)") }
    #expect(
      try Tensor(
        imageFiles: urls, height: 5, width: 7, channels: channels, transparency: transparency)
        == expected)
    #expect(
      try Tensor(
        encodedImages: files, height: 5, width: 7, channels: channels, transparency: transparency)
        == expected)
    // The same computed step by step.
    let image = try RasterImage(contentsOf: urls[0])
      .converted(channels: channels, transparency: transparency).resized(height: 5, width: 7)
    #expect(image.bytes == Array(dataset.pixels.prefix(size)))
  }

  @Test func errorsNameTheFile() throws {
    try folder.write(Self.file(0, height: 2, width: 2), to: "sound")
    try folder.write([1, 2, 3], to: "broken")
    let urls = ["sound", "broken"].map { folder.url.appending(path: $0) }
    var error = #expect(throws: FileError.self) {
      try Tensor(imageFiles: urls, height: 2, width: 2)
    }
    #expect(error?.file == urls[1].path)
    #expect(error?.found == "an unknown format")
    error = #expect(throws: FileError.self) {
      try Tensor(
        encodedImages: [Self.file(0, height: 2, width: 2), []], height: 2, width: 2)
    }
    #expect(error?.file == "image 1")
    #expect(throws: ArgumentError.self) {
      try Tensor(imageFiles: urls, height: 2, width: 2, channels: 2)
    }
    #expect(throws: ArgumentError.self) { try Tensor(imageFiles: urls, height: 0, width: 2) }
    #expect(throws: ArgumentError.self) {
      try Tensor(imageFiles: urls, height: 2, width: 2, pixelLimit: 0)
    }
    #expect(try Tensor(imageFiles: [], height: 2, width: 3).shape == [0, 2, 3, 3])
  }
}
