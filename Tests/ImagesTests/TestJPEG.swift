import Foundation
import JPEGEncoder

/// JPEG files made by libjpeg, and by hand.
enum TestJPEG {
  /// `channels` 1: gray, 3: RGB, 4: CMYK; the bytes are (H, W, C). `sampling`: the horizontal and vertical factor of
  /// each component.
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

  /// A segment: its marker, its length and its contents.
  static func segment(_ marker: UInt8, _ contents: [UInt8]) -> [UInt8] {
    let length = contents.count + 2
    return [0xff, marker, UInt8(length >> 8), UInt8(length & 0xff)] + contents
  }

  /// A gray progressive file whose scans change nothing, after a first one for the mean values.
  static func scans(_ count: Int, width: Int, height: Int) -> [UInt8] {
    func bigEndian(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 0xff)] }
    let blocks = (width + 7) / 8 * ((height + 7) / 8)
    var file: [UInt8] = [0xff, 0xd8]
    file += segment(0xdb, [0] + [UInt8](repeating: 1, count: 64))
    file += segment(0xc2, [8] + bigEndian(height) + bigEndian(width) + [1, 1, 0x11, 0])
    // One code of one bit, 0: "no difference" of the mean, and for the rest a run of 2¹⁴ empty blocks or more, whose
    // length has 14 more bits.
    let oneCode: [UInt8] = [1] + [UInt8](repeating: 0, count: 15)
    file += segment(0xc4, [0x00] + oneCode + [0x00])
    file += segment(0xc4, [0x10] + oneCode + [0xe0])
    file += segment(0xda, [1, 1, 0, 0, 0, 0]) + [UInt8](repeating: 0, count: (blocks + 7) / 8)
    // Runs of exactly 2¹⁴ blocks: 15 bits of 0 each.
    let runs = (blocks + (1 << 14) - 1) / (1 << 14)
    let run = [UInt8](repeating: 0, count: (runs * 15 + 7) / 8)
    for scan in 0..<count {
      file += segment(0xda, [1, 1, 0, 1, 63, scan == 0 ? 0x00 : 0x10]) + run
    }
    return file + [0xff, 0xd9]
  }
}
