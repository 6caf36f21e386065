internal import FoundationEssentials
internal import PinionData
internal import PinionDigest
internal import PinionTensor

/// MD5 of files, which is what their publishers give. It tells an accident, not an attacker.
enum Checksum {
  private static let chunk = 1 << 20

  /// Of a file as it is.
  static func md5(of url: URL) throws -> String {
    let reader = try FileReader(url)
    return try md5 { (offset, memory) in
      let count = min(memory.count, reader.size - offset)
      try reader.read(
        at: offset, into: UnsafeMutableRawBufferPointer(rebasing: memory[..<count]),
        place: "computing the checksum")
      return count
    }
  }

  /// Of what a gzip file contains; of a file that is not gzip, as it is.
  static func md5(ofContents url: URL) throws -> String {
    let reader = try GzipReader(url)
    return try md5 { (_, memory) in try reader.read(into: memory) }
  }

  private static func md5(
    _ read: (_ offset: Int, UnsafeMutableRawBufferPointer) throws -> Int
  ) throws -> String {
    let digest = MessageDigest(.md5)
    var buffer = [UInt8](repeating: 0, count: chunk)
    var offset = 0
    while true {
      try Task.checkCancellation()
      let count = try buffer.withUnsafeMutableBytes { memory in
        let count = try read(offset, memory)
        digest.update(UnsafeRawBufferPointer(rebasing: memory[..<count]))
        return count
      }
      guard count > 0 else { break }
      offset += count
    }
    return digest.hexadecimal()
  }
}
