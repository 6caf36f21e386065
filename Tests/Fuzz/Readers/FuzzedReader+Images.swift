import Foundation
import PinionData
import PinionImages
import PinionTensor

/// Readers of images, each also given a file of the other format.
extension FuzzedReader {
  static let images: [FuzzedReader] = [
    FuzzedReader(
      "png", .png, seeds: { _ in ImageSeeds.png + ImageSeeds.jpeg[..<1] },
      refusals: { _ in ImageSeeds.refusals }, read: readImage, once: readFolder),
    FuzzedReader(
      "jpeg", .jpeg, seeds: { _ in ImageSeeds.jpeg + ImageSeeds.png[..<1] },
      refusals: { _ in ImageSeeds.refusals }, read: readImage,
      once: { url in
        try readFolder(url)
        // 99 scans of 2¹⁸ blocks each.
        try Data(ImageSeeds.scans(99, width: 4096, height: 4096)).write(to: url)
        try Expect.refusal(of: "a file of many scans", url) {
          _ = try Tensor(imageFiles: [url], height: 5, width: 4)
        }
      }),
  ]

  @Sendable private static func readImage(_ url: URL) throws {
    let image = try RasterImage(contentsOf: url, appliesOrientation: true)
    for channels in [1, 3] { _ = image.converted(channels: channels, transparency: .onWhite) }
    let tensor = try Tensor(
      imageFiles: [url], height: 5, width: 4, channels: 1, appliesOrientation: true)
    let again = try Tensor(
      encodedImages: [[UInt8](Data(contentsOf: url))], height: 5, width: 4, channels: 1,
      appliesOrientation: true)
    try Expect.same(again.elements, tensor.elements, "the image in memory")
    let pixels = image.height * image.width
    try Expect.that(
      RasterImage(contentsOf: url, appliesOrientation: true, pixelLimit: pixels) == image,
      "an image within a limit differs")
    try Expect.refusal(of: "an image beyond a limit", url) {
      _ = try RasterImage(contentsOf: url, pixelLimit: pixels - 1)
    }
  }

  /// A folder of a class whose files are an image, a file larger than images may be, and a text.
  @Sendable private static func readFolder(_ url: URL) throws {
    let folder = url.deletingLastPathComponent().appending(path: "set/class")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let large = folder.appending(path: "large")
    try FileManager.default.copyItem(at: url, to: folder.appending(path: "image.JPG"))
    try FileManager.default.copyItem(at: url, to: large)
    try Expect.that(truncate(large.path, 1 << 28 + 1) == 0, "no sparse file")
    try Data("notes".utf8).write(to: folder.appending(path: "notes"))
    let contents = try ImageFolder.load(
      folder.deletingLastPathComponent(), height: 5, width: 4, channels: 1)
    try Expect.that(
      contents.dataset.count == 1 && contents.unreadable.count == 1 && contents.skipped.count == 1,
      "another count of images")
    _ = try Expect.samples(of: contents.dataset)
    for limit in [0, 1] {
      try Expect.refusal(of: "a limit of \(limit) pixels", url) {
        _ = try Tensor(imageFiles: [url], height: 5, width: 4, pixelLimit: limit)
      }
    }
  }
}
