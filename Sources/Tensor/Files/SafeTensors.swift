public import FoundationEssentials

/// The safetensors format: named arrays behind a header in JSON, without code and without copies.
///
/// A file is eight bytes with the header's length (little-endian), the header, and the arrays one
/// behind the other, row-major and little-endian. Pinion writes single precision only, and reads
/// half, bfloat16, single and double precision as single; ``SafeTensorsFile`` describes arrays of other
/// types too. A header has at most 250,000 members in all its objects, that is about 60,000 arrays, and a
/// shape at most 64 axes, so that a header costs memory in proportion to its length. Source: the format's
/// description in the `safetensors` project, version 0.8.
public enum SafeTensors {
  /// The longest header that readers of the format accept, in bytes.
  public static let headerLimit = 100_000_000

  /// The most axes of an array, as NumPy's.
  static let axisLimit = 64

  /// Where the arrays of a written file begin: at a multiple of this many bytes, for a reader that
  /// maps it into memory.
  static let alignment = 64

  /// Writes arrays in the given order, and texts beside them, through ``AtomicFile``.
  ///
  /// Equal arguments give equal bytes.
  ///
  /// - Parameters:
  ///   - entries: The arrays; each as many elements as its shape asks for, under names of their
  ///     own.
  ///   - metadata: Texts by name, stored sorted. Default: none.
  ///   - url: The file; one that exists is replaced when the new one is complete.
  ///
  /// Throws ``FileError`` if a name is used twice or reserved, a shape does not fit its elements,
  /// the header exceeds ``headerLimit``, or the file cannot be written.
  public static func write(
    _ entries: [Entry], metadata: [String: String] = [:], to url: URL
  ) throws {
    try write(entries, metadata: metadata, to: url) { _ in }
  }

  /// Writes arrays and texts after `amend` has changed bytes of the header, such as a checksum of all the rest.
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
  /// An array to be written: its name, its shape and its elements.
  ///
  /// The elements are a view: whoever owns their memory keeps it until the file is written.
  public struct Entry: Sendable {
    /// The name, such as `conv2d_1/kernel`.
    public let name: String
    /// The shape; its product is the number of elements.
    public let shape: Shape
    /// The elements, row-major.
    public let elements: MemoryView<Float>

    /// An array under a name.
    public init(name: String, shape: Shape, elements: MemoryView<Float>) {
      self.name = name
      self.shape = shape
      self.elements = elements
    }
  }
}
