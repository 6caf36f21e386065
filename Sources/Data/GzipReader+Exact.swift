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

  /// So many bytes are unpacked at a time.
  private static let piece = 1 << 20

  /// The next `count` bytes, or as many as there are.
  func read(upTo count: Int) throws(FileError) -> [UInt8] {
    var bytes: [UInt8] = []
    // Room costs nothing until it is filled, so that a file that promises more than it holds costs what it holds.
    bytes.reserveCapacity(count)
    while bytes.count < count {
      let start = bytes.count
      let piece = min(Self.piece, count - start)
      bytes.append(contentsOf: repeatElement(0, count: piece))
      let outcome = bytes.withUnsafeMutableBytes { memory in
        Result { () throws(FileError) -> Int in
          try read(into: UnsafeMutableRawBufferPointer(rebasing: memory[start...]))
        }
      }
      let filled = try outcome.get()
      if filled < piece {
        bytes.removeLast(piece - filled)
        break
      }
    }
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
