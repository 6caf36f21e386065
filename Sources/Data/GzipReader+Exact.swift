internal import PinionTensor

extension GzipReader {
  /// The next `count` bytes. Throws `FileError` with the place if there are fewer, or as ``read(into:)``.
  func read(_ count: Int, place: String) throws(FileError) -> [UInt8] {
    let bytes = try read(upTo: count)
    guard bytes.count == count else {
      throw FileError(
        file: path, place: place, expected: "\(count) bytes", found: "\(bytes.count)")
    }
    return bytes
  }

  /// The next `count` bytes, or as many as there are.
  func read(upTo count: Int) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    let outcome = bytes.withUnsafeMutableBytes { memory in
      Result { () throws(FileError) -> Int in try read(into: memory) }
    }
    try bytes.removeLast(count - outcome.get())
    return bytes
  }

  /// Throws `FileError` with the place unless the contents have ended.
  func expectEnd(place: String) throws(FileError) {
    guard try read(upTo: 1).isEmpty else {
      throw FileError(
        file: path, place: place, expected: "the end of the file", found: "more bytes")
    }
  }
}
