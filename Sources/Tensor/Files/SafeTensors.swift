package import FoundationEssentials

/// The safetensors format: a JSON header and named arrays.
///
/// A file is the header's length in eight little-endian bytes, the header, and the arrays in
/// sequence, row-major and little-endian. A header, with offsets in bytes from its end:
/// ```json
/// {"__metadata__":{"format":"1"},"dense/bias":{"dtype":"F32","shape":[10],"data_offsets":[0,40]}}
/// ```
/// Pinion writes single precision, and reads half, bfloat16, single and double precision, integers
/// and Booleans as single; ``SafeTensorsFile`` lists arrays of other types too. A header may have
/// 250,000 members, which is about 60,000 arrays, and a shape 64 axes, which bounds the memory for
/// a header. Source: the format's description in the `safetensors` project, version 0.8.
public enum SafeTensors {
  /// Largest header in bytes that readers of the format accept.
  package static let headerLimit = 100_000_000

  /// Largest rank of an array, as in NumPy.
  static let axisLimit = 64

  /// Alignment in bytes of the first array of a written file, for readers that map it.
  static let alignment = 64

  /// Writes arrays in the given order, and metadata, atomically.
  ///
  /// Equal arguments give equal bytes.
  ///
  /// - Parameters:
  ///   - entries: The arrays, with distinct names.
  ///   - metadata: Written sorted by key. Default: none.
  ///   - file: An existing file is replaced when the new one is complete.
  ///
  /// Throws ``FileError`` if a name is used twice or reserved, a shape does not fit its elements,
  /// the header exceeds 100 MB, or the file cannot be written.
  public static func write(
    _ entries: [Entry], metadata: [String: String] = [:], to file: some FileLocation
  ) throws {
    try write(entries, metadata: metadata, to: file.fileURL) { _ in }
  }

  /// Writes arrays and metadata after `amend` has changed bytes of the header, such as a checksum.
  package static func write(
    _ entries: [Entry], metadata: [String: String], to url: URL,
    amendingHeader amend: (inout [UInt8]) throws -> Void
  ) throws {
    var header = try header(of: entries, metadata: metadata, file: url.systemPath)
    try amend(&header)
    try AtomicFile.write(to: url) { file in
      try file.write(header)
      for entry in entries { try file.write(entry.elements) }
    }
  }
}

#if _endian(big)
#error("the arrays of a safetensors file are little-endian")
#endif

extension SafeTensors {
  /// An array to write. The owner of the elements' memory keeps it until the file is written.
  public struct Entry: Sendable {
    /// Such as `conv2d_1/kernel`.
    public let name: String
    public let shape: Shape
    /// Row-major, `shape.elementCount` floats.
    public let elements: MemoryView<Float>

    public init(name: String, shape: Shape, elements: MemoryView<Float>) {
      self.name = name
      self.shape = shape
      self.elements = elements
    }
  }
}
