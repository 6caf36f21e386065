internal import Foundation
internal import Pinion
internal import PinionDigest

/// SHA-256 of data, in hexadecimal. Throws where libcrypto refuses.
enum Digest {
  /// Of the bytes of files, one after the other.
  static func sha256(of files: [URL]) throws -> String {
    let digest = try MessageDigest(.sha256)
    for file in files {
      try Data(contentsOf: file, options: .mappedIfSafe).withUnsafeBytes { try digest.update($0) }
    }
    return try digest.hexadecimal()
  }

  /// Of floats as they lie in memory: little-endian on all machines that this runs on.
  static func sha256(of numbers: MemoryView<Float>) throws -> String {
    let digest = try MessageDigest(.sha256)
    try digest.update(
      UnsafeRawBufferPointer(
        start: numbers.base, count: numbers.count * MemoryLayout<Float>.stride))
    return try digest.hexadecimal()
  }
}
