internal import CPinionZlib
public import FoundationEssentials
internal import PinionTensor

/// Images as PNG files of 8 bits a channel.
///
/// Source: Portable Network Graphics (PNG) Specification, third edition, W3C 2025.
public enum PNG {
  private static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// The bytes of a PNG file; equal images are equal bytes with one version of zlib.
  public static func encode(_ image: PixelImage) -> [UInt8] {
    let colorType: UInt8 =
      switch image.channels {
      case 1: 0
      case 3: 2
      default: 6
      }
    // Width, height, bits a channel, colour type; deflate, the five filters, no interlacing.
    let header =
      bigEndian(image.width) + bigEndian(image.height) + [8, colorType, 0, 0, 0]
    return signature + chunk("IHDR", header)
      + chunk("IDAT", compressed(PNGFilter.filtered(image))) + chunk("IEND", [])
  }

  /// Writes a PNG file, which appears under its name only when complete.
  ///
  /// Throws `FileError` if it cannot be written.
  public static func write(_ image: PixelImage, to file: URL) throws {
    try AtomicFile.write(encode(image), to: file)
  }

  /// Length, type, data, and the CRC of type and data.
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
