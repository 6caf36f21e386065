internal import Crypto
internal import Foundation
internal import Pinion

/// SHA-256 of data, in hexadecimal.
enum Digest {
  /// Of the bytes of files, one after the other.
  static func sha256(of files: [URL]) throws -> String {
    var hash = SHA256()
    for file in files { hash.update(data: try Data(contentsOf: file, options: .mappedIfSafe)) }
    return hexadecimal(hash.finalize())
  }

  /// Of floats as they lie in memory: little-endian on all machines that this runs on.
  static func sha256(of numbers: MemoryView<Float>) -> String {
    var hash = SHA256()
    hash.update(
      bufferPointer: UnsafeRawBufferPointer(
        start: numbers.base, count: numbers.count * MemoryLayout<Float>.stride))
    return hexadecimal(hash.finalize())
  }

  private static func hexadecimal(_ digest: SHA256Digest) -> String {
    digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}
