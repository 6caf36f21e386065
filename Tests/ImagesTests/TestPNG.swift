import CPinionZlib

/// PNG files, sound and unsound.
struct TestPNG {
  var width: Int
  var height: Int
  var bitDepth: UInt8 = 8
  /// 0: grey, 2: RGB, 3: palette, 4: grey and opacity, 6: RGB and opacity.
  var colorType: UInt8
  /// The rows without their filter bytes.
  var rows: [[UInt8]]
  /// Chunks between the header and the image.
  var chunks: [(type: String, data: [UInt8])] = []
  /// zlib's level: 0 stores the pixels as they are.
  var level: Int32 = 6
  var isInterlaced = false
  /// The zlib stream of the image data; nil for that of the rows.
  var packed: [UInt8]?

  static func grey(_ rows: [[UInt8]]) -> TestPNG {
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

  /// The zlib stream of so many zeros.
  static func zeros(_ count: Int) -> [UInt8] { compressed([UInt8](repeating: 0, count: count)) }

  static func compressed(_ bytes: [UInt8], level: Int32 = 6) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    var output = [UInt8](repeating: 0, count: Int(length))
    compress2(&output, &length, bytes, uLong(bytes.count), level)
    return Array(output[..<Int(length)])
  }
}
