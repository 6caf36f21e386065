import Foundation
import JPEGEncoder

/// Images, which Pinion reads but does not write.
enum ImageSeeds {
  /// Of every color type and depth, with each filter, and interlaced.
  static let png: [[UInt8]] = {
    func file(
      _ type: UInt8, _ depth: UInt8, isInterlaced: Bool = false, _ chunks: [[UInt8]] = []
    ) -> [UInt8] {
      let size = 5
      let channels = [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][type, default: 1]
      let mask = depth < 8 ? 0x55 : 0xFF
      func rows(_ width: Int, _ height: Int) -> [UInt8] {
        let count = (width * channels * Int(depth) + 7) / 8
        var rows: [UInt8] = []
        for row in 0..<height where count > 0 {
          rows.append(UInt8(row % 5))
          for byte in 0..<count { rows.append(UInt8((row * 31 + byte * 17) & mask)) }
        }
        return rows
      }
      // Widths and heights of the seven passes of an image of 5 × 5 (PNG specification, 8.2).
      let passes = [(1, 1), (1, 1), (2, 1), (1, 2), (3, 1), (2, 3), (5, 2)]
      let pixels = isInterlaced ? passes.flatMap { rows($0.0, $0.1) } : rows(size, size)
      var header = Array("IHDR".utf8)
      header += Endian.big(size, 4)
      header += Endian.big(size, 4)
      header += [depth, type, 0, 0, isInterlaced ? 1 : 0]
      var parts = [header]
      if type == 3 { parts.append(Array("PLTE".utf8) + [UInt8](0..<12)) }
      parts += chunks
      parts.append(Array("IDAT".utf8) + Deflate.deflated(pixels))
      parts.append(Array("IEND".utf8))
      return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + parts.flatMap(Deflate.chunk)
    }
    let transparency = Array("tRNS".utf8)
    return [
      file(0, 8), file(0, 1), file(0, 16, [transparency + [0, 3]]), file(2, 8), file(2, 16),
      file(2, 8, [transparency + [0, 1, 0, 2, 0, 3]]), file(3, 2), file(3, 2, [transparency + [9]]),
      file(4, 8), file(6, 8), file(6, 16), file(2, 8, isInterlaced: true),
      file(0, 8, [Array("gAMA".utf8) + [0, 0, 1, 0], Array("tEXt".utf8) + Array("a\0b".utf8)]),
      file(0, 8, [Array("eXIf".utf8) + exif(.little)]),
    ]
  }()

  static let jpeg: [[UInt8]] = {
    func file(
      _ channels: Int, _ size: Int, sampling: [Int32]? = nil, isProgressive: Bool = false
    ) -> [UInt8] {
      var count = 0
      let pixels = (0..<size * size * channels).map { UInt8(truncatingIfNeeded: $0 * 37) }
      let bytes = pinion_encode_jpeg(
        pixels, Int32(size), Int32(size), Int32(channels), 80, sampling, isProgressive ? 1 : 0,
        &count)
      defer { free(bytes) }
      return Array(UnsafeBufferPointer(start: bytes, count: count))
    }
    func oriented(_ order: ByteOrder) -> [UInt8] {
      let segment = Array("Exif\0\0".utf8) + exif(order)
      let file = file(1, 8)
      return file[..<2] + [0xFF, 0xE1] + Endian.big(segment.count + 2, 2) + segment + file[2...]
    }
    return [
      file(1, 8), file(3, 9), file(3, 17, sampling: [2, 2, 1, 1, 1, 1]), file(4, 8),
      file(3, 16, isProgressive: true), oriented(.big), oriented(.little),
    ]
  }()

  enum ByteOrder { case big, little }

  /// A directory of one entry, the orientation 6 (Exif 2.3, 4.6.2).
  private static func exif(_ order: ByteOrder) -> [UInt8] {
    func number(_ value: Int, _ count: Int) -> [UInt8] {
      order == .big ? Endian.big(value, count) : Endian.little(value, count)
    }
    var bytes = Array((order == .big ? "MM" : "II").utf8)
    bytes += number(42, 2) + number(8, 4)
    bytes += number(1, 2) + number(0x112, 2) + number(3, 2)
    bytes += number(1, 4) + number(6, 2) + [0, 0]
    return bytes + number(0, 4)
  }

  /// Files of other formats, and headers of images larger than their files allow.
  static let refusals: [[UInt8]] = {
    let file = png[0]
    let size = file.firstRange(of: Array("IHDR".utf8))!.upperBound
    func sized(_ width: Int, _ height: Int) -> [UInt8] {
      var header = Array(file[size - 4..<size + 13])
      header.replaceSubrange(4..<12, with: Endian.big(width, 4) + Endian.big(height, 4))
      return file[..<(size - 8)] + Deflate.chunk(header) + file[(size + 17)...]
    }
    return [
      Array("GIF89a".utf8), Array("RIFF....WEBPVP8 ".utf8), Array("text".utf8), [],
      sized(4000, 4000), sized(70_000, 1), sized(0, 1),
    ]
  }()

  /// A gray progressive JPEG of one scan and of others that change nothing.
  static func scans(_ count: Int, width: Int, height: Int) -> [UInt8] {
    func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
      [0xFF, marker] + Endian.big(body.count + 2, 2) + body
    }
    let blocks = (width + 7) / 8 * ((height + 7) / 8)
    var file: [UInt8] = [0xFF, 0xD8]
    file += segment(0xDB, [0] + [UInt8](repeating: 1, count: 64))
    file += segment(0xC2, [8] + Endian.big(height, 2) + Endian.big(width, 2) + [1, 1, 0x11, 0])
    // A code of one bit: no difference, or a run of 2¹⁴ empty blocks, with 14 more bits.
    let code: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)
    file += segment(0xC4, [0x00] + code + [0x00])
    file += segment(0xC4, [0x10] + code + [0xE0])
    file += segment(0xDA, [1, 1, 0, 0, 0, 0]) + [UInt8](repeating: 0, count: (blocks + 7) / 8)
    let runs = (blocks + (1 << 14) - 1) / (1 << 14)
    let run = [UInt8](repeating: 0, count: (runs * 15 + 7) / 8)
    for scan in 0..<count {
      file += segment(0xDA, [1, 1, 0, 1, 63, scan == 0 ? 0x00 : 0x10]) + run
    }
    return file + [0xFF, 0xD9]
  }
}
