internal import Foundation
internal import Pinion
internal import PinionDigest

/// SHA-256 of data, in hexadecimal.
enum Digest {
  /// Of the bytes of files, one after the other.
  static func sha256(of files: [URL]) throws -> String {
    let digest = MessageDigest(.sha256)
    for file in files {
      try Data(contentsOf: file, options: .mappedIfSafe).withUnsafeBytes { digest.update($0) }
    }
    return digest.hexadecimal()
  }

  /// Of floats as they lie in memory: little-endian on all machines that this runs on.
  static func sha256(of numbers: MemoryView<Float>) -> String {
    let digest = MessageDigest(.sha256)
    digest.update(
      UnsafeRawBufferPointer(
        start: numbers.base, count: numbers.count * MemoryLayout<Float>.stride))
    return digest.hexadecimal()
  }
}
