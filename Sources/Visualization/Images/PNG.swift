internal import CPinionZlib
public import FoundationEssentials
internal import PinionTensor

/// A PNG encoder for images of 8 bits per channel.
///
/// Source: Portable Network Graphics (PNG) Specification, third edition, W3C 2025.
public enum PNG {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The bytes of a PNG file. Equal images give equal bytes with one version of zlib.
  public static func encode(_ image: PixelImage) -> [UInt8] {
    let colorType: UInt8 =
      switch image.channels {
      case 1: 0
      case 3: 2
      default: 6
      }
    // Width, height, bits per channel, color type; deflate, adaptive filters, no interlacing.
    let header =
      bigEndian(image.width) + bigEndian(image.height) + [8, colorType, 0, 0, 0]
    return signature + chunk("IHDR", header)
      + chunk("IDAT", compressed(PNGFilter.filtered(image))) + chunk("IEND", [])
  }

  /// Writes a PNG file, atomically.
  ///
  /// - Throws: `FileError` if the file cannot be written.
  public static func write(_ image: PixelImage, to file: URL) throws {
    try AtomicFile.write(encode(image), to: file)
  }

  /// A chunk: length, type, data, and the CRC of type and data.
  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    let content = Array(type.utf8) + data
    let checksum = content.withUnsafeBufferPointer {
      crc32_z(0, $0.baseAddress, $0.count)
    }
    return bigEndian(data.count) + content + bigEndian(Int(checksum))
  }

  private static func bigEndian(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: number).bigEndian) { Array($0) }
  }

  private static func compressed(_ bytes: [UInt8]) -> [UInt8] {
    var length = compressBound(uLong(bytes.count))
    return [UInt8](unsafeUninitializedCapacity: Int(length)) { buffer, count in
      let status = bytes.withUnsafeBufferPointer {
        compress2(
          buffer.baseAddress, &length, $0.baseAddress, uLong($0.count), Z_BEST_COMPRESSION)
      }
      require(status == Z_OK, "zlib cannot compress: status \(status)")
      count = Int(length)
    }
  }
}

/// The filters that PNG applies to each row before compression: each byte minus its prediction.
enum PNGFilter: UInt8, CaseIterable {
  case none, sub, up, average, paeth

  /// All rows, each after the number of its filter: the one whose output has the smallest sum of
  /// absolute values.
  static func filtered(_ image: PixelImage) -> [UInt8] {
    let size = image.width * image.channels
    var output: [UInt8] = []
    output.reserveCapacity((size + 1) * image.height)
    var above = [UInt8](repeating: 0, count: size)
    for y in 0..<image.height {
      let row = Array(image.bytes[y * size..<(y + 1) * size])
      let candidates = allCases.map { ($0, $0.apply(row, above, image.channels)) }
      var best = candidates[0]
      for candidate in candidates.dropFirst()
      where magnitude(candidate.1) < magnitude(best.1) {
        best = candidate
      }
      output.append(best.0.rawValue)
      output += best.1
      above = row
    }
    return output
  }

  private static func magnitude(_ row: [UInt8]) -> Int {
    row.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
  }

  private func apply(_ row: [UInt8], _ above: [UInt8], _ channels: Int) -> [UInt8] {
    row.indices.map { index in
      let left = index >= channels ? row[index - channels] : 0
      let corner = index >= channels ? above[index - channels] : 0
      return row[index] &- prediction(left: left, above: above[index], corner: corner)
    }
  }

  private func prediction(left: UInt8, above: UInt8, corner: UInt8) -> UInt8 {
    switch self {
    case .none: return 0
    case .sub: return left
    case .up: return above
    case .average: return UInt8((Int(left) + Int(above)) / 2)
    case .paeth:
      let estimate = Int(left) + Int(above) - Int(corner)
      let (a, b) = (abs(estimate - Int(left)), abs(estimate - Int(above)))
      let c = abs(estimate - Int(corner))
      if a <= b, a <= c { return left }
      return b <= c ? above : corner
    }
  }
}
