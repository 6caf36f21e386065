internal import FoundationEssentials
internal import PinionData
internal import PinionDigest
internal import PinionTensor

/// The algorithm of a published checksum.
public enum ChecksumAlgorithm: String, Sendable {
  /// Detects transmission errors. Collisions can be constructed in seconds, so that MD5 is no
  /// protection against tampering.
  case md5 = "MD5"
  /// Detects transmission errors and tampering; no collisions are known.
  case sha256 = "SHA-256"

  var messageDigest: MessageDigest.Algorithm {
    switch self {
    case .md5: .md5
    case .sha256: .sha256
    }
  }
}

struct FileChecksum: Sendable, Equatable, CustomStringConvertible {
  private static let chunk = 1 << 20

  let algorithm: ChecksumAlgorithm
  /// Lower-case hexadecimal digits.
  let hexadecimal: String

  var description: String { "\(algorithm.rawValue) \(hexadecimal)" }

  /// The checksum of a file.
  ///
  /// - Throws: `FileError` if the file cannot be read or libcrypto does not support the algorithm,
  ///   or `CancellationError`.
  static func hexadecimal(of url: URL, by algorithm: ChecksumAlgorithm) throws -> String {
    let reader = try FileReader(url)
    return try unsafe digest(reader.file, algorithm) { (offset, memory) in
      let count = min(memory.count, reader.size - offset)
      try unsafe reader.read(
        at: offset, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]),
        place: "computing the checksum")
      return count
    }
  }

  /// The checksum of a gzip file's uncompressed contents, or of a file that is not compressed.
  static func hexadecimal(
    ofContents url: URL, by algorithm: ChecksumAlgorithm
  ) throws -> String {
    let reader = try GzipReader(url)
    return try unsafe digest(reader.path, algorithm) { (_, memory) in
      try unsafe reader.read(into: memory)
    }
  }

  private static func digest(
    _ file: String, _ algorithm: ChecksumAlgorithm,
    _ read: (_ offset: Int, UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> String {
    do {
      let digest = try MessageDigest(algorithm.messageDigest)
      var buffer = [UInt8](repeating: 0, count: chunk)
      var offset = 0
      while true {
        try Task.checkCancellation()
        let count = try unsafe buffer.withUnsafeMutableBytes { memory in
          let count = try unsafe read(offset, memory)
          try unsafe digest.update(UnsafeRawBufferPointer(rebasing: memory[..<count]))
          return count
        }
        guard count > 0 else { break }
        offset += count
      }
      return try digest.hexadecimal()
    } catch let error as DigestError {
      throw FileError(
        file: file, place: "computing the checksum", expected: "\(algorithm.rawValue)",
        found: "\(error)")
    }
  }
}
