import Foundation
import PinionTensor
import PinionTestSupport
import Testing

@testable import PinionImages

@Suite(.timeLimit(.minutes(10))) struct ThousandImagesTests {
  /// An image of one color, which identifies class and number.
  static func color(_ number: Int) -> [UInt8] {
    [UInt8(number % 256), UInt8(number / 256 * 60), UInt8(255 - number % 256)]
  }

  static func png(_ number: Int) -> [UInt8] {
    let (width, height) = (8 + number % 5, 8 + number % 3)
    return TestPNG.rgb(
      (0..<height).map { _ in (0..<width).flatMap { _ in color(number) } }
    ).bytes
  }

  static func jpeg(_ number: Int) -> [UInt8] {
    let (width, height) = (8 + number % 7, 8 + number % 4)
    return TestJPEG.encode(
      (0..<width * height).flatMap { _ in color(number) }, width: width, height: height,
      channels: 3)
  }

  /// Ten kinds of corrupt files, and part of their error messages.
  static let broken: [(bytes: [UInt8], reason: String)] = [
    ([], "found an empty file"),
    (Array("not an image".utf8), "found an unknown format"),
    (Array("GIF89a".utf8) + [UInt8](repeating: 0, count: 20), "found a GIF file"),
    (Array(png(1).prefix(20)), "header: expected a valid PNG"),
    (Array(png(2).prefix(50)), "image: expected a valid PNG"),
    (flipped(png(3), at: 50), "image: expected a valid PNG"),
    (
      TestPNG(width: 60_000, height: 60_000, colorType: 2, rows: [[1, 2, 3]]).bytes,
      "found 60000×60000"
    ),
    (Array(noise.dropLast(40)), "image: expected a valid JPEG"),
    (Array(noise.prefix(30)), "header: expected a valid JPEG"),
    (TestJPEG.scans(499, width: 4096, height: 4096), "scans: expected"),
  ]

  /// A JPEG with detail, so that its last bytes belong to the image.
  private static let noise = TestJPEG.encode(
    (0..<768).map { UInt8(truncatingIfNeeded: $0 * $0 * 37) }, width: 16, height: 16, channels: 3)

  private static func flipped(_ bytes: [UInt8], at position: Int) -> [UInt8] {
    var bytes = bytes
    bytes[position] ^= 0xff
    return bytes
  }

  @Test func tenCorruptFilesAmongThousandAreListed() throws {
    let folder = try TemporaryFolder()
    var reasons: [String: String] = [:]
    for number in 0..<1000 {
      let label = ["ant", "bee", "cat"][number % 3]
      // Wrong file extensions, because only the contents count.
      let name = "\(label)/\(String(format: "%04d", number)).\(number % 4 < 2 ? "png" : "jpg")"
      if number % 100 == 55 {
        let (bytes, reason) = Self.broken[number / 100]
        try folder.write(bytes, to: name)
        reasons[folder.url.appending(path: name).path] = reason
      } else {
        try folder.write(number % 2 == 0 ? Self.png(number) : Self.jpeg(number), to: name)
      }
    }
    let contents = try ImageFolder.load(folder.url, height: 8, width: 8)
    let (dataset, unreadable) = (contents.dataset, contents.unreadable)
    #expect(dataset.count == 990)
    #expect(dataset.inputShape == [8, 8, 3])
    #expect(dataset.classNames == ["ant", "bee", "cat"])
    #expect(Set(unreadable.map(\.file)) == Set(reasons.keys))
    for error in unreadable {
      let reason = try #require(reasons[error.file])
      #expect(error.description.contains(reason), "\(error)")
    }
    // In the order of classes and names: each image has its own color and label.
    let numbers = (0..<3).flatMap { label in
      (0..<1000).filter { $0 % 3 == label && $0 % 100 != 55 }
    }
    #expect(dataset.labels == numbers.map { $0 % 3 })
    for (index, number) in numbers.enumerated() {
      let pixel = dataset.pixels[index * 192..<index * 192 + 3]
      let distance = zip(pixel, Self.color(number)).map { abs(Int($0) - Int($1)) }.max() ?? 255
      #expect(distance <= (number % 2 == 0 ? 0 : 4), "image \(number)")
    }
    let first = #expect(throws: FileError.self) {
      try ImageFolder.load(folder.url, height: 8, width: 8, onUnreadable: .fail)
    }
    #expect(first == unreadable.first)
  }
}
