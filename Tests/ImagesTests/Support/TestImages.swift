import CPinionZlib
import Foundation
import JPEGEncoder

/// JPEG files, encoded by libjpeg or written by hand.
enum TestJPEG {
  /// - Parameters:
  ///   - channels: 1: gray, 3: RGB, 4: CMYK; the bytes are (height, width, channels).
  ///   - sampling: The horizontal and vertical sampling factor of each component.
  static func encode(
    _ pixels: [UInt8], width: Int, height: Int, channels: Int, quality: Int32 = 95,
    sampling: [Int32]? = nil, isProgressive: Bool = false
  ) -> [UInt8] {
    var count = 0
    let bytes = pinion_encode_jpeg(
      pixels, Int32(width), Int32(height), Int32(channels), quality, sampling,
      isProgressive ? 1 : 0, &count)
    defer { free(bytes) }
    return Array(UnsafeBufferPointer(start: bytes, count: count))
  }

  /// A segment: marker, length and contents.
  static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
    let length = contents.count + 2
    return [0xff, marker, UInt8(length >> 8), UInt8(length & 0xff)] + contents
  }

  /// A gray progressive file with one DC scan and scans without changes.
  static func scans(_ count: Int, width: Int, height: Int) -> [UInt8] {
    func bigEndian(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }
    let blocks = (width + 7) / 8 * ((height + 7) / 8)
    var file: [UInt8] = [0xff, 0xd8]
    file += segment(0xdb, [0] + [UInt8](repeating: 1, count: 64))
    file += segment(0xc2, [8] + bigEndian(height) + bigEndian(width) + [1, 1, 0x11, 0])
    // A code of one bit, 0: no DC difference, or for other scans a run of at least 2¹⁴ empty
    // blocks, whose length has 14 more bits.
    let oneCode: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)
    file += segment(0xc4, [0x00] + oneCode + [0x00])
    file += segment(0xc4, [0x10] + oneCode + [0xe0])
    file += segment(0xda, [1, 1, 0, 0, 0, 0]) + [UInt8](repeating: 0, count: (blocks + 7) / 8)
    // Runs of exactly 2¹⁴ blocks: 15 zero bits each.
    let runs = (blocks + (1 << 14) - 1) / (1 << 14)
    let run = [UInt8](repeating: 0, count: (runs * 15 + 7) / 8)
    for scan in 0..<count {
      file += segment(0xda, [1, 1, 0, 1, 63, scan == 0 ? 0x00 : 0x10]) + run
    }
    return file + [0xff, 0xd9]
  }
}

/// EXIF data with an orientation alone.
enum TestEXIF {
  static let prefix = Array("Exif\0\0".utf8)

  /// - Parameter type: 3: a short number, 4: a long one.
  static func orientation(_ value: UInt8, type: UInt8 = 3) -> [UInt8] {
    // A little-endian TIFF file with a directory of one entry: tag, type, count and value.
    Array("II*\0".utf8) + [8, 0, 0, 0, 1, 0] + [0x12, 1, type, 0, 1, 0, 0, 0, value, 0, 0, 0]
      + [0, 0, 0, 0]
  }
}

/// PNG files, valid or invalid.
struct TestPNG {
  var width: Int
  var height: Int
  var bitDepth: UInt8 = 8
  /// 0: gray, 2: RGB, 3: palette, 4: gray and alpha, 6: RGB and alpha.
  var colorType: UInt8
  /// Rows without filter bytes.
  var rows: [[UInt8]]
  /// Chunks between the header and the image data.
  var chunks: [(type: String, data: [UInt8])] = []
  /// zlib's compression level; 0 stores the pixels.
  var level: Int32 = 6
  var isInterlaced = false
  /// The zlib stream of the image data; nil to compress the rows.
  var packed: [UInt8]?

  static func gray(_ rows: [[UInt8]]) -> TestPNG {
    TestPNG(width: rows[0].count, height: rows.count, colorType: 0, rows: rows)
  }

  static func rgb(_ rows: [[UInt8]]) -> TestPNG {
    TestPNG(width: rows[0].count / 3, height: rows.count, colorType: 2, rows: rows)
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  var header: [UInt8] {
    Self.bigEndian(width) + Self.bigEndian(height) + [
      bitDepth, colorType, 0, 0, isInterlaced ? 1 : 0,
    ]
  }

  var bytes: [UInt8] {
    Self.signature + Self.chunk("IHDR", header)
      + chunks.flatMap { Self.chunk($0.type, $0.data) }
      + Self.chunk("IDAT", packed ?? Self.compressed(rows.flatMap { [0] + $0 }, level: level))
      + Self.chunk("IEND", [])
  }

  static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + data
    return bigEndian(data.count) + content + bigEndian(Int(crc32_z(0, content, content.count)))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// The zlib stream of `count` zeros.
  static func zeros(_ count: Int) -> [UInt8] { compressed([UInt8](repeating: 0, count: count)) }

  static func compressed(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(length))
    compress2(&output, &length, bytes, uLong(bytes.count), level)
    return Array(output[..<Int(length)])
  }
}
