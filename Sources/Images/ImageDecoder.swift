internal import Foundation
internal import PinionTensor

/// Reads image files of either kind.
struct ImageDecoder {
  /// The longest side, JPEG's own limit.
  static let sideLimit = 65_535
  private static let byteLimit = 1 << 28

  private let pixelLimit: Int

  init(pixelLimit: Int) { self.pixelLimit = pixelLimit }

  /// Throws `FileError` with the reason if the file is no image that can be read, whole and sound.
  func decode(_ url: URL) throws(FileError) -> RasterImage {
    let reader = try FileReader(url)
    func failure(_ flaw: ImageFlaw) -> FileError {
      FileError(
        file: reader.file, place: flaw.place, expected: flaw.expected, found: flaw.found)
    }
    do throws(ImageFlaw) {
      guard reader.size <= Self.byteLimit else {
        throw ImageFlaw(
          "the file", expected: "at most \(Self.byteLimit) bytes", found: "\(reader.size)")
      }
    } catch {
      throw failure(error)
    }
    let bytes = try reader.bytes(0..<reader.size, place: "reading")
    do throws(ImageFlaw) {
      switch ImageSignature(bytes) {
      case .png: return try PNGDecoder.decode(bytes, check: check)
      case .jpeg: return try JPEGDecoder.decode(bytes, check: check)
      case .other(let name):
        throw ImageFlaw("the signature", expected: "a PNG or a JPEG file", found: name)
      }
    } catch {
      throw failure(error)
    }
  }

  /// Throws unless memory may be spent on an image of that size.
  private func check(height: Int, width: Int) throws(ImageFlaw) {
    guard height > 0, width > 0, height <= Self.sideLimit, width <= Self.sideLimit,
      height * width <= pixelLimit
    else {
      throw ImageFlaw(
        "the size", expected: "at most \(pixelLimit) pixels and sides of 1...\(Self.sideLimit)",
        found: "\(width)×\(height)")
    }
  }
}
